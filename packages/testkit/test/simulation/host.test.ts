import { describe, expect, it } from 'vitest';
import { SimulatedHost } from '../../src/simulation/host.js';
import type { DatagramMachine } from '../../src/simulation/machine.js';
import { Lab, numbered } from '../support/lab.js';
import { stubMachine } from '../support/stub-machine.js';

const HERE = { address: '10.1.0.1', port: 1 };
const BOB_KEY = '10.0.0.2:2000';

function hostOf(machine: DatagramMachine, options: { timerGranularityMs?: number } = {}) {
  const lab = new Lab('host');
  const place = { time: lab.time, network: lab.network, address: HERE };
  return { lab, host: new SimulatedHost(machine, place, { name: 'machine', ...options }) };
}

describe('SimulatedHost', () => {
  it('runs afterInput, drains the transmits and arms the timer, in this order', () => {
    const order: string[] = [];
    let left = 2;
    const { machine } = stubMachine({
      handleDatagram: () => void order.push('datagram'),
      afterInput: (now) => void order.push(`after @${now}`),
      pollTransmit: (_now, out) => {
        order.push('transmit');
        out[0] = 1;
        return left-- > 0 ? 4 : 0;
      },
      pollTimeout: () => {
        order.push('timeout?');
        return Number.POSITIVE_INFINITY;
      },
    });
    const { lab } = hostOf(machine);
    lab.network.inject(HERE, HERE, numbered(1, 4));
    lab.settle();
    expect(order).toEqual(['datagram', 'after @0', ...Array(3).fill('transmit'), 'timeout?']);
    expect(lab.received.map(({ at }) => at)).toEqual([BOB_KEY, BOB_KEY]);
  });

  it('fires the timer once when it is due, and not before', () => {
    let deadlineMs = 50;
    const { machine, calls } = stubMachine({ pollTimeout: () => deadlineMs });
    machine.handleTimeout = (now) => {
      calls.push(`timeout @${now}`);
      deadlineMs = Number.POSITIVE_INFINITY;
    };
    const { lab, host } = hostOf(machine);
    host.turn();
    lab.time.runUntil(49.9);
    expect(calls).toEqual([]);
    lab.time.runUntil(500);
    expect(calls).toEqual(['timeout @50']);
  });

  it('moves the timer to and fro with the deadline, and keeps only one', () => {
    let deadlineMs = 50;
    const { machine, calls } = stubMachine({ pollTimeout: () => deadlineMs });
    const { lab, host } = hostOf(machine);
    for (deadlineMs of [50, 20, 80, Number.POSITIVE_INFINITY, 30]) host.turn();
    expect([lab.time.pending, lab.time.nextAt]).toEqual([1, 30]);
    deadlineMs = 40;
    lab.time.runUntil(35);
    expect([calls, lab.time.nextAt]).toEqual([[], 40]);
  });

  it('rounds the timer up to its granularity', () => {
    let deadlineMs = 10.2;
    const { machine, calls } = stubMachine({ pollTimeout: () => deadlineMs });
    machine.handleTimeout = (now) => {
      calls.push(`timeout @${now}`);
      deadlineMs = Number.POSITIVE_INFINITY;
    };
    const { lab, host } = hostOf(machine, { timerGranularityMs: 4 });
    host.turn();
    lab.settle();
    expect(calls).toEqual(['timeout @12']);
    expect(() => hostOf(machine, { timerGranularityMs: -1 })).toThrow(RangeError);
  });

  it('names a machine whose deadline does not move on', () => {
    const { machine } = stubMachine({ pollTimeout: () => 10 });
    const { lab, host } = hostOf(machine);
    host.turn();
    expect(() => lab.settle()).toThrow(/machine spins: it asked for 1001 timeouts at 10 ms/);
  });

  it('finds deadlines that creep on by less than any timer could', () => {
    let deadlineMs = 10;
    const { machine } = stubMachine({ pollTimeout: () => deadlineMs });
    machine.handleTimeout = (now) => {
      deadlineMs = now + 1e-9;
    };
    const { lab, host } = hostOf(machine);
    host.turn();
    expect(() => lab.settle()).toThrow(/machine spins/);
  });

  it('bears with many timeouts at one instant when each sends something', () => {
    let left = 3000;
    let ready = false;
    const { machine } = stubMachine({
      handleTimeout: () => {
        ready = true;
      },
      pollTimeout: () => (left > 0 ? 0 : Number.POSITIVE_INFINITY),
      pollTransmit: () => {
        if (!ready) return 0;
        ready = false;
        left--;
        return 4;
      },
    });
    const { lab, host } = hostOf(machine);
    host.turn();
    lab.settle();
    expect(lab.network.counters().sent).toBe(3000);
  });

  it('stops a machine that spins and sends without end, and one that only sends', () => {
    let ready = false;
    const spinning = stubMachine({
      handleTimeout: () => {
        ready = true;
      },
      pollTimeout: () => 0,
      pollTransmit: () => {
        const length = ready ? 1 : 0;
        ready = false;
        return length;
      },
    });
    const { lab, host } = hostOf(spinning.machine);
    lab.network.setConditions(undefined, undefined, { loss: 1 });
    host.turn();
    expect(() => lab.settle()).toThrow(/machine spins/);
    const sending = hostOf(stubMachine({ pollTransmit: () => 1 }).machine);
    sending.lab.network.setConditions(undefined, undefined, { loss: 1 });
    expect(() => sending.host.turn()).toThrow(/machine sends without end/);
  });

  it('reports verbs that return nonsense', () => {
    const nan = hostOf(stubMachine({ pollTimeout: () => Number.NaN }).machine);
    expect(() => nan.host.turn()).toThrow(/machine: pollTimeout\(\) returned NaN/);
    for (const length of [-1, 1.5, 70_000]) {
      const { host } = hostOf(stubMachine({ pollTransmit: () => length }).machine);
      expect(() => host.turn()).toThrow(/machine: pollTransmit\(\) returned/);
    }
    const lost = hostOf(stubMachine({ transmitTo: undefined, pollTransmit: () => 1 }).machine);
    expect(() => lost.host.turn()).toThrow(/machine: transmitTo must be set/);
  });

  it('overwrites what it lent once the turn is over', () => {
    let lentInput: Uint8Array | undefined;
    const lentOutputs: number[] = [];
    let left = 2;
    const { machine } = stubMachine({
      handleDatagram: (data) => {
        lentInput = data;
      },
      afterInput: () => {
        if (lentInput !== undefined) expect(lentInput[3]).toBe(7);
      },
      pollTransmit: (_now, out) => {
        lentOutputs.push(out[0]!);
        out[0] = 1;
        return left-- > 0 ? 4 : 0;
      },
    });
    const { lab } = hostOf(machine);
    lab.network.inject(HERE, HERE, numbered(7, 4));
    lab.settle();
    expect([...lentInput!]).toEqual([0xdd, 0xdd, 0xdd, 0xdd]);
    expect(lentOutputs).toEqual([0xdd, 0xdd, 0xdd]);
    expect(lab.received.map(({ data }) => data[0])).toEqual([1, 1]);
  });

  it('is gone when closed: no timer, no datagrams, no turns', () => {
    const { machine, calls } = stubMachine({ pollTimeout: () => 10 });
    const { lab, host } = hostOf(machine);
    host.turn();
    host.close();
    host.close();
    host.turn();
    lab.network.inject(HERE, HERE, numbered(1, 4));
    lab.settle();
    expect([calls, lab.time.pending]).toEqual([[], 0]);
  });
});
