import { describe, expect, it } from 'vitest';
import { ackBlock, PathHarness } from './path-harness.js';

describe('acknowledgement', () => {
  it('reports each packet once and frees the window', () => {
    const path = new PathHarness();
    path.sendMany(4, 0);
    expect(path.loss.bytesInFlight).toBe(4_800);
    expect(path.ack(50, [[0, 2]])).toBe('ok');
    expect(path.ack(60, [[0, 3]])).toBe('ok');
    expect(path.handler.acked).toEqual([0, 1, 2, 3]);
    expect(path.loss.bytesInFlight).toBe(0);
    expect(path.loss.packetsInFlight).toBe(0);
    expect(path.loss.largestAcked).toBe(3);
  });

  it('ignores an empty ACK and one that says nothing new', () => {
    const path = new PathHarness();
    path.send(0);
    expect(path.loss.onAck(ackBlock([]), 10)).toBe('ok');
    path.ack(50, [0]);
    path.ack(90, [0]);
    expect(path.handler.acked).toEqual([0]);
    expect(path.rtt.latest).toBe(50);
  });

  it('measures the round trip by the largest packet that is newly acknowledged', () => {
    const path = new PathHarness();
    path.send(0);
    path.send(10);
    path.send(20);
    path.ack(70, [2, 0]);
    expect(path.rtt.latest).toBe(50);
    path.ack(100, [[0, 2]]);
    expect(path.rtt.latest).toBe(50);
  });

  it('believes an ACK delay up to the parameter of the peer', () => {
    const path = new PathHarness({ maxAckDelayMs: 25 });
    path.send(0);
    path.ack(100, [0]);
    path.send(1_000);
    path.ack(1_200, [1], 1_000);
    expect(path.rtt.smoothed).toBeCloseTo(100 + (175 - 100) / 8, 9);
  });

  it('gets a sample when an ACK-only packet is the largest acknowledged', () => {
    const path = new PathHarness();
    path.send(0);
    path.send(30, { ackEliciting: false });
    path.ack(80, [[0, 1]]);
    expect(path.rtt.latest).toBe(50);
    expect(path.handler.acked).toEqual([0]);
  });

  it('takes no sample when the largest number was acknowledged before', () => {
    const path = new PathHarness();
    path.send(0);
    path.send(10, { ackEliciting: false });
    path.ack(50, [1]);
    path.ack(500, [[0, 1]]);
    expect(path.handler.acked).toEqual([0]);
    expect(path.rtt.hasSample).toBe(false);
  });

  it('never tracks ACK-only packets', () => {
    const path = new PathHarness();
    path.sendMany(5, 0, { ackEliciting: false });
    expect(path.loss.packetsInFlight).toBe(0);
    expect(path.loss.bytesInFlight).toBe(0);
    expect(path.loss.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
    expect(path.loss.stats.totalSent).toBe(0);
  });

  it('grows the window unless the application was the limit', () => {
    const path = new PathHarness();
    path.send(0);
    path.ack(50, [0]);
    expect(path.congestion.cwndBytes).toBe(13_200);
    path.loss.setAppLimited(true);
    path.send(60);
    path.ack(110, [1]);
    expect(path.congestion.cwndBytes).toBe(13_200);
  });

  it('keeps tunnel packets out of the window altogether', () => {
    const path = new PathHarness();
    path.sendMany(6, 0, { exempt: true });
    expect(path.loss.bytesInFlight).toBe(0);
    expect(path.loss.packetsInFlight).toBe(6);
    path.ack(50, [5]);
    expect(path.handler.lost).toEqual([0, 1, 2]);
    expect(path.congestion.cwndBytes).toBe(12_000);
    expect(path.loss.stats.lossRate).toBe(0.75);
  });
});

describe('optimistic acknowledgement', () => {
  it('is noticed for numbers never sent, before anything is believed', () => {
    const path = new PathHarness();
    path.sendMany(3, 0);
    expect(path.ack(10, [[0, 3]])).toBe('optimistic');
    expect(path.handler.acked).toEqual([]);
    expect(path.rtt.hasSample).toBe(false);
  });

  it('is noticed for a skipped number, also much later', () => {
    const path = new PathHarness();
    path.send(0);
    path.sent.skip(1);
    path.sendMany(50, 1);
    expect(path.ack(10, [[2, 51], 0])).toBe('ok');
    expect(path.ack(500, [[0, 51]])).toBe('optimistic');
  });
});

describe('loss', () => {
  it('declares a packet lost three numbers behind', () => {
    const path = new PathHarness();
    path.sendMany(5, 0);
    path.ack(100, [2]);
    expect(path.handler.lost).toEqual([]);
    path.ack(100, [3]);
    expect(path.handler.lost).toEqual([0]);
    path.ack(100, [4]);
    expect(path.handler.lost).toEqual([0, 1]);
    expect(path.loss.bytesInFlight).toBe(0);
  });

  it('declares a packet lost 9/8 of a round trip after it was sent', () => {
    const path = new PathHarness();
    path.send(0);
    path.send(1);
    path.ack(81, [1]);
    expect(path.rtt.latest).toBe(80);
    expect(path.loss.lossTimeMs).toBe(90);
    expect(path.loss.nextDeadline()).toBe(90);
    expect(path.loss.onTimeout(89.9)).toBe('none');
    expect(path.loss.onTimeout(90)).toBe('lost');
    expect(path.handler.lost).toEqual([0]);
    expect(path.loss.onTimeout(90)).toBe('none');
  });

  it('waits for the longer of the smoothed and the latest round trip', () => {
    const path = new PathHarness();
    path.send(0);
    path.ack(80, [0]);
    path.send(1_000);
    path.send(1_000);
    path.ack(1_160, [2]);
    expect(path.rtt.smoothed).toBeLessThan(100);
    expect(path.loss.lossTimeMs).toBe(1_000 + (9 / 8) * 160);
  });

  it('waits at least 2 ms for reordering', () => {
    const path = new PathHarness();
    path.sendMany(2, 0);
    path.ack(0.5, [1]);
    expect(path.loss.lossTimeMs).toBe(2);
  });

  it('hands the frames of the lost packet back', () => {
    const path = new PathHarness();
    path.sendMany(4, 0);
    path.ack(50, [[1, 3]]);
    expect(path.handler.lostFrames).toEqual(['7:0-10']);
  });

  it('reduces the window once for a round trip of losses', () => {
    const path = new PathHarness();
    path.sendMany(10, 0);
    path.ack(50, [4]);
    const reduced = path.congestion.cwndBytes;
    expect(reduced).toBe(6_000);
    path.ack(51, [9]);
    expect(path.handler.lost).toEqual([0, 1, 2, 3, 5, 6]);
    expect(path.congestion.cwndBytes).toBe(reduced);
  });

  it('takes a lost MTU probe for no sign of congestion', () => {
    const path = new PathHarness();
    path.send(0, { mtuProbe: true, size: 1_452 });
    path.sendMany(3, 0);
    path.ack(50, [[1, 3]]);
    expect(path.handler.lost).toEqual([0]);
    expect(path.congestion.ssthreshBytes).toBe(Number.POSITIVE_INFINITY);
    expect(path.loss.stats.totalLost).toBe(0);
    expect(path.loss.bytesInFlight).toBe(0);
  });

  it('detects nothing on a carrier that repeats by itself', () => {
    const path = new PathHarness({ detectsLoss: false });
    path.sendMany(10, 0);
    path.ack(50, [9]);
    expect(path.handler.lost).toEqual([]);
    expect(path.loss.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
    expect(path.loss.onTimeout(60_000)).toBe('none');
    expect(path.congestion.cwndBytes).toBe(12_000);
    expect(path.loss.discardAll(100)).toBe(9);
    expect(path.handler.lost).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe('a late acknowledgement', () => {
  it('is counted as spurious and reported once', () => {
    const path = new PathHarness();
    path.sendMany(4, 0);
    path.ack(50, [[1, 3]]);
    path.ack(60, [[0, 3]]);
    path.ack(61, [[0, 3]]);
    expect(path.handler.lost).toEqual([0]);
    expect(path.handler.late).toEqual([0]);
    expect(path.loss.stats.totalSpurious).toBe(1);
    expect(path.loss.stats.lossRate).toBe(0);
    expect(path.loss.bytesInFlight).toBe(0);
  });

  it('undoes the reduction once every loss behind it proved wrong', () => {
    const path = new PathHarness();
    path.sendMany(6, 0);
    path.ack(50, [[2, 5]]);
    expect(path.handler.lost).toEqual([0, 1]);
    expect(path.congestion.ssthreshBytes).toBe(6_000);
    path.ack(55, [0, [2, 5]]);
    expect(path.congestion.ssthreshBytes).toBe(6_000);
    path.ack(56, [[0, 5]]);
    expect(path.congestion.ssthreshBytes).toBe(Number.POSITIVE_INFINITY);
    expect(path.congestion.cwndBytes).toBeGreaterThanOrEqual(12_000);
  });

  it('does not undo a reduction that another loss has made since', () => {
    const path = new PathHarness();
    path.sendMany(4, 0);
    path.ack(50, [[1, 3]]);
    path.sendMany(4, 60);
    path.ack(110, [
      [5, 7],
      [1, 3],
    ]);
    expect(path.handler.lost).toEqual([0, 4]);
    const reduced = path.congestion.ssthreshBytes;
    path.ack(112, [
      [5, 7],
      [0, 3],
    ]);
    expect(path.handler.late).toEqual([0]);
    expect(path.congestion.ssthreshBytes).toBe(reduced);
  });

  it('undoes the latest reduction even while an earlier one stands', () => {
    const path = new PathHarness();
    path.sendMany(4, 0);
    path.ack(50, [[1, 3]]);
    path.sendMany(4, 60);
    const before = path.congestion.ssthreshBytes;
    path.ack(110, [
      [5, 7],
      [1, 3],
    ]);
    expect(path.congestion.ssthreshBytes).toBeLessThan(before);
    path.ack(112, [[1, 7]]);
    expect(path.handler.late).toEqual([4]);
    expect(path.congestion.ssthreshBytes).toBe(before);
  });

  it('is understood for 3 PTO and ignored afterwards', () => {
    const path = new PathHarness();
    path.sendMany(4, 0);
    path.ack(50, [[1, 3]]);
    expect(path.sent.lost.count).toBe(1);
    path.loss.onTimeout(50 + 3 * path.loss.ptoMs);
    expect(path.sent.lost.count).toBe(1);
    path.loss.onTimeout(51 + 3 * path.loss.ptoMs);
    expect(path.sent.lost.count).toBe(0);
    expect(path.ack(2_000, [[0, 3]])).toBe('ok');
    expect(path.handler.late).toEqual([]);
  });

  it('finds at most 1,024 packets remembered', () => {
    const path = new PathHarness();
    path.sendMany(3_000, 0);
    path.ack(50, [2_999]);
    expect(path.handler.lost.length).toBe(2_997);
    expect(path.sent.lost.count).toBe(1_024);
  });
});

describe('a dropped path', () => {
  it('hands every outstanding packet back, without blame', () => {
    const path = new PathHarness();
    path.sendMany(5, 0);
    path.ack(50, [[1, 3]]);
    expect(path.loss.discardAll(60)).toBe(1);
    expect(path.handler.lost).toEqual([0, 4]);
    expect(path.loss.bytesInFlight).toBe(0);
    expect(path.loss.stats.totalLost).toBe(1);
    expect(path.loss.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
    expect(path.sent.lost.count).toBe(0);
    expect(path.ack(70, [[0, 4]])).toBe('ok');
    expect(path.handler.late).toEqual([]);
  });

  it('takes the loss timer with it', () => {
    const path = new PathHarness();
    path.sendMany(2, 0);
    path.ack(50, [1]);
    expect(path.loss.lossTimeMs).toBeLessThan(Number.POSITIVE_INFINITY);
    path.loss.discardAll(60);
    expect(path.loss.lossTimeMs).toBe(Number.POSITIVE_INFINITY);
    expect(path.loss.onTimeout(1_000)).toBe('none');
  });
});

describe('records', () => {
  it('are used again while a path sends, loses and acknowledges', () => {
    const path = new PathHarness();
    for (let round = 0; round < 500; round++) {
      const now = round * 100;
      const base = path.sent.nextPacketNumber;
      path.sendMany(8, now);
      path.ack(now + 50, [[base + 1, base + 7]]);
    }
    expect(path.handler.acked.length + path.handler.lost.length).toBe(4_000);
    expect(path.handler.lost.length).toBe(500);
    expect(path.sent.createdRecords).toBeLessThan(30);
  });
});
