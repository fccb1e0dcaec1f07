import { describe, expect, it } from 'vitest';
import { Liveness } from '../../src/connection/liveness.js';

const PTO = 100;

describe('the idle timer', () => {
  it('runs from the last record that opened', () => {
    const liveness = new Liveness(1_000, 0);
    expect(liveness.idleDeadline(PTO)).toBe(1_000);
    liveness.onAuthenticReceive(400);
    expect(liveness.idleDeadline(PTO)).toBe(1_400);
  });

  it('runs anew from the first thing sent after it that asks for an answer, and only that', () => {
    const liveness = new Liveness(1_000, 0);
    liveness.onSent(false, 100);
    expect(liveness.idleDeadline(PTO)).toBe(1_000);
    liveness.onSent(true, 300);
    liveness.onSent(true, 800);
    expect(liveness.idleDeadline(PTO)).toBe(1_300);
    liveness.onAuthenticReceive(900);
    liveness.onSent(true, 950);
    expect(liveness.idleDeadline(PTO)).toBe(1_950);
    expect(liveness.lastActivity).toBe(950);
  });

  it('allows for three probe timeouts at least', () => {
    expect(new Liveness(100, 0).idleDeadline(PTO)).toBe(300);
  });

  it('can be switched off and changed', () => {
    const liveness = new Liveness(0, 0);
    expect(liveness.idleDeadline(PTO)).toBe(Number.POSITIVE_INFINITY);
    liveness.setIdleTimeout(500);
    expect(liveness.idleDeadline(PTO)).toBe(500);
  });
});

describe('pings', () => {
  it('are answered under their id, with the time from the first sending', () => {
    const liveness = new Liveness(0, 0);
    const id = liveness.ping();
    expect(liveness.takePing(10)).toBe(id);
    liveness.onPingLost(id);
    liveness.onPingLost(id);
    expect(liveness.takePing(50)).toBe(id);
    expect(liveness.takePing(50)).toBeUndefined();
    expect(liveness.handlePong(id, 80)).toEqual({ id, latencyMs: 70 });
    expect(liveness.handlePong(id, 90)).toBeUndefined();
  });

  it('that are answered are not sent again', () => {
    const liveness = new Liveness(0, 0);
    const id = liveness.ping();
    liveness.takePing(0);
    liveness.handlePong(id, 10);
    liveness.onPingLost(id);
    expect(liveness.hasQueued).toBe(false);
  });

  it('without an answer are remembered up to 16', () => {
    const liveness = new Liveness(0, 0);
    for (let i = 0; i < 20; i++) {
      liveness.ping();
      liveness.takePing(0);
    }
    expect(liveness.handlePong(3, 1)).toBeUndefined();
    expect(liveness.handlePong(4, 1)).toEqual({ id: 4, latencyMs: 1 });
  });

  it('that cannot leave do not pile up', () => {
    const liveness = new Liveness(0, 0);
    for (let i = 0; i < 100; i++) liveness.ping();
    let taken = 0;
    while (liveness.takePing(0) !== undefined) taken++;
    expect(taken).toBe(16);
  });

  it('of the peer are answered, the newest 16 of them', () => {
    const liveness = new Liveness(0, 0);
    for (let id = 0; id < 20; id++) liveness.handlePing(id);
    const answered: number[] = [];
    for (let id = liveness.takePong(); id !== undefined; id = liveness.takePong())
      answered.push(id);
    expect(answered).toEqual(Array.from({ length: 16 }, (_, i) => i + 4));
  });
});
