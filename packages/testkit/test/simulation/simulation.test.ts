import { describe, expect, it } from 'vitest';
import { Simulation } from '../../src/simulation/simulation.js';
import { TraceHash } from '../../src/trace-hash.js';
import { EchoClient, EchoServer } from '../support/echo-machine.js';
import { ALICE, BOB } from '../support/lab.js';
import { stubMachine } from '../support/stub-machine.js';

function echoRun(seed: number, count = 50) {
  const simulation = new Simulation({ seed });
  const client = new EchoClient(BOB, count);
  simulation.addHost(client, ALICE);
  simulation.addHost(new EchoServer(), BOB);
  return { simulation, client };
}

describe('Simulation', () => {
  it('carries a conversation to its end over a bad network', () => {
    const { simulation, client } = echoRun(1);
    simulation.network.setConditions(undefined, undefined, {
      delayMs: 20,
      loss: 0.3,
      burst: 3,
      reorder: 0.3,
      duplicate: 0.05,
      corrupt: 0.01,
    });
    const result = simulation.run({ untilMs: 600_000, until: () => client.isDone });
    expect(result.end).toBe('until');
    expect(client.echoed).toBe(50);
    expect(client.sent).toBeGreaterThan(50);
    expect(simulation.now).toBeGreaterThan(50 * 40);
  });

  it('is idle when nothing is left to happen', () => {
    const { simulation, client } = echoRun(2, 3);
    simulation.network.setConditions(undefined, undefined, { delayMs: 10 });
    expect(simulation.run().end).toBe('idle');
    expect([client.echoed, client.timeouts]).toEqual([3, 0]);
    expect(simulation.now).toBeLessThan(200);
  });

  it('leaves the clock at untilMs, whether something is left or not', () => {
    const { simulation } = echoRun(3);
    simulation.network.setConditions(undefined, undefined, { loss: 1 });
    expect(simulation.run({ untilMs: 250 })).toEqual({ end: 'time', steps: 2 });
    expect(simulation.now).toBe(250);
    const empty = new Simulation({ seed: 3, startMs: 1000 });
    expect(empty.run({ untilMs: 5000 })).toEqual({ end: 'idle', steps: 0 });
    expect(empty.now).toBe(5000);
  });

  it('stops after maxSteps', () => {
    const { simulation } = echoRun(4);
    expect(simulation.run({ maxSteps: 7 })).toEqual({ end: 'steps', steps: 7 });
  });

  it('goes on where it stopped', () => {
    const { simulation, client } = echoRun(5);
    while (simulation.run({ maxSteps: 1 }).end === 'steps');
    expect(client.isDone).toBe(true);
  });

  it('lets hosts finish after an action, and notices what was done between runs', () => {
    const simulation = new Simulation({ seed: 6 });
    let ready = 0;
    const sender = stubMachine({ pollTransmit: () => (ready-- > 0 ? 1 : 0) });
    const receiver = stubMachine();
    simulation.addHost(sender.machine, ALICE);
    simulation.addHost(receiver.machine, BOB);
    simulation.at(100, (now) => {
      expect(now).toBe(100);
      ready = 1;
    });
    simulation.run();
    ready = 2;
    simulation.run();
    expect(receiver.calls).toEqual(Array(3).fill('datagram 1 10.0.0.1 @100'));
  });

  it('takes a host away and puts another one in its place', () => {
    const { simulation, client } = echoRun(7);
    const late = simulation.addHost(stubMachine().machine, { address: '10.0.0.9', port: 9 });
    simulation.removeHost(late);
    simulation.run({ until: () => client.echoed === 10 });
    const silent = new Simulation({ seed: 7 });
    const lonely = new EchoClient(BOB, 1);
    silent.addHost(lonely, ALICE);
    const server = silent.addHost(new EchoServer(), BOB);
    silent.removeHost(server);
    silent.run({ untilMs: 500 });
    expect(lonely.echoed).toBe(0);
    silent.addHost(new EchoServer(), BOB);
    silent.run({ untilMs: 1000 });
    expect(lonely.echoed).toBe(1);
  });

  it('survives rebindings of the client', () => {
    const { simulation, client } = echoRun(8);
    simulation.network.setConditions(undefined, undefined, { delayMs: 10 });
    for (const at of [55, 205, 415]) simulation.at(at, () => simulation.network.nat.rebind(ALICE));
    expect(simulation.run({ until: () => client.isDone }).end).toBe('until');
    expect(simulation.network.counters(BOB, ALICE).unroutable).toBe(client.timeouts);
    expect(client.timeouts).toBeGreaterThan(0);
  });

  it('runs the same way for the same seed', () => {
    const trace = (seed: number): string => {
      const { simulation, client } = echoRun(seed);
      const hash = new TraceHash();
      simulation.network.setTap({
        onDatagram: ({ data, now }) => {
          hash.addNumber(now);
          hash.addBytes(data);
          return 'pass';
        },
      });
      simulation.network.setConditions(undefined, undefined, { loss: 0.2, jitterMs: 30 });
      simulation.run({ until: () => client.isDone });
      return hash.digest();
    };
    expect(trace(1)).toBe(trace(1));
    expect(trace(1)).not.toBe(trace(2));
  });
});
