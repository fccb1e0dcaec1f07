import {
  CarrierPipe,
  type CarrierPipeOptions,
  Pair,
  type PairOptions,
} from '@vcl-protocol/testkit';
import { expect } from 'vitest';
import {
  closeBoth,
  numbered,
  numbersRead,
  type SideName,
  seeded,
  upTo,
  verifyLog,
} from '../scenario/support.js';

/** A pair with carriers between its hosts. */
export interface CarriedPair {
  readonly pair: Pair;
  /** Connects one more carrier between the hosts. */
  readonly open: (options?: CarrierPipeOptions) => CarrierPipe;
}

/** A pair that has said nothing yet. */
export function carriedPair(options: PairOptions): CarriedPair {
  const pair = new Pair({ crypto: seeded(Number(options.seed)), ...options });
  const { clientHost: client, serverHost: server, simulation } = pair;
  const { time } = simulation;
  return { pair, open: (settings) => new CarrierPipe({ time, client, server }, settings) };
}

/** Starts a handshake over a carrier. */
export function connectOver(pair: Pair, pipe: CarrierPipe): void {
  pair.client.endpoint.connect(pipe.toServer, {}, pair.now);
  pair.clientHost.turn();
}

/** A pair whose session runs over a carrier from the start, with ids exchanged for moves. */
export function overCarrier(
  options: PairOptions,
  settings?: CarrierPipeOptions,
): CarriedPair & { readonly pipe: CarrierPipe } {
  const carried = carriedPair(options);
  const pipe = carried.open(settings);
  connectOver(carried.pair, pipe);
  carried.pair.run(10_000, () => carried.pair.client.connection !== undefined);
  expect(carried.pair.server.connection).toBeDefined();
  carried.pair.run(500);
  return { ...carried, pipe };
}

/** A pair whose session runs over UDP, with ids exchanged for moves. */
export function overUdp(options: PairOptions): CarriedPair {
  const carried = carriedPair(options);
  expect(carried.pair.establish()).toBe(true);
  carried.pair.run(500);
  return carried;
}

/** The network drops UDP, or lets it through again. */
export function setUdp(pair: Pair, isThere: boolean): void {
  pair.simulation.network.setConditions(undefined, undefined, { blackHole: !isThere });
}

/** Moves the client's session to a carrier. @returns whether it could */
export function migrate(pair: Pair, pipe: CarrierPipe): boolean {
  const hasMoved = pair.client.connection!.migrate(pair.now, pipe.toServer);
  pair.clientHost.turn();
  return hasMoved;
}

/** How often a host is woken by its timer while `act` runs. */
export function timeoutsDuring(pair: Pair, side: SideName, act: () => void): number {
  const machine = pair[side];
  const { handleTimeout } = machine;
  let timeouts = 0;
  machine.handleTimeout = (now: number) => {
    timeouts++;
    handleTimeout.call(machine, now);
  };
  act();
  machine.handleTimeout = handleTimeout;
  return timeouts;
}

/** Messages that are sent both ways in order, and what is left to say of them. */
export class Traffic {
  sent = 0;
  readonly #pair: Pair;

  constructor(pair: Pair) {
    this.#pair = pair;
  }

  send(count: number, bytes: number): void {
    for (let i = 0; i < count; i++) {
      this.#pair.send('client', numbered(this.sent, bytes), { reliability: 'reliable' });
      this.#pair.send('server', numbered(this.sent, bytes), { reliability: 'reliable' });
      this.sent++;
    }
  }

  expectWhole(withinMs: number): void {
    const isDone = (): boolean =>
      this.#pair.client.messages.length >= this.sent &&
      this.#pair.server.messages.length >= this.sent;
    this.#pair.run(withinMs, isDone);
    expect(numbersRead(this.#pair.server)).toEqual(upTo(this.sent));
    expect(numbersRead(this.#pair.client)).toEqual(upTo(this.sent));
  }

  expectEvidence(): void {
    closeBoth(this.#pair);
    for (const side of ['client', 'server'] as const) {
      const report = verifyLog(this.#pair, side);
      expect([report.exitCode, report.problems]).toEqual([0, []]);
    }
  }
}
