import { VCLError } from '@vcl-protocol/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CarrierDialer } from '../../src/carriers/carrier-dialer.js';
import { FakeDials, FakeLink, useFakeClock, ways } from './fakes.js';

beforeEach(useFakeClock);
afterEach(() => {
  vi.useRealTimers();
});

const never = new AbortController().signal;
const refused = new VCLError('IoError', 'refused');

function makeRace(...schemes: Parameters<typeof ways>) {
  const dials = new FakeDials();
  const dialer = new CarrierDialer(ways(...schemes), dials.dial);
  return { dials, dialer };
}

describe('CarrierDialer', () => {
  it('tries a further way every 250 ms, best first', async () => {
    const { dials, dialer } = makeRace('tcp', 'wss', 'ws');
    void dialer.race(never);
    await vi.advanceTimersByTimeAsync(249);
    expect(dials.schemes).toEqual(['tcp']);
    await vi.advanceTimersByTimeAsync(1);
    expect(dials.schemes).toEqual(['tcp', 'wss']);
    await vi.advanceTimersByTimeAsync(250);
    expect(dials.schemes).toEqual(['tcp', 'wss', 'ws']);
  });

  it('takes the first that connects and gives the others up', async () => {
    const { dials, dialer } = makeRace('tcp', 'ws', 'wss');
    const raced = dialer.race(never);
    await vi.advanceTimersByTimeAsync(250);
    const link = new FakeLink();
    dials.calls[1]?.resolve(link);
    expect(await raced).toBe(link);
    expect(dials.calls[0]?.signal.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(dials.calls).toHaveLength(2);
  });

  it('destroys a second one that connects in the same turn', async () => {
    const { dials, dialer } = makeRace('tcp', 'ws');
    const raced = dialer.race(never);
    await vi.advanceTimersByTimeAsync(250);
    const [first, second] = [new FakeLink(), new FakeLink()];
    dials.calls[0]?.resolve(first);
    dials.calls[1]?.resolve(second);
    expect(await raced).toBe(first);
    await vi.advanceTimersByTimeAsync(0);
    expect([first.ended, second.ended]).toEqual([undefined, 'destroyed']);
  });

  it('fails with the reason of the best way once all have failed', async () => {
    const { dials, dialer } = makeRace('tcp', 'ws');
    const raced = dialer.race(never).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(250);
    dials.calls[1]?.reject(new Error('something else'));
    dials.calls[0]?.reject(refused);
    expect(await raced).toBe(refused);
  });

  it('fails at once without any way', async () => {
    const { dialer } = makeRace();
    await expect(dialer.race(never)).rejects.toThrow('no carrier leads');
  });

  it('fails with the reason of its signal', async () => {
    const { dials, dialer } = makeRace('tcp', 'ws');
    const stop = new AbortController();
    const raced = dialer.race(stop.signal).catch((error: unknown) => error);
    const reason = new Error('enough');
    stop.abort(reason);
    expect(await raced).toBe(reason);
    expect(dials.calls).toHaveLength(1);
    await expect(dialer.race(stop.signal)).rejects.toBe(reason);
  });

  it('tries first what has worked, and last what has not', () => {
    const { dialer } = makeRace('tcp', 'wss', 'ws');
    const order = () => dialer.ways.map(({ scheme }) => scheme);
    dialer.prefer(dialer.ways[2]!);
    expect(order()).toEqual(['ws', 'tcp', 'wss']);
    dialer.rotate();
    expect(order()).toEqual(['tcp', 'wss', 'ws']);
  });
});
