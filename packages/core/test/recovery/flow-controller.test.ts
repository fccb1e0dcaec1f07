import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VCLError } from '../../src/errors.js';
import { FlowController } from '../../src/recovery/flow-controller.js';

/** A controller on a clock that the test moves. */
function controlled(window?: number, rtoMs?: number) {
  const clock = { now: 0 };
  const options = { now: () => clock.now, ...(rtoMs === undefined ? {} : { rtoMs }) };
  return { clock, flow: new FlowController(window, options) };
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

describe('FlowController window', () => {
  it('has the defaults of the guide and an initial window of 10', () => {
    const { flow } = controlled();
    expect(flow.windowSize()).toBe(64);
    expect(flow.rto()).toBe(200);
    expect(flow.cwnd()).toBe(10);
    expect(flow.inSlowStart()).toBe(true);
    expect(flow.canSend()).toBe(true);
    expect(flow.availableSlots()).toBe(10);
    expect(flow.inFlightCount()).toBe(0);
    expect(flow.oldestUnackedSequence()).toBeUndefined();
    expect(flow.srtt()).toBeUndefined();
    expect(flow.rttvar()).toBeUndefined();
    expect(flow.lossRate()).toBe(0);
  });

  it('refuses a packet beyond the window instead of losing sight of it', () => {
    const { flow } = controlled(4);
    for (let sequence = 0; sequence < 4; sequence++) {
      expect(flow.onSend(sequence, bytes())).toBe(true);
    }
    expect(flow.canSend()).toBe(false);
    expect(flow.onSend(4, bytes())).toBe(false);
    expect(flow.inFlightCount()).toBe(4);
    expect(flow.totalSent()).toBe(4);
    flow.onAck(0);
    expect(flow.onSend(4, bytes())).toBe(true);
  });

  it('is bounded by the congestion window below the flow window', () => {
    const { flow } = controlled(64);
    for (let sequence = 0; sequence < 64; sequence++) flow.onSend(sequence, bytes());
    expect(flow.inFlightCount()).toBe(10);
  });

  it('grows by one per acknowledgement in slow start, up to the flow window', () => {
    const { flow } = controlled(16);
    for (let sequence = 0; sequence < 10; sequence++) flow.onSend(sequence, bytes());
    for (let sequence = 0; sequence < 10; sequence++) flow.onAck(sequence);
    expect(flow.cwnd()).toBe(16);
    expect(flow.effectiveWindow()).toBe(16);
  });

  it('does not grow while its window is not used', () => {
    const { flow } = controlled();
    for (let sequence = 0; sequence < 100; sequence++) {
      flow.onSend(sequence, bytes());
      flow.onAck(sequence);
    }
    expect(flow.cwnd()).toBe(10);
  });

  it('grows again after it refused a packet, for then the window was the limit', () => {
    const { flow } = controlled();
    for (let sequence = 0; sequence < 9; sequence++) flow.onSend(sequence, bytes());
    flow.setWindowSize(4);
    expect(flow.onSend(9, bytes())).toBe(false);
    flow.setWindowSize(64);
    flow.onAck(0);
    expect(flow.cwnd()).toBe(11);
  });

  it('names the oldest sequence, whatever the order of sending', () => {
    const { flow } = controlled();
    flow.onSend(7, bytes());
    flow.onSend(3, bytes());
    expect(flow.oldestUnackedSequence()).toBe(3);
    flow.onAck(3);
    expect(flow.oldestUnackedSequence()).toBe(7);
  });

  it('does not take a sequence that is in flight a second time', () => {
    const { flow } = controlled();
    expect(flow.onSend(1, bytes())).toBe(true);
    expect(flow.onSend(1, bytes())).toBe(false);
    expect(flow.totalSent()).toBe(1);
  });

  it('follows a new window size, also below what is in flight', () => {
    const { flow } = controlled(8);
    for (let sequence = 0; sequence < 8; sequence++) flow.onSend(sequence, bytes());
    flow.setWindowSize(2);
    expect(flow.windowSize()).toBe(2);
    expect(flow.availableSlots()).toBe(0);
    expect(flow.canSend()).toBe(false);
    expect(flow.effectiveWindow()).toBe(2);
  });

  it('refuses settings and sequences that make no sense', () => {
    const now = () => 0;
    for (const window of [0, -1, 1.5, Number.NaN]) {
      expect(() => new FlowController(window, { now })).toThrow(VCLError);
      expect(() => controlled().flow.setWindowSize(window)).toThrow(VCLError);
    }
    for (const rtoMs of [0, -5, 60_001, Number.NaN]) {
      expect(() => new FlowController(64, { now, rtoMs })).toThrow(VCLError);
    }
    for (const sequence of [-1, 0.5, 2 ** 53]) {
      expect(() => controlled().flow.onSend(sequence, bytes())).toThrow(VCLError);
    }
  });
});

describe('FlowController retransmission', () => {
  it('asks for each timed-out packet with its data and the attempts before', () => {
    const { flow, clock } = controlled();
    const data = bytes(1, 2, 3);
    flow.onSend(0, data);
    clock.now = 199;
    expect(flow.timedOutPackets()).toEqual([]);
    expect(flow.nextTimeout()).toBe(200);
    clock.now = 200;
    expect(flow.timedOutPackets()).toEqual([{ sequence: 0, data, retransmitCount: 0 }]);
    expect(flow.timedOutPackets()).toEqual([]);
    clock.now = 600;
    expect(flow.timedOutPackets()[0]?.retransmitCount).toBe(1);
    expect(flow.totalRetransmits()).toBe(2);
    expect(flow.totalLost()).toBe(2);
  });

  it('doubles the timeout up to 60 s', () => {
    const { flow, clock } = controlled();
    flow.onSend(0, bytes());
    for (let round = 0; round < 20; round++) {
      clock.now = flow.nextTimeout();
      expect(flow.timedOutPackets().length).toBe(1);
    }
    expect(flow.rto()).toBe(60_000);
  });

  it('halves the window on loss instead of falling to one packet', () => {
    const { flow, clock } = controlled();
    for (let sequence = 0; sequence < 10; sequence++) flow.onSend(sequence, bytes());
    clock.now = 200;
    flow.timedOutPackets();
    expect(flow.cwnd()).toBe(5);
    expect(flow.inSlowStart()).toBe(false);
  });

  it('falls to two packets after three timeouts in a row', () => {
    const { flow, clock } = controlled();
    flow.onSend(0, bytes());
    for (let round = 0; round < 3; round++) {
      clock.now = flow.nextTimeout();
      flow.timedOutPackets();
    }
    expect(flow.cwnd()).toBe(2);
  });

  it('counts timeouts in a row only: an acknowledgement between them ends the row', () => {
    const { flow, clock } = controlled();
    for (let sequence = 0; sequence < 10; sequence++) flow.onSend(sequence, bytes());
    for (let round = 0; round < 3; round++) {
      clock.now = flow.nextTimeout();
      flow.timedOutPackets();
      if (round === 1) flow.onAck(0);
    }
    expect(flow.cwnd()).toBeGreaterThan(2);
    expect(flow.inSlowStart()).toBe(false);
  });

  it('has no timeout with nothing in flight', () => {
    const { flow } = controlled();
    expect(flow.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  it('takes another initial timeout and keeps it over a reset', () => {
    const clock = { now: 0 };
    const flow = FlowController.withRto(32, 1_000, { now: () => clock.now });
    expect(flow.windowSize()).toBe(32);
    expect(flow.rto()).toBe(1_000);
    flow.onSend(0, bytes());
    clock.now = 1_000;
    flow.timedOutPackets();
    expect(flow.rto()).toBe(2_000);
    flow.reset();
    expect(flow.rto()).toBe(1_000);
    expect(flow.inFlightCount()).toBe(0);
    expect(flow.totalSent()).toBe(0);
    expect(flow.totalLost()).toBe(0);
    expect(flow.cwnd()).toBe(10);
    expect(flow.isAcked(0)).toBe(false);
  });
});

describe('FlowController round trip (RFC 6298)', () => {
  it('sets the timeout by the first sample', () => {
    const { flow, clock } = controlled();
    flow.onSend(0, bytes());
    clock.now = 120;
    expect(flow.onAck(0)).toBe(true);
    expect(flow.srtt()).toBe(120);
    expect(flow.rttvar()).toBe(60);
    expect(flow.rto()).toBe(120 + 4 * 60);
  });

  it('keeps the timeout between 50 ms and 60 s', () => {
    const { flow, clock } = controlled();
    flow.onSend(0, bytes());
    clock.now = 1;
    flow.onAck(0);
    expect(flow.rto()).toBe(50);
    flow.onSend(1, bytes());
    clock.now = 500_000;
    flow.onAck(1);
    expect(flow.rto()).toBe(60_000);
  });

  it('takes no sample from a packet that was sent twice, and keeps the backoff', () => {
    const { flow, clock } = controlled();
    flow.onSend(0, bytes());
    clock.now = 200;
    flow.timedOutPackets();
    clock.now = 210;
    flow.onAck(0);
    expect(flow.srtt()).toBeUndefined();
    expect(flow.rto()).toBe(400);
    flow.onSend(1, bytes());
    clock.now = 310;
    flow.onAck(1);
    expect(flow.srtt()).toBe(100);
    expect(flow.rto()).toBe(300);
  });

  it('samples only by the packet that is acknowledged, not by whatever arrives', () => {
    const { flow, clock } = controlled();
    flow.onSend(0, bytes());
    clock.now = 30;
    expect(flow.onAck(99)).toBe(false);
    expect(flow.srtt()).toBeUndefined();
    expect(flow.inFlightCount()).toBe(1);
  });
});

describe('FlowController accounting', () => {
  it('knows what was acknowledged', () => {
    const { flow } = controlled();
    flow.onSend(0, bytes());
    expect(flow.isAcked(0)).toBe(false);
    expect(flow.onAck(0)).toBe(true);
    expect(flow.onAck(0)).toBe(false);
    expect(flow.isAcked(0)).toBe(true);
    expect(flow.totalAcked()).toBe(1);
  });

  it('keeps what it remembers bounded, even for scattered sequences', () => {
    const { flow } = controlled();
    for (let sequence = 0; sequence < 5_000; sequence++) {
      flow.onSend(sequence * 2, bytes());
      flow.onAck(sequence * 2);
    }
    expect(flow.isAcked(0)).toBe(false);
    expect(flow.isAcked(9_998)).toBe(true);
    expect(flow.isAcked(9_998 - 2 * 1_023)).toBe(true);
    expect(flow.isAcked(9_998 - 2 * 1_024)).toBe(false);
  });

  it('never reports a loss rate above 1', () => {
    const { flow, clock } = controlled();
    flow.onSend(0, bytes());
    for (let round = 0; round < 5; round++) {
      clock.now = flow.nextTimeout();
      flow.timedOutPackets();
    }
    expect(flow.totalLost()).toBe(5);
    expect(flow.lossRate()).toBe(1);
    flow.onAck(0);
    expect(flow.lossRate()).toBe(5 / 6);
  });

  it('holds its sums over any use', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('send' as const), sequence: fc.nat(30) }),
      fc.record({ kind: fc.constant('ack' as const), sequence: fc.nat(30) }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(400) }),
      fc.record({ kind: fc.constant('window' as const), size: fc.integer({ min: 1, max: 30 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { flow, clock } = controlled(8);
        for (const entry of steps) {
          const room = flow.availableSlots();
          if (entry.kind === 'send') {
            if (flow.onSend(entry.sequence, bytes())) expect(room).toBeGreaterThan(0);
          } else if (entry.kind === 'ack') flow.onAck(entry.sequence);
          else if (entry.kind === 'window') flow.setWindowSize(entry.size);
          else {
            clock.now += entry.ms;
            flow.timedOutPackets();
          }
          expect(flow.totalSent()).toBe(flow.totalAcked() + flow.inFlightCount());
          expect(flow.totalLost()).toBe(flow.totalRetransmits());
          expect(flow.lossRate()).toBeLessThanOrEqual(1);
          expect(flow.cwnd()).toBeLessThanOrEqual(flow.windowSize());
          expect(flow.rto()).toBeGreaterThanOrEqual(50);
          expect(flow.rto()).toBeLessThanOrEqual(60_000);
        }
      }),
    );
  });
});
