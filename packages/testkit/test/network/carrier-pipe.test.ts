import {
  CarrierPipe,
  type CarrierPipeOptions,
  type DatagramMachine,
  SeededRandom,
  type SimulatedHost,
  Simulation,
} from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';

interface Arrival {
  readonly at: number;
  readonly first: number;
  readonly from: unknown;
}

/** A machine that notes what comes and sends nothing by itself. */
class Listener implements DatagramMachine {
  readonly arrivals: Arrival[] = [];
  readonly transmitTo = undefined;
  turns = 0;

  handleDatagram(data: Uint8Array, from: unknown, now: number): void {
    this.arrivals.push({ at: now, first: data[0]!, from });
  }

  handleTimeout(): void {}

  pollTimeout(): number {
    return Number.POSITIVE_INFINITY;
  }

  pollTransmit(): number {
    this.turns++;
    return 0;
  }
}

function lab(options?: CarrierPipeOptions) {
  const simulation = new Simulation({ seed: 1 });
  const machines = [new Listener(), new Listener()] as const;
  const hosts = machines.map((machine, i) =>
    simulation.addHost(machine, { address: `192.0.2.${i + 1}`, port: 1 }),
  ) as [SimulatedHost, SimulatedHost];
  const ends = { time: simulation.time, client: hosts[0], server: hosts[1] };
  return {
    simulation,
    client: machines[0],
    server: machines[1],
    pipe: new CarrierPipe(ends, options),
  };
}

/** A record whose first byte is `n`. */
function record(n: number, length = 100): Uint8Array {
  return new Uint8Array(length).fill(n);
}

describe('a carrier pipe', () => {
  it('brings records in order, after its delay, from the other end', () => {
    const { simulation, client, server, pipe } = lab({ delayMs: 7 });
    for (let n = 0; n < 5; n++) pipe.toServer.send(record(n));
    pipe.toClient.send(record(9));
    simulation.run({ untilMs: 100 });
    expect(server.arrivals.map(({ first }) => first)).toEqual([0, 1, 2, 3, 4]);
    expect(server.arrivals.every(({ at, from }) => at === 7 && from === pipe.toClient)).toBe(true);
    expect(client.arrivals).toEqual([{ at: 7, first: 9, from: pipe.toServer }]);
  });

  it('takes as long for a record as its speed says', () => {
    const { simulation, server, pipe } = lab({ delayMs: 5, bytesPerMs: 10 });
    for (let n = 0; n < 3; n++) pipe.toServer.send(record(n));
    simulation.run({ untilMs: 100 });
    expect(server.arrivals.map(({ at }) => at)).toEqual([15, 25, 35]);
  });

  it('is full at its mark, has room again at half of it, and wakes its sender then', () => {
    const { simulation, client, pipe } = lab({ bytesPerMs: 10, highWaterBytes: 400 });
    let wakes = 0;
    for (let n = 0; n < 3; n++) pipe.toServer.send(record(n));
    expect(pipe.toServer.isFull).toBe(false);
    pipe.toServer.send(record(3));
    expect(pipe.toServer.isFull).toBe(true);
    pipe.toServer.whenChanged(() => wakes++);
    simulation.run({ untilMs: 19 });
    expect([pipe.toServer.isFull, pipe.toServer.bufferedBytes, wakes]).toEqual([true, 300, 0]);
    const { turns } = client;
    simulation.run({ untilMs: 20 });
    expect([pipe.toServer.isFull, pipe.toServer.bufferedBytes, wakes]).toEqual([false, 200, 1]);
    expect(client.turns).toBeGreaterThan(turns);
    expect([pipe.toServer.peakBufferedBytes, pipe.toClient.isFull]).toEqual([400, false]);
  });

  it('keeps what it has while it is held', () => {
    const { simulation, server, pipe } = lab();
    pipe.hold();
    pipe.toServer.send(record(1));
    simulation.run({ untilMs: 1_000 });
    expect([server.arrivals.length, pipe.toServer.bufferedBytes]).toEqual([0, 100]);
    pipe.release();
    simulation.run({ untilMs: 2_000 });
    expect(server.arrivals).toMatchObject([{ at: 1_005, first: 1 }]);
  });

  it('takes with it what is in its buffers and on its way, and takes no more', () => {
    const { simulation, server, pipe } = lab({ bytesPerMs: 10 });
    for (let n = 0; n < 5; n++) pipe.toServer.send(record(n));
    simulation.run({ untilMs: 16 });
    expect(server.arrivals.map(({ first }) => first)).toEqual([0]);
    pipe.lose();
    pipe.toServer.send(record(7));
    simulation.run({ untilMs: 1_000 });
    expect(server.arrivals).toHaveLength(1);
    expect([pipe.toServer.isLost, pipe.toClient.isLost]).toEqual([true, true]);
    expect([pipe.toServer.sentRecords, pipe.toServer.bufferedBytes]).toEqual([5, 0]);
  });

  it('tells its loss to whom it should, and the other fills its buffer', () => {
    const { simulation, server, pipe } = lab({ highWaterBytes: 250 });
    pipe.lose('server');
    expect([pipe.toServer.isLost, pipe.toClient.isLost]).toEqual([false, true]);
    for (let n = 0; n < 3; n++) pipe.toServer.send(record(n));
    simulation.run({ untilMs: 1_000 });
    expect([server.arrivals.length, pipe.toServer.isFull]).toEqual([0, true]);
  });

  it('shows each record to its tap, which may drop it', () => {
    const { simulation, server, pipe } = lab();
    const seen: string[] = [];
    pipe.setTap((bytes, toServer) => {
      seen.push(`${bytes[0]} ${toServer}`);
      bytes.fill(99);
      return bytes.length !== 50;
    });
    pipe.toServer.send(record(1));
    pipe.toServer.send(record(2, 50));
    pipe.toClient.send(record(3));
    pipe.toServer.inject(record(4));
    simulation.run({ untilMs: 100 });
    expect(seen).toEqual(['1 true', '2 true', '3 false']);
    expect(server.arrivals.map(({ first }) => first)).toEqual([4, 1]);
  });

  it('takes no record that is too long', () => {
    const { pipe } = lab({ maxRecordBytes: 50 });
    expect(() => pipe.toServer.send(record(1, 51))).toThrow(RangeError);
    pipe.toServer.send(record(1, 50));
    expect(pipe.toServer.longestRecord).toBe(50);
  });

  it('has a lossy side that knows to which end it belongs', () => {
    const { simulation, server, pipe } = lab();
    const random = new SeededRandom(1);
    const side = pipe.addLossySide({ random, loss: 0.3, maxRecordBytes: 1_200 });
    expect(side.toServer.orderedSide).toBe(pipe.toServer);
    expect(side.toClient.orderedSide).toBe(pipe.toClient);
    expect([side.toServer.isOrdered, pipe.toServer.isOrdered]).toEqual([false, true]);
    for (let n = 0; n < 200; n++) side.toServer.send(record(n));
    simulation.run({ untilMs: 1_000 });
    expect(server.arrivals.length).toBeGreaterThan(110);
    expect(server.arrivals.length).toBeLessThan(170);
    expect(server.arrivals.every(({ from }) => from === side.toClient)).toBe(true);
    side.lose();
    expect(pipe.toServer.isLost).toBe(false);
  });
});
