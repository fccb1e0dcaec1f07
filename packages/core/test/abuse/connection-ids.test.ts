import { describe, expect, it } from 'vitest';
import { PeerCids } from '../../src/path/connection-ids.js';
import { CloseCode } from '../../src/wire/close-codes.js';
import {
  ackFrame,
  challengeFrame,
  inRecords,
  newIdFrame,
  pingFrame,
  retireFrame,
} from './frames.js';
import { HOME, Rogue } from './rogue.js';

describe('a storm of connection ids', () => {
  it('ends at the number that this side has told', () => {
    const rogue = new Rogue();
    const ids = Array.from({ length: 100 }, (_, i) => newIdFrame(i + 1));
    for (const record of inRecords(ids)) rogue.send(...record);
    expect(rogue.code).toBe(CloseCode.LIMIT_EXCEEDED);
  });

  it('costs nothing when the same ids come again and again', () => {
    const rogue = new Rogue();
    for (let i = 0; i < 500; i++) rogue.send(...[1, 2, 3, 4].map((id) => newIdFrame(id)));
    expect(rogue.code).toBe(-1);
    expect(rogue.victim.moves.peerCids.below(1_000)).toHaveLength(5);
  });

  it('leaves no memory of numbers far apart', () => {
    const ids = new PeerCids(new Uint8Array(8), 8);
    for (let sequence = 7; sequence < 7 * 10_000; sequence += 7) {
      expect(ids.add(sequence, 0, new Uint8Array(8))).toBe(0);
      ids.retire(sequence);
    }
    // The numbers left out count as retired when so many later ones are gone.
    expect(ids.add(8, 0, new Uint8Array(8))).toBe(0);
    expect(ids.get(8)).toBeUndefined();
    expect(ids.add(7 * 10_000, 0, new Uint8Array(8))).toBe(0);
    expect(ids.get(7 * 10_000)).toBeDefined();
  });
});

describe('a peer that opens more paths than it may', () => {
  it('has the records of those dropped until it gives others up', () => {
    const rogue = new Rogue({ victimParams: { maxPaths: 2 } });
    rogue.receive();
    for (const id of [1, 2, 3]) rogue.send(newIdFrame(id));
    expect(rogue.sendVia(1, HOME, pingFrame(1))).toBeUndefined();
    expect(rogue.sendVia(2, HOME, pingFrame(2))).toBe('retired-path');
    expect(rogue.victim.paths.size).toBe(2);
    rogue.sendVia(1, HOME, retireFrame(0));
    expect(rogue.sendVia(2, HOME, pingFrame(2))).toBeUndefined();
    expect(rogue.victim.paths.size).toBe(2);
    expect(rogue.code).toBe(-1);
  });
});

describe('a storm of retirements', () => {
  it('makes this side issue as many ids as it gets back, and hold four', () => {
    const rogue = new Rogue();
    for (let round = 0; round < 1_000; round++) {
      rogue.now += 1;
      rogue.receive();
      rogue.send(ackFrame([[rogue.highestSeen, rogue.highestSeen]]));
      const spare = [...rogue.issued.keys()].filter((sequence) => sequence > 0);
      rogue.send(...spare.map((id) => retireFrame(id)));
      expect(rogue.issued.size).toBeLessThanOrEqual(4);
    }
    expect(rogue.code).toBe(-1);
    expect(Math.max(...rogue.issued.keys())).toBeGreaterThan(1_000);
  });

  it('ends the session when reports pile up that are never acknowledged', () => {
    const rogue = new Rogue();
    rogue.receive();
    let paths = 0;
    for (; paths < 2_000 && rogue.code < 0; paths++) {
      rogue.now += 5;
      const { id } = rogue.victim.paths.active;
      const next = Math.min(...[...rogue.issued.keys()].filter((sequence) => sequence > id));
      const from = { address: '192.0.2.9', port: next };
      rogue.sendVia(id, HOME, newIdFrame(next, next & 255));
      // Padding makes room for the ids that this side still has to tell.
      const frames = [pingFrame(next), retireFrame(id), new Uint8Array(1_000)];
      expect(rogue.sendVia(next, from, ...frames)).toBeUndefined();
      rogue.receive();
      expect(rogue.victim.paths.size).toBe(1);
      expect(rogue.victim.moves.retired.length).toBeLessThanOrEqual(40);
    }
    expect(rogue.code).toBe(CloseCode.LIMIT_EXCEEDED);
    expect(paths).toBeGreaterThan(32);
  });
});

describe('a storm of challenges', () => {
  it('is answered with four responses at a time', () => {
    const rogue = new Rogue();
    rogue.receive();
    const challenges = Array.from({ length: 1_000 }, (_, i) => challengeFrame(i & 255));
    for (const record of inRecords(challenges)) rogue.send(...record);
    const before = rogue.victim.counters.packetsSent;
    rogue.receive();
    expect(rogue.victim.counters.packetsSent - before).toBeLessThanOrEqual(8);
    expect(rogue.code).toBe(-1);
  });
});

describe('a peer that changes its address with every packet', () => {
  it('gets at most three times its bytes, wherever they go', () => {
    const rogue = new Rogue();
    rogue.receive();
    let [received, sent] = [0, 0];
    for (let i = 0; i < 2_000; i++) {
      rogue.now += 1;
      const before = rogue.victim.counters.bytesReceived;
      rogue.sendVia(0, { address: `203.0.113.${i & 255}`, port: i + 1 }, pingFrame(i));
      received += rogue.victim.counters.bytesReceived - before;
      for (const { bytes, to } of rogue.receive()) if (to.address !== HOME.address) sent += bytes;
      rogue.drain();
    }
    expect(sent).toBeLessThanOrEqual(3 * received + 1_300);
    expect(rogue.code).toBe(-1);
  });

  it('is followed more and more rarely', () => {
    const rogue = new Rogue();
    rogue.receive();
    let moves = 0;
    for (let i = 0; i < 60_000; i += 10) {
      rogue.wait(10);
      rogue.sendVia(0, { address: '203.0.113.1', port: 1 + (i % 50_000) }, pingFrame(i));
      rogue.receive();
      for (let event = rogue.victim.events.poll(); event; event = rogue.victim.events.poll()) {
        if (event.type === 'pathChanged') moves++;
      }
    }
    expect(moves).toBeLessThan(3_000);
  });
});
