import { describe, expect, it } from 'vitest';
import { LocalCids, PeerCids } from '../../src/path/connection-ids.js';
import { CloseCode } from '../../src/wire/close-codes.js';

function cid(byte: number): Uint8Array {
  return new Uint8Array(8).fill(byte);
}

describe('the ids the peer issued', () => {
  it('may come twice, but not with another value', () => {
    const ids = new PeerCids(cid(0), 8);
    expect(ids.add(1, 0, cid(1))).toBe(0);
    expect(ids.add(1, 0, cid(1))).toBe(0);
    expect(ids.add(1, 0, cid(2))).toBe(CloseCode.PROTOCOL_VIOLATION);
    expect(ids.get(1)).toEqual(cid(1));
  });

  it('are kept in bytes of their own', () => {
    const ids = new PeerCids(cid(0), 8);
    const bytes = cid(5);
    ids.add(3, 0, bytes);
    bytes.fill(0);
    expect(ids.get(3)).toEqual(cid(5));
  });

  it('are at most as many as this side said', () => {
    const ids = new PeerCids(cid(0), 3);
    expect([ids.add(1, 0, cid(1)), ids.add(2, 0, cid(2))]).toEqual([0, 0]);
    expect(ids.add(3, 0, cid(3))).toBe(CloseCode.LIMIT_EXCEEDED);
    ids.retire(0);
    expect(ids.add(3, 0, cid(3))).toBe(0);
  });

  it('cannot retire what comes after them', () => {
    expect(new PeerCids(cid(0), 8).add(1, 2, cid(1))).toBe(CloseCode.PROTOCOL_VIOLATION);
  });

  it('are used in rising order, in whatever order they came', () => {
    const ids = new PeerCids(cid(0), 8);
    for (const sequence of [4, 2, 3]) ids.add(sequence, 0, cid(sequence));
    expect(ids.above(0)).toEqual({ sequence: 2, cid: cid(2) });
    expect(ids.above(2)?.sequence).toBe(3);
    expect(ids.above(4)).toBeUndefined();
    expect([0, 2, 3, 4].map((sequence) => ids.countAbove(sequence))).toEqual([3, 2, 1, 0]);
    expect(ids.below(3).sort()).toEqual([0, 2]);
  });

  it('do not come back once they are retired', () => {
    const ids = new PeerCids(cid(0), 8);
    for (const sequence of [1, 2, 3]) ids.add(sequence, 0, cid(sequence));
    ids.retire(2);
    ids.retire(0);
    ids.retire(1);
    for (const sequence of [0, 1, 2]) expect(ids.add(sequence, 0, cid(9))).toBe(0);
    expect([ids.get(0), ids.get(1), ids.get(2)]).toEqual([undefined, undefined, undefined]);
    expect(ids.above(0)?.sequence).toBe(3);
  });
});

/** Our ids, and what the endpoint was asked for. */
function issuing() {
  const issued: number[] = [];
  const retired: number[] = [];
  const ids = new LocalCids({
    issue: (sequence) => {
      issued.push(sequence);
      return cid(sequence);
    },
    retire: (sequence) => retired.push(sequence),
  });
  const announced = (): number[] => {
    const sequences: number[] = [];
    for (let next = ids.peekAnnouncement(); next !== undefined; next = ids.peekAnnouncement()) {
      expect(next.cid).toEqual(cid(next.sequence));
      sequences.push(next.sequence);
      ids.announced();
    }
    return sequences;
  };
  return { ids, issued, retired, announced };
}

describe('the ids we issued', () => {
  it('are filled up to a number and announced once', () => {
    const { ids, issued, announced } = issuing();
    ids.fill(4);
    ids.fill(4);
    expect(issued).toEqual([1, 2, 3]);
    expect(announced()).toEqual([1, 2, 3]);
    expect(ids.hasAnnouncement).toBe(false);
  });

  it('are replaced when the peer retires one', () => {
    const { ids, retired, announced } = issuing();
    ids.fill(3);
    announced();
    expect(ids.retire(1)).toBe(0);
    expect(ids.retire(1)).toBe(0);
    expect([retired, ids.isActive(1)]).toEqual([[1], false]);
    ids.fill(3);
    expect(announced()).toEqual([3]);
  });

  it('can only be retired by a peer that was told of them', () => {
    const { ids } = issuing();
    ids.fill(3);
    expect(ids.retire(1)).toBe(CloseCode.PROTOCOL_VIOLATION);
    expect(ids.retire(77)).toBe(CloseCode.PROTOCOL_VIOLATION);
    ids.announced();
    expect(ids.retire(1)).toBe(0);
  });

  it('are announced again after a loss, once however often it was lost', () => {
    const { ids, announced } = issuing();
    ids.fill(3);
    announced();
    ids.announceAgain(2);
    ids.announceAgain(2);
    expect(announced()).toEqual([2]);
  });

  it('are not announced again when they are known or gone', () => {
    const { ids, announced } = issuing();
    ids.fill(4);
    announced();
    ids.acknowledged(1);
    ids.announceAgain(1);
    ids.announceAgain(2);
    ids.retire(2);
    ids.announceAgain(2);
    ids.announceAgain(3);
    expect(announced()).toEqual([3]);
  });

  it('make a path only once the peer has acknowledged them', () => {
    const { ids, announced } = issuing();
    expect(ids.isKnown(0)).toBe(true);
    ids.fill(2);
    announced();
    expect([ids.isActive(1), ids.isKnown(1)]).toEqual([true, false]);
    ids.acknowledged(1);
    expect(ids.isKnown(1)).toBe(true);
    ids.retire(1);
    expect(ids.isKnown(1)).toBe(false);
  });
});
