import type { Pair } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';
import { DESPAIR_OUTSTANDING, DESPAIR_PTOS } from '../../src/recovery/constants.js';
import { PathHarness } from '../recovery/path-harness.js';
import { connectedPair, numbered, numbersRead, upTo } from '../scenario/support.js';
import { Rogue } from './rogue.js';

const HOUR_MS = 3_600_000;

/** A client without idle timeout that has something to say to a server that is out of reach. */
function lonelyClient(seed: number, outageMs: number): Pair {
  const pair = connectedPair({ seed, endpoint: { idleTimeoutMs: 0 } });
  pair.run(1_000);
  const until = pair.now + outageMs;
  pair.simulation.network.setConditions(undefined, undefined, { blackHole: [[pair.now, until]] });
  for (let n = 0; n < 40; n++) pair.send('client', numbered(n, 1_000), { reliability: 'reliable' });
  return pair;
}

describe('a peer that vanished, without an idle timeout', () => {
  it('gets a handful of records a minute after the first minutes, for ten hours', () => {
    const pair = lonelyClient(1, 20 * HOUR_MS);
    const { counters } = pair.client.connection!;
    pair.run(300_000);
    const before = counters.packetsSent;
    expect(before).toBeLessThan(400);
    pair.run(10 * HOUR_MS);
    const perMinute = (counters.packetsSent - before) / 600;
    expect(perMinute).toBeGreaterThan(0.9);
    expect(perMinute).toBeLessThan(6);
    expect(pair.client.connection!.isEnded).toBe(false);
  });

  it('leaves no more to remember after ten hours than after one', () => {
    const rogue = new Rogue({
      rogueParams: { idleTimeoutMs: 0 },
      victimParams: { idleTimeoutMs: 0 },
    });
    rogue.victim.outgoing.enqueue({
      payload: new Uint8Array(200_000),
      kind: 0,
      reliability: 'reliable',
      deadline: Number.POSITIVE_INFINITY,
      maxRetries: 0,
      priority: 0,
    });
    rogue.receive();
    const { sent } = rogue.victim.paths.active;
    let most = 0;
    for (let hour = 0; hour < 10; hour++) {
      rogue.wait(HOUR_MS);
      most = Math.max(most, sent.outstanding.count);
    }
    expect(rogue.code).toBe(-1);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(DESPAIR_OUTSTANDING + 8);
    expect(sent.lost.count).toBeLessThanOrEqual(1_024);
    expect(sent.createdRecords).toBeLessThan(1_500);
    expect(rogue.victim.events.count).toBeLessThan(100);
  });

  it('gets everything when it is back hours later', () => {
    const pair = lonelyClient(2, 3 * HOUR_MS);
    pair.run(3 * HOUR_MS);
    expect(numbersRead(pair.server)).toEqual([]);
    pair.run(70_000);
    expect(numbersRead(pair.server)).toEqual(upTo(40));
  });

  it('that is heard again gets it at once, not with the next probe in a minute', () => {
    const pair = lonelyClient(3, HOUR_MS);
    pair.run(HOUR_MS + 1_000);
    // The next probe may be due by chance just now.
    const since = pair.now;
    pair.server.connection!.ping(pair.now);
    pair.run(5_000, () => pair.server.messages.length === 40);
    expect(numbersRead(pair.server)).toEqual(upTo(40));
    expect(pair.now - since).toBeLessThan(5_000);
  });
});

describe('probe timeouts without an answer', () => {
  /** A path with `count` packets under way whose probe timeout fired so often. */
  function silentPath(count: number, timeouts: number): PathHarness {
    const path = new PathHarness();
    path.loss.setDataQueued(true);
    path.sendMany(count, 0);
    for (let i = 0; i < timeouts; i++) {
      const now = path.loss.nextDeadline();
      expect(path.loss.onTimeout(now)).toBe('probe');
      path.send(now);
    }
    return path;
  }

  it('declare nothing lost and come every 2 s as long as an answer may come', () => {
    const path = silentPath(30, DESPAIR_PTOS - 1);
    expect(path.handler.lost).toEqual([]);
    expect(path.loss.ptoIntervalMs).toBe(2_000);
  });

  it('come once a minute from then on, with the newest packets outstanding', () => {
    const path = silentPath(30, DESPAIR_PTOS + 20);
    expect(path.loss.ptoIntervalMs).toBe(60_000);
    expect(path.sent.outstanding.count).toBe(DESPAIR_OUTSTANDING + 1);
    expect(path.handler.lost).toEqual(upTo(path.handler.lost.length));
    expect(path.handler.persistent).toBe(1);
    expect(path.loss.bytesInFlight).toBe(1_200 * (DESPAIR_OUTSTANDING + 1));
  });

  it('come every 2 s again when the peer is heard, and begin anew when it acknowledges', () => {
    const path = silentPath(30, DESPAIR_PTOS + 20);
    path.loss.onHeard();
    expect(path.loss.ptoIntervalMs).toBe(2_000);
    const now = path.loss.nextDeadline();
    expect(path.ack(now, [path.sent.outstanding.last!.packetNumber])).toBe('ok');
    expect(path.loss.ptoCount).toBe(0);
  });

  it('are not brought forward by a peer that is heard before that', () => {
    const path = silentPath(1, 10);
    path.loss.onHeard();
    expect(path.loss.ptoCount).toBe(10);
  });
});
