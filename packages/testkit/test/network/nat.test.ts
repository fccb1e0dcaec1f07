import { describe, expect, it } from 'vitest';
import { ALICE, BOB, CAROL, Lab, numbered } from '../support/lab.js';

describe('rebinding', () => {
  it('shows a new port from then on, and reaches the inside by it', () => {
    const lab = new Lab('rebind');
    lab.network.send(ALICE, BOB, numbered(1, 4), 0);
    lab.settle();
    const outside = lab.network.nat.rebind(ALICE);
    expect(outside).toEqual({ address: '10.0.0.1', port: 49_152 });
    lab.network.send(ALICE, BOB, numbered(2, 4), 0);
    lab.network.send(BOB, outside, numbered(3, 4), 0);
    lab.settle();
    expect(lab.received.map(({ at, from }) => [at, from])).toEqual([
      ['10.0.0.2:2000', '10.0.0.1:1000'],
      ['10.0.0.2:2000', '10.0.0.1:49152'],
      ['10.0.0.1:1000', '10.0.0.2:2000'],
    ]);
  });

  it('ends the old mapping, also for what is on its way', () => {
    const lab = new Lab('old', { delayMs: 10 });
    lab.network.send(BOB, ALICE, numbered(1, 4), 0);
    const first = lab.network.nat.rebind(ALICE);
    lab.network.send(BOB, ALICE, numbered(2, 4), 0);
    lab.network.send(BOB, first, numbered(3, 4), 0);
    lab.network.nat.rebind(ALICE);
    lab.settle();
    expect(lab.numbers).toEqual([]);
    expect(lab.network.counters(BOB, ALICE)).toMatchObject({ sent: 3, unroutable: 3 });
  });

  it('keeps the old source on datagrams that left before', () => {
    const lab = new Lab('before', { delayMs: 10 });
    lab.network.send(ALICE, BOB, numbered(1, 4), 0);
    lab.network.nat.rebind(ALICE, { address: '198.51.100.7' });
    lab.network.send(ALICE, BOB, numbered(2, 4), 0);
    lab.settle();
    expect(lab.received.map(({ from }) => from)).toEqual(['10.0.0.1:1000', '198.51.100.7:49152']);
  });

  it('keeps the conditions of the line', () => {
    const lab = new Lab('line');
    lab.network.setConditions(BOB, ALICE, { delayMs: 25 });
    lab.network.send(BOB, lab.network.nat.rebind(ALICE), numbered(1, 4), 0);
    lab.settle();
    expect(lab.received[0]!.now).toBe(25);
  });

  it('gives every rebinding another port', () => {
    const lab = new Lab('ports');
    const ports = Array.from({ length: 100 }, () => lab.network.nat.rebind(ALICE).port);
    expect(new Set(ports).size).toBe(100);
    const other = lab.network.nat.rebind(BOB, { address: ALICE.address });
    expect(ports).not.toContain(other.port);
  });

  it('takes a given outside address, and the inside one back', () => {
    const lab = new Lab('given');
    const outside = { address: '203.0.113.5', port: 77 };
    expect(lab.network.nat.rebind(ALICE, outside)).toEqual(outside);
    expect(lab.network.nat.rebind(ALICE, ALICE)).toEqual(ALICE);
    lab.network.send(BOB, ALICE, numbered(1, 4), 0);
    lab.network.send(BOB, outside, numbered(2, 4), 0);
    lab.settle();
    expect(lab.numbers).toEqual([1]);
    expect(lab.network.nat.rebind(ALICE, outside)).toEqual(outside);
  });

  it('refuses an outside address of somebody else', () => {
    const lab = new Lab('taken');
    const outside = lab.network.nat.rebind(ALICE);
    expect(() => lab.network.nat.rebind(BOB, outside)).toThrow('is in use');
    expect(() => lab.network.nat.rebind(BOB, CAROL)).toThrow('is in use');
    expect(() => lab.attach(outside)).toThrow('is in use');
    expect(lab.network.nat.outsideOf(BOB)).toEqual(BOB);
  });

  it('lets a host of its own attach where a mapping has ended', () => {
    const lab = new Lab('ended');
    const outside = lab.network.nat.rebind(ALICE);
    lab.network.nat.rebind(ALICE);
    lab.attach(outside);
    lab.network.send(BOB, outside, numbered(5, 4), 0);
    lab.settle();
    expect(lab.received[0]!.at).toBe('10.0.0.1:49152');
  });

  it('lets a restarted host keep its outside address', () => {
    const lab = new Lab('restart');
    const outside = lab.network.nat.rebind(ALICE);
    lab.network.detach(ALICE);
    lab.attach(ALICE);
    lab.network.send(BOB, outside, numbered(6, 4), 0);
    lab.settle();
    expect(lab.received[0]!.at).toBe('10.0.0.1:1000');
  });
});
