import { describe, expect, it } from 'vitest';
import type { ConnectionEvent } from '../../src/connection/connection-event.js';
import { type PathHost, PathMoves } from '../../src/connection/path-moves.js';
import { Fifo } from '../../src/fifo.js';
import { resolveConfig } from '../../src/resolve-config.js';
import { CloseCode } from '../../src/wire/close-codes.js';
import { params, provider } from '../handshake/support.js';

const HOME = { address: '192.0.2.1', port: 1 };

function cid(byte: number): Uint8Array {
  return new Uint8Array(8).fill(byte);
}

/** The paths of one side, with ids of the peer that came in this order. */
function moves(role: 'client' | 'server', peerIds: readonly number[], maxPaths = 8) {
  const forgotten: number[] = [];
  const issued: number[] = [];
  const host = {
    options: {
      crypto: provider(7),
      config: resolveConfig({}),
      handshake: { role, peerCid: cid(0), peerParams: params({ maxPaths }), rttSampleMs: 20 },
      localParams: params(),
      remote: HOME,
      cids: { issue: (sequence: number) => cid(issued.push(sequence)), retire: () => {} },
    },
    loss: { onPacketAcked: () => {}, onPacketLost: () => {} },
    events: new Fifo<ConnectionEvent>(),
    keys: { forgetPath: (id: number) => forgotten.push(id) },
  };
  const made = new PathMoves(host as unknown as PathHost);
  made.fillCids();
  while (made.localCids.hasAnnouncement) {
    made.localCids.acknowledged(made.localCids.peekAnnouncement()!.sequence);
    made.localCids.announced();
  }
  for (const sequence of peerIds) made.peerCids.add(sequence, 0, cid(sequence));
  return { moves: made, forgotten, events: host.events };
}

describe('the client', () => {
  it('moves to the next id of the peer and gives the old path up once it is answered', () => {
    const { moves: made, forgotten } = moves('client', [1, 2]);
    expect(made.migrate(0)).toBe(true);
    expect([made.paths.active.id, made.paths.size, made.retired]).toEqual([1, 2, []]);
    const { data } = made.paths.active.validation.takeProbe()!;
    made.onResponse(made.paths.active, data);
    expect([made.paths.size, made.retired, forgotten]).toEqual([1, [0], [0]]);
    expect(made.paths.isRetired(0)).toBe(true);
  });

  it('gives ids back that it cannot use any more, because path numbers only rise', () => {
    const { moves: made } = moves('client', [2]);
    expect(made.migrate(0)).toBe(true);
    made.peerCids.add(1, 0, cid(1));
    made.peerCids.add(3, 0, cid(3));
    expect(made.migrate(0)).toBe(true);
    expect([made.paths.active.id, made.retired]).toEqual([3, [1]]);
    expect(made.peerCids.get(1)).toBeUndefined();
  });

  it('opens no more paths than the server bears, those included that it has not heard of the end of', () => {
    const { moves: made } = moves('client', [1, 2, 3], 2);
    expect(made.migrate(0)).toBe(true);
    expect([made.migrate(0), made.paths.size]).toEqual([false, 2]);
    const { data } = made.paths.active.validation.takeProbe()!;
    made.onResponse(made.paths.active, data);
    expect([made.migrate(0), made.paths.size]).toEqual([false, 1]);
    // The server gives its own id of path 0 up in answer.
    expect(made.retire(0, made.paths.active, 0)).toBe(0);
    expect([made.migrate(0), made.paths.active.id]).toEqual([true, 2]);
  });

  it('stays where it is when the server bears but one path', () => {
    const { moves: made } = moves('client', [1], 1);
    expect([made.migrate(0), made.paths.active.id]).toEqual([false, 0]);
  });

  it('stays where it is without a fresh id of the peer', () => {
    const { moves: made } = moves('client', []);
    expect([made.migrate(0), made.paths.active.id]).toEqual([false, 0]);
  });
});

describe('the server', () => {
  it('takes a path that the client opens, unproved', () => {
    const { moves: made } = moves('server', [1, 2]);
    const path = made.accept(2, { address: '203.0.113.5', port: 9 }, 0);
    expect(path?.remote).toEqual({ address: '203.0.113.5', port: 9 });
    expect(path?.validation.validated).toBe(false);
    expect(path?.validation.peekProbe()?.kind).toBe('challenge');
    expect([made.retired, made.paths.active.id]).toEqual([[], 0]);
    // The first record of path 1 may still be on its way.
    expect(made.accept(1, HOME, 0)?.id).toBe(1);
  });

  it('takes none for which it has no id', () => {
    const { moves: made } = moves('server', [1]);
    expect(made.accept(2, HOME, 0)).toBeUndefined();
  });

  it('never moves by itself', () => {
    const { moves: made } = moves('server', [1]);
    expect(made.migrate(0)).toBe(false);
  });

  it('forgets a path that the client retires, and issues another id', () => {
    const { moves: made, forgotten, events } = moves('server', [1]);
    const path = made.accept(1, HOME, 0)!;
    made.activate(path, 0);
    expect(events.poll()).toMatchObject({ type: 'pathChanged' });
    expect(made.retire(0, path, 0)).toBe(0);
    expect([made.paths.size, made.retired, forgotten]).toEqual([1, [0], [0]]);
    expect(made.localCids.peekAnnouncement()?.sequence).toBe(4);
  });

  it('gives its own id up of a path that the client retires before it came', () => {
    const { moves: made } = moves('server', [1, 2]);
    expect(made.retire(1, made.paths.active, 0)).toBe(0);
    expect([made.retired, made.localCids.isActive(1)]).toEqual([[1], false]);
    expect(made.accept(1, HOME, 0)).toBeUndefined();
    expect(made.accept(2, HOME, 0)?.id).toBe(2);
    // Later than one that came after it and is gone already.
    const { moves: late } = moves('server', [1, 2]);
    late.accept(2, HOME, 0);
    expect(late.retire(2, late.paths.active, 0)).toBe(0);
    expect([late.localCids.isActive(1), late.accept(1, HOME, 0)?.id]).toEqual([true, 1]);
  });

  it('goes back to the path that is left when the client retires the present one', () => {
    const { moves: made } = moves('server', [1]);
    const first = made.paths.active;
    made.activate(made.accept(1, HOME, 0)!, 0);
    expect(made.retire(1, first, 0)).toBe(0);
    expect(made.paths.active).toBe(first);
  });

  it('does not let the client retire the path on which it says so', () => {
    const { moves: made } = moves('server', [1]);
    expect(made.retire(0, made.paths.active, 0)).toBe(CloseCode.PROTOCOL_VIOLATION);
  });
});
