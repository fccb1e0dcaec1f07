import { describe, expect, it } from 'vitest';
import { FlowController } from '../../src/recovery/flow-controller.js';
import { type FlowView, PathFlowView } from '../../src/recovery/flow-view.js';
import { PathHarness } from './path-harness.js';

function viewOf(path: PathHarness, windowBytes = 64 * 1_200): PathFlowView {
  return new PathFlowView({
    loss: path.loss,
    sent: path.sent,
    rtt: path.rtt,
    congestion: path.congestion,
    maxDatagramBytes: () => 1_200,
    windowBytes: () => windowBytes,
  });
}

describe('PathFlowView', () => {
  it('shows a fresh path', () => {
    const view = viewOf(new PathHarness());
    expect(view.canSend()).toBe(true);
    expect(view.cwnd()).toBe(10);
    expect(view.windowSize()).toBe(64);
    expect(view.effectiveWindow()).toBe(10);
    expect(view.availableSlots()).toBe(10);
    expect(view.inSlowStart()).toBe(true);
    expect(view.inFlightCount()).toBe(0);
    expect(view.oldestUnackedSequence()).toBeUndefined();
    expect(view.srtt()).toBeUndefined();
    expect(view.rttvar()).toBeUndefined();
    expect(view.rto()).toBe(100 + 200 + 25);
  });

  it('shows real acknowledgements, losses and round trips of the path', () => {
    const path = new PathHarness();
    const view = viewOf(path);
    path.sendMany(10, 0);
    expect(view.canSend()).toBe(false);
    expect(view.inFlightCount()).toBe(10);
    expect(view.oldestUnackedSequence()).toBe(0);
    path.ack(40, [[1, 3]]);
    path.loss.stats.onRetransmit();
    expect(view.srtt()).toBe(40);
    expect(view.rttvar()).toBe(20);
    expect(view.rto()).toBe(40 + 80 + 25);
    expect(view.totalSent()).toBe(10);
    expect(view.totalAcked()).toBe(3);
    expect(view.totalLost()).toBe(1);
    expect(view.totalRetransmits()).toBe(1);
    expect(view.lossRate()).toBe(0.25);
    expect(view.inSlowStart()).toBe(false);
    expect(view.oldestUnackedSequence()).toBe(4);
    expect(view.cwnd()).toBe(5);
    expect(view.availableSlots()).toBe(0);
  });

  it('shows the backoff of the probe timeout', () => {
    const path = new PathHarness();
    const view = viewOf(path);
    path.send(0);
    path.loss.onTimeout(path.loss.nextDeadline());
    expect(view.rto()).toBe(650);
  });

  it('is bounded by a flow window smaller than the congestion window', () => {
    const path = new PathHarness();
    const view = viewOf(path, 3 * 1_200 + 500);
    expect(view.windowSize()).toBe(3);
    expect(view.effectiveWindow()).toBe(3);
    path.sendMany(3, 0);
    expect(view.canSend()).toBe(false);
    expect(viewOf(path, 100).effectiveWindow()).toBe(1);
  });

  it('serves the same interface as the stand-alone controller, with the same answers', () => {
    const path = new PathHarness({ maxAckDelayMs: 0 });
    const clock = { now: 0 };
    const flow = new FlowController(64, { now: () => clock.now });
    const views: FlowView[] = [viewOf(path), flow];
    for (let sequence = 0; sequence < 10; sequence++) flow.onSend(sequence, new Uint8Array(0));
    path.sendMany(10, 0);
    clock.now = 80;
    for (let sequence = 0; sequence < 10; sequence++) flow.onAck(sequence);
    for (let sequence = 0; sequence < 10; sequence++) path.ack(80, [[0, sequence]]);
    const answers = views.map((view) => ({
      cwnd: view.cwnd(),
      srtt: view.srtt(),
      rttvar: view.rttvar(),
      rto: view.rto(),
      acked: view.totalAcked(),
      slots: view.availableSlots(),
      lossRate: view.lossRate(),
    }));
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.cwnd).toBe(20);
  });
});
