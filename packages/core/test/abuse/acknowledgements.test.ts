import { describe, expect, it } from 'vitest';
import { CloseCode } from '../../src/wire/close-codes.js';
import { ackFrame, inRecords, pingFrame } from './frames.js';
import { Rogue } from './rogue.js';

/** Gives the victim more to send than it ever may. */
function loaded(rogue: Rogue, bytes = 20_000): void {
  rogue.victim.outgoing.enqueue({
    payload: new Uint8Array(bytes),
    kind: 0,
    reliability: 'reliable',
    deadline: Number.POSITIVE_INFINITY,
    maxRetries: 0,
    priority: 0,
  });
}

describe('a peer that acknowledges what it likes', () => {
  it('is closed for a number that was never sent', () => {
    const rogue = new Rogue();
    rogue.receive();
    rogue.send(ackFrame([[rogue.highestSeen + 5, rogue.highestSeen + 5]]));
    expect(rogue.code).toBe(CloseCode.PROTOCOL_VIOLATION);
  });

  it('is closed within 800 packets when it acknowledges without receiving', () => {
    const rogue = new Rogue();
    rogue.receive();
    let rounds = 0;
    // It asks for a datagram each time and claims to have everything up to the number it expects.
    for (; rounds < 2_000 && rogue.code < 0; rounds++) {
      rogue.now += 10;
      rogue.send(pingFrame(rounds), ackFrame([[0, rogue.highestSeen]]));
      rogue.receive();
    }
    expect(rogue.code).toBe(CloseCode.PROTOCOL_VIOLATION);
    expect(rounds).toBeLessThan(800);
  });

  it('makes this side remember 64 ranges of what it received, however it leaves numbers out', () => {
    const rogue = new Rogue();
    for (let i = 0; i < 5_000; i++) {
      rogue.skipNumbers(1 + (i % 3));
      rogue.now += 1;
      rogue.send(pingFrame(i));
      rogue.receive();
      expect(rogue.victim.paths.active.received.count).toBeLessThanOrEqual(64);
    }
    expect(rogue.code).toBe(-1);
  });

  it('cannot make one datagram of acknowledgements cost more as the session grows older', () => {
    const rogue = new Rogue();
    rogue.receive();
    const { sent } = rogue.victim.paths.active;
    for (let i = 0; i < 3_000; i++) {
      rogue.now += 20;
      rogue.send(pingFrame(i), ackFrame([[rogue.highestSeen, rogue.highestSeen]]));
      rogue.receive();
      expect(sent.outstanding.count).toBeLessThan(64);
      expect(sent.lost.count).toBeLessThan(1_100);
    }
    expect(rogue.code).toBe(-1);
  });

  it('has no profit from lies about its delay', () => {
    const rogue = new Rogue();
    rogue.receive();
    for (let i = 0; i < 50; i++) {
      rogue.now += 40;
      rogue.send(pingFrame(i), ackFrame([[rogue.highestSeen, rogue.highestSeen]], 1e9));
      rogue.receive();
    }
    const { rtt } = rogue.victim.paths.active;
    expect(rtt.smoothed).toBeGreaterThan(10);
    expect(rtt.smoothed).toBeLessThanOrEqual(45);
  });
});

describe('a peer that acknowledges nothing', () => {
  it('gets no more than the window, and probes', () => {
    const rogue = new Rogue();
    loaded(rogue, 1_000_000);
    rogue.receive();
    rogue.wait(30_000);
    const { sent } = rogue.victim.paths.active;
    expect(sent.outstanding.count).toBeLessThan(60);
    expect(rogue.victim.counters.bytesSent).toBeLessThan(80_000);
  });

  it('is given up though it goes on talking, before what it never confirms adds up', () => {
    const rogue = new Rogue();
    loaded(rogue);
    rogue.receive();
    const { sent } = rogue.victim.paths.active;
    const since = rogue.now;
    for (let i = 0; i < 20_000 && rogue.code < 0; i++) {
      rogue.wait(100);
      rogue.send(pingFrame(i));
      rogue.receive();
      expect(sent.outstanding.count).toBeLessThan(500);
    }
    expect(rogue.code).toBe(CloseCode.IDLE);
    expect(rogue.now - since).toBeGreaterThan(100_000);
    expect(rogue.now - since).toBeLessThan(200_000);
  });

  it('is not given up while it acknowledges now and then', () => {
    const rogue = new Rogue();
    loaded(rogue);
    rogue.receive();
    for (let i = 0; i < 3_000; i++) {
      rogue.wait(100);
      const frames = [pingFrame(i)];
      if (i % 500 === 499) frames.push(ackFrame([[rogue.highestSeen, rogue.highestSeen]]));
      rogue.send(...frames);
      rogue.receive();
    }
    expect(rogue.code).toBe(-1);
  });
});

describe('a storm of pings', () => {
  it('is answered with sixteen pongs at a time', () => {
    const rogue = new Rogue();
    rogue.receive();
    const pings = Array.from({ length: 1_000 }, (_, id) => pingFrame(id));
    for (const record of inRecords(pings)) rogue.send(...record);
    const pongs = rogue.receive().flatMap(({ plaintext }) => [...plaintext]);
    expect(pongs.filter((byte) => byte === 0x02).length).toBeLessThan(64);
    expect(rogue.code).toBe(-1);
  });

  it('is reported with 64 events at most to somebody who does not take them', () => {
    const rogue = new Rogue();
    rogue.receive();
    rogue.drain();
    const pings = Array.from({ length: 20_000 }, (_, id) => pingFrame(id));
    for (const record of inRecords(pings)) {
      rogue.send(...record);
      rogue.receive();
    }
    expect(rogue.victim.events.count).toBe(64);
    rogue.drain();
    rogue.send(pingFrame(1));
    expect(rogue.victim.events.poll()).toEqual({ type: 'ping' });
  });
});
