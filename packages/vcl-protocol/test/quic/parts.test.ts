import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { destinationOf, isLong, keyOf } from '../../src/quic/child/packet-id.js';
import { RetryTokens } from '../../src/quic/child/retry-tokens.js';
import { SendQueue } from '../../src/quic/child/send-queue.js';
import { libraryObstacle } from '../../src/quic/describe.js';
import { FirstRecord, framed } from '../../src/quic/greeting.js';
import { nativePackage } from '../../src/quic/native.js';
import { MemoryQuicSessionStore } from '../../src/quic/session-store.js';

const peer = { host: '192.0.2.1', port: 4433 };
const original = Buffer.from('original');
const given = Buffer.from('given');

describe('RetryTokens', () => {
  const tokens = new RetryTokens();
  const token = tokens.make(peer, original, given, 1_000);

  it('gives back the id that the client chose first', () => {
    expect(tokens.open(token, { peer, given, now: 1_500 })).toEqual(original);
  });

  it('is good for its address, its id and 10 s only', () => {
    const port = { ...peer, port: 1 };
    expect(tokens.open(token, { peer: port, given, now: 1_500 })).toBeUndefined();
    expect(tokens.open(token, { peer, given: original, now: 1_500 })).toBeUndefined();
    expect(tokens.open(token, { peer, given, now: 11_001 })).toBeUndefined();
    expect(tokens.open(token, { peer, given, now: 999 })).toBeUndefined();
  });

  it('cannot be made up', () => {
    expect(new RetryTokens().open(token, { peer, given, now: 1_500 })).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(tokens.open(bytes, { peer, given, now: 1_500 })).toBeUndefined();
      }),
    );
  });
});

describe('SendQueue', () => {
  it('gives all bytes out in order, whatever is taken at a time', () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 200 });
    const steps = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(chunks, steps, (all, takes) => {
        const queue = new SendQueue();
        const out: Uint8Array[] = [];
        let step = 0;
        const drain = (max: number): number =>
          queue.drain((bytes) => {
            const taken = bytes.slice(0, max);
            out.push(taken);
            return taken.length;
          });
        for (const chunk of all) {
          queue.add(chunk);
          drain(takes[step++ % takes.length] as number);
        }
        drain(Number.POSITIVE_INFINITY);
        expect(queue.isEmpty).toBe(true);
        expect(Buffer.concat(out)).toEqual(Buffer.concat(all));
      }),
    );
  });
});

describe('destinationOf', () => {
  const id = Buffer.from('0123456789abcdef');

  it('finds the id in both kinds of header', () => {
    const short = Buffer.concat([Buffer.of(0x40), id, Buffer.alloc(20)]);
    const long = Buffer.concat([Buffer.of(0xc0, 0, 0, 0, 1, 16), id, Buffer.alloc(20)]);
    expect(destinationOf(short)).toBe(keyOf(id));
    expect(destinationOf(long)).toBe(keyOf(id));
    expect([isLong(short), isLong(long)]).toEqual([false, true]);
  });

  it('finds none where the packet is too short or the id too long', () => {
    expect(destinationOf(Buffer.alloc(16))).toBeUndefined();
    expect(
      destinationOf(Buffer.of(0xc0, 0, 0, 0, 1, 21, ...new Array(40).fill(0))),
    ).toBeUndefined();
    expect(
      destinationOf(Buffer.of(0xc0, 0, 0, 0, 1, 20, ...new Array(19).fill(0))),
    ).toBeUndefined();
  });
});

describe('FirstRecord', () => {
  it('is complete when it is there, and leaves what follows', () => {
    const bytes = Buffer.concat([framed(Buffer.from('abc')), Buffer.from('rest')]);
    for (let cut = 0; cut <= 5; cut++) {
      const first = new FirstRecord(3);
      const rest = [first.push(bytes.subarray(0, cut)), first.push(bytes.subarray(cut))];
      expect(first.isComplete).toBe(true);
      expect(Buffer.concat(rest).toString()).toBe('rest');
      expect(Buffer.from(first.record ?? []).toString()).toBe('abc');
    }
  });

  it('is none with another length', () => {
    const first = new FirstRecord(3);
    first.push(Buffer.of(0, 4, 1, 2, 3));
    expect(first.record).toBeUndefined();
  });
});

describe('MemoryQuicSessionStore', () => {
  const session = (byte: number): Parameters<MemoryQuicSessionStore['put']>[1] => {
    const bytes = Uint8Array.of(byte);
    return { ticket: bytes, identity: bytes, certificateHash: bytes };
  };

  it('gives a session out once', () => {
    const store = new MemoryQuicSessionStore();
    store.put('a', session(1));
    store.put('a', session(2));
    expect(store.take('a')?.ticket[0]).toBe(2);
    expect(store.take('a')).toBeUndefined();
  });

  it('forgets the oldest of too many', () => {
    const store = new MemoryQuicSessionStore();
    for (let i = 0; i < 257; i++) store.put(`${i}`, session(i & 0xff));
    expect(store.take('0')).toBeUndefined();
    expect(store.take('1')).toBeDefined();
  });
});

describe('platforms', () => {
  it.each([
    ['linux', 'x64', true],
    ['win32', 'x64', true],
    ['darwin', 'arm64', true],
    ['linux', 'arm64', false],
    ['freebsd', 'x64', false],
  ])('on %s %s there is a binary: %s', (platform, architecture, has) => {
    expect(nativePackage(platform, architecture) !== undefined).toBe(has);
  });

  it.each([
    ['2.34', true],
    ['2.36', true],
    ['3.0', true],
    ['2.31', false],
    [undefined, false],
  ])('with glibc %s it can be used: %s', (version, can) => {
    expect(libraryObstacle(version) === undefined).toBe(can);
  });
});
