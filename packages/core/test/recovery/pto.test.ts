import { describe, expect, it } from 'vitest';
import { PtoTimer } from '../../src/recovery/pto-timer.js';
import { RttEstimator } from '../../src/recovery/rtt.js';
import { PathHarness } from './path-harness.js';

/** A path with srtt 100, rttvar 50 and hence a PTO of 100 + 200 + 25. */
function sampledPath(): PathHarness {
  const path = new PathHarness();
  path.send(0);
  path.ack(100, [0]);
  return path;
}

describe('probe timeout', () => {
  it('is srtt + 4 rttvar + max_ack_delay after the last packet', () => {
    const path = sampledPath();
    expect(path.loss.ptoMs).toBe(325);
    path.send(1_000);
    path.send(1_040);
    expect(path.loss.ptoDeadlineMs()).toBe(1_040 + 325);
    expect(path.loss.nextDeadline()).toBe(1_365);
  });

  it('does not run with nothing outstanding', () => {
    const path = sampledPath();
    expect(path.loss.ptoDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
    expect(path.loss.onTimeout(1e6)).toBe('none');
  });

  it('asks for a probe and declares nothing lost', () => {
    const path = sampledPath();
    path.send(1_000);
    expect(path.loss.onTimeout(1_324)).toBe('none');
    expect(path.loss.onTimeout(1_325)).toBe('probe');
    expect(path.loss.ptoCount).toBe(1);
    expect(path.handler.lost).toEqual([]);
    expect(path.sent.outstanding.first?.packetNumber).toBe(1);
  });

  it('doubles until something is acknowledged', () => {
    const path = sampledPath();
    path.send(1_000);
    path.loss.onTimeout(1_325);
    path.send(1_325);
    expect(path.loss.ptoDeadlineMs()).toBe(1_325 + 650);
    path.loss.onTimeout(1_975);
    path.send(1_975);
    expect(path.loss.ptoDeadlineMs()).toBe(1_975 + 1_300);
    path.ack(2_075, [3]);
    expect(path.loss.ptoCount).toBe(0);
  });

  it('does not come again at once when no probe could be sent', () => {
    const path = sampledPath();
    path.send(1_000);
    expect(path.loss.onTimeout(50_000)).toBe('probe');
    expect(path.loss.ptoDeadlineMs()).toBe(50_650);
    expect(path.loss.onTimeout(50_000)).toBe('none');
  });

  it('backs off to 2 s with data queued and to 60 s without', () => {
    const path = sampledPath();
    path.send(0);
    for (let round = 0; round < 20; round++) path.loss.onTimeout(path.loss.nextDeadline());
    expect(path.loss.ptoIntervalMs).toBe(60_000);
    path.loss.setDataQueued(true);
    expect(path.loss.ptoIntervalMs).toBe(2_000);
  });

  it('is never shorter than one PTO, whatever the ceiling', () => {
    const rtt = new RttEstimator(1_000);
    const timer = new PtoTimer(rtt, () => 25);
    timer.setDataQueued(true);
    expect(timer.intervalMs).toBe(3_025);
    timer.onFired(0);
    expect(timer.intervalMs).toBe(3_025);
  });

  it('gives way to the loss timer', () => {
    const path = sampledPath();
    path.sendMany(2, 1_000);
    path.ack(1_050, [2]);
    expect(path.loss.nextDeadline()).toBe(path.loss.lossTimeMs);
    expect(path.loss.lossTimeMs).toBeLessThan(path.loss.ptoDeadlineMs());
    expect(path.loss.onTimeout(path.loss.lossTimeMs)).toBe('lost');
    expect(path.loss.ptoCount).toBe(0);
  });

  it('takes no probe for a loss when the estimate was reset in between', () => {
    const path = new PathHarness({ initialRttMs: 1_000 });
    path.sendMany(2, 0);
    path.ack(10, [1]);
    const due = path.loss.lossTimeMs;
    path.rtt.reset();
    expect(path.loss.onTimeout(due)).toBe('none');
    expect(path.loss.ptoCount).toBe(0);
    expect(path.loss.lossTimeMs).toBe(1_125);
  });
});
