import { describe, expect, it } from 'vitest';
import { PathHarness } from './path-harness.js';

const RTT_MS = 100;

/** A steady path: srtt 100, PTO 100 + 2 + 25, so that 3 PTO are 381 ms. */
function steadyPath(): PathHarness {
  const path = new PathHarness();
  for (let round = 0; round < 60; round++) {
    const packetNumber = path.send(round * RTT_MS);
    path.ack((round + 1) * RTT_MS, [packetNumber]);
  }
  return path;
}

/** Sends one packet at each of the times and loses them all at once by a packet far behind. */
function loseAllSentAt(path: PathHarness, times: readonly number[]): void {
  for (const time of times) path.send(time);
  const last = times.at(-1)!;
  for (let packet = 0; packet < 3; packet++) path.send(last + 1);
  path.ack(last + 1 + RTT_MS, [path.sent.nextPacketNumber - 1]);
}

describe('persistent congestion', () => {
  it('is declared for losses more than 3 PTO apart with nothing acknowledged between', () => {
    const path = steadyPath();
    loseAllSentAt(path, [10_000, 10_200, 10_400]);
    expect(path.handler.persistent).toBe(1);
    // One packet was acknowledged in the same turn, in slow start from the minimum of two.
    expect(path.congestion.cwndBytes).toBe(3 * 1_200);
  });

  it('is not declared for losses closer together', () => {
    const path = steadyPath();
    loseAllSentAt(path, [10_000, 10_200, 10_380]);
    expect(path.handler.persistent).toBe(0);
  });

  it('is not declared when something between was acknowledged', () => {
    const path = steadyPath();
    path.send(10_000);
    const arrived = path.send(10_100);
    path.send(10_500);
    path.sendMany(3, 10_501);
    path.ack(10_200, [arrived]);
    path.ack(10_601, [path.sent.nextPacketNumber - 1]);
    expect(path.handler.lost.length).toBeGreaterThanOrEqual(2);
    expect(path.handler.persistent).toBe(0);
  });

  it('is declared over losses found one after the other', () => {
    const path = steadyPath();
    for (const time of [10_000, 10_100, 10_200, 10_500, 10_501]) path.send(time);
    const last = path.sent.nextPacketNumber - 1;
    path.ack(10_601, [last]);
    expect(path.handler.lost).toEqual([last - 4, last - 3, last - 2]);
    expect(path.handler.persistent).toBe(0);
    expect(path.loss.onTimeout(path.loss.lossTimeMs)).toBe('lost');
    expect(path.handler.lost.at(-1)).toBe(last - 1);
    expect(path.handler.persistent).toBe(1);
    expect(path.congestion.cwndBytes).toBe(2 * 1_200);
  });

  it('needs an RTT sample from before the losses', () => {
    const path = new PathHarness({ initialRttMs: RTT_MS });
    loseAllSentAt(path, [0, 1_000, 5_000]);
    expect(path.handler.lost.length).toBeGreaterThanOrEqual(3);
    expect(path.handler.persistent).toBe(0);
  });

  it('does not take MTU probes for its ends', () => {
    const path = steadyPath();
    path.send(10_000, { mtuProbe: true });
    path.send(10_100);
    path.send(10_600, { mtuProbe: true });
    path.sendMany(3, 10_601);
    path.ack(10_701, [path.sent.nextPacketNumber - 1]);
    expect(path.handler.lost.length).toBeGreaterThanOrEqual(3);
    expect(path.handler.persistent).toBe(0);
  });

  it('is seen through tunnel packets too, for the circuit breaker', () => {
    const path = steadyPath();
    path.send(10_000, { exempt: true });
    path.send(10_500, { exempt: true });
    path.sendMany(3, 10_501, { exempt: true });
    path.ack(10_601, [path.sent.nextPacketNumber - 1]);
    expect(path.handler.persistent).toBe(1);
  });

  it('starts the minimum round trip anew', () => {
    const path = steadyPath();
    path.send(10_000);
    path.send(12_000);
    path.sendMany(3, 12_001);
    path.ack(12_401, [path.sent.nextPacketNumber - 1]);
    expect(path.handler.persistent).toBe(1);
    expect(path.rtt.min).toBe(400);
  });

  it('is not declared when the packet between was acknowledged before the next one was sent', () => {
    const path = steadyPath();
    const first = path.send(10_000);
    path.send(10_001);
    path.ack(10_101, [first + 1]);
    expect(path.loss.onTimeout(path.loss.lossTimeMs)).toBe('lost');
    path.send(10_500);
    path.sendMany(3, 10_501);
    path.ack(10_601, [path.sent.nextPacketNumber - 1]);
    expect(path.handler.lost.slice(0, 2)).toEqual([first, first + 2]);
    expect(path.handler.persistent).toBe(0);
  });

  it('is not built on losses that proved wrong', () => {
    const path = steadyPath();
    const first = path.send(10_000);
    path.send(10_500);
    path.send(10_501);
    path.ack(10_601, [first + 2]);
    expect(path.handler.lost).toEqual([first]);
    path.ack(10_605, [first, first + 2]);
    expect(path.handler.late).toEqual([first]);
    expect(path.loss.onTimeout(path.loss.lossTimeMs)).toBe('lost');
    expect(path.handler.lost).toEqual([first, first + 1]);
    expect(path.handler.persistent).toBe(0);
  });
});
