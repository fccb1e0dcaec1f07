import { describe, expect, it } from 'vitest';
import { VCLMetrics } from '../src/metrics.js';

describe('VCLMetrics', () => {
  it('counts packets and bytes each way', () => {
    const { metrics } = started();
    metrics.recordSent(1000);
    metrics.recordSent(24);
    metrics.recordReceived(512);
    expect(metrics).toMatchObject({
      packetsSent: 2,
      bytesSent: 1024,
      packetsReceived: 1,
      bytesReceived: 512,
    });
  });

  it('counts what has no size', () => {
    const { metrics } = started();
    metrics.recordRetransmit();
    metrics.recordFragmentSent();
    metrics.recordFragmentReassembled();
    metrics.recordKeyRotation();
    metrics.recordHandshake();
    expect(metrics).toMatchObject({
      packetsRetransmitted: 1,
      fragmentsSent: 1,
      fragmentsReassembled: 1,
      keyRotations: 1,
      handshakes: 1,
    });
  });

  it('keeps the loss rate between 0 and 1', () => {
    const { metrics } = started();
    metrics.recordRetransmit();
    expect(metrics.lossRate()).toBe(0);
    for (let i = 0; i < 4; i++) metrics.recordSent(1);
    expect(metrics.lossRate()).toBe(0.25);
    for (let i = 0; i < 20; i++) metrics.recordRetransmit();
    expect(metrics.lossRate()).toBe(1);
  });

  it('averages the last 64 round trips', () => {
    const { metrics } = started();
    expect([metrics.avgRtt(), metrics.minRtt(), metrics.maxRtt()]).toEqual(
      Array(3).fill(undefined),
    );
    metrics.recordRttSample(1_000_000);
    for (let i = 1; i <= 64; i++) metrics.recordRttSample(i);
    expect([metrics.avgRtt(), metrics.minRtt(), metrics.maxRtt()]).toEqual([32.5, 1, 64]);
  });

  it('reports the latest and the mean congestion window', () => {
    const { metrics } = started();
    expect([metrics.currentCwnd(), metrics.avgCwnd()]).toEqual([undefined, undefined]);
    metrics.recordCwnd(10);
    metrics.recordCwnd(20);
    expect([metrics.currentCwnd(), metrics.avgCwnd()]).toEqual([20, 15]);
  });

  it('shows the drop counters of the guide as views of the drops by reason', () => {
    const { metrics } = started();
    metrics.recordDropReplay();
    metrics.recordDrop('replay', 2);
    metrics.recordDropChain();
    metrics.recordDropSignature();
    metrics.recordDrop('stale', 5);
    expect([
      metrics.packetsDroppedReplay,
      metrics.packetsDroppedChain,
      metrics.packetsDroppedSignature,
    ]).toEqual([3, 1, 1]);
    expect([...metrics.droppedByReason]).toEqual([
      ['replay', 3],
      ['chain', 1],
      ['signature', 1],
      ['stale', 5],
    ]);
    expect(metrics.totalDropped()).toBe(10);
  });

  it('measures throughput in bytes a second on the clock it was given', () => {
    const { metrics, clock } = started();
    metrics.recordSent(3000);
    metrics.recordReceived(1500);
    expect(metrics.throughputSentBps()).toBe(0);
    clock.now += 1500;
    expect(metrics.uptime()).toBe(1500);
    expect([metrics.throughputSentBps(), metrics.throughputRecvBps()]).toEqual([2000, 1000]);
  });

  it('does not fail on a clock that goes back', () => {
    const { metrics, clock } = started();
    metrics.recordSent(10);
    clock.now -= 50;
    expect([metrics.uptime(), metrics.throughputSentBps()]).toEqual([0, 0]);
  });

  it('starts over on reset', () => {
    const { metrics, clock } = started();
    busy(metrics);
    clock.now += 700;
    metrics.reset();
    expect(snapshot(metrics)).toEqual(snapshot(started().metrics));
    expect([metrics.uptime(), metrics.startedAt]).toEqual([0, clock.now]);
  });

  it('merges counters, drops and samples and keeps its own start', () => {
    const { metrics, clock } = started();
    busy(metrics);
    clock.now += 100;
    const other = new VCLMetrics<'stale'>({ now: () => clock.now });
    busy(other);
    other.recordRttSample(70);
    metrics.merge(other);
    const single = snapshot(started().metrics, busy);
    for (const [name, count] of Object.entries(single.counters)) {
      expect([name, snapshot(metrics).counters[name]]).toEqual([name, count * 2]);
    }
    expect(metrics.maxRtt()).toBe(70);
    expect(metrics.uptime()).toBe(100);
    expect(other.packetsSent).toBe(single.counters.packetsSent);
  });

  it('merges itself without end', () => {
    const { metrics } = started();
    busy(metrics);
    metrics.merge(metrics);
    expect(metrics).toMatchObject({ packetsSent: 2, packetsDroppedReplay: 2 });
  });
});

interface Clock {
  now: number;
}

function started(): { metrics: VCLMetrics<'stale'>; clock: Clock } {
  const clock = { now: 5_000 };
  return { metrics: new VCLMetrics({ now: () => clock.now }), clock };
}

function busy(metrics: VCLMetrics<'stale'>): void {
  metrics.recordSent(100);
  metrics.recordReceived(50);
  metrics.recordRetransmit();
  metrics.recordFragmentSent();
  metrics.recordFragmentReassembled();
  metrics.recordKeyRotation();
  metrics.recordHandshake();
  metrics.recordRttSample(30);
  metrics.recordCwnd(12);
  metrics.recordDropReplay();
  metrics.recordDrop('stale');
}

function snapshot(metrics: VCLMetrics<'stale'>, act?: (metrics: VCLMetrics<'stale'>) => void) {
  act?.(metrics);
  const counters: Record<string, number> = {
    ...(metrics as object as Record<string, number>),
    dropped: metrics.totalDropped(),
    replay: metrics.packetsDroppedReplay,
  };
  return { counters, rttMs: metrics.avgRtt(), cwnd: metrics.avgCwnd() };
}
