import {
  type NetworkAddress,
  Pair,
  type PairSide,
  type TappedDatagram,
} from '@vcl-protocol/testkit';
import { expect } from 'vitest';

/** A datagram that the attacker makes arrive. */
export interface Injection {
  readonly data: Uint8Array;
  readonly from: NetworkAddress;
  readonly to: NetworkAddress;
}

/** A session under traffic on both lanes, and somebody on its path who sees and injects datagrams. */
export class AttackedPair {
  readonly pair: Pair;
  readonly stranger: NetworkAddress = { address: '203.0.113.7', port: 999 };
  injected = 0;
  #exchanged = 0;
  readonly #tables: readonly number[];

  constructor(seed: number) {
    this.pair = new Pair({ seed });
    expect(this.pair.establish()).toBe(true);
    this.exchange();
    this.pair.run(11_000);
    this.#tables = tablesOf(this.pair);
  }

  /** One reliable and one lossy message each way, with time to arrive. */
  exchange(): void {
    const n = this.#exchanged++;
    for (const side of ['client', 'server'] as const) {
      this.pair.send(side, numbered(n, 40), { reliability: 'reliable' });
      this.pair.send(side, numbered(n, 1_500), { reliability: 'unreliable' });
    }
    this.pair.run(100);
  }

  /** Injects what `attack` makes of `count` datagrams, each before the genuine one arrives. */
  overtake(count: number, attack: (datagram: TappedDatagram) => readonly Injection[]): void {
    let left = count;
    this.pair.simulation.network.setTap({
      onDatagram: (datagram) => {
        if (left > 0) this.inject(attack(datagram));
        left--;
        return 'pass';
      },
    });
    while (left > 0) this.exchange();
    this.pair.simulation.network.setTap(undefined);
  }

  /** Copies of `count` datagrams that arrived. */
  capture(count: number): TappedDatagram[] {
    const captured: TappedDatagram[] = [];
    this.overtake(count, (datagram) => {
      captured.push(datagram);
      return [];
    });
    return captured;
  }

  inject(list: readonly Injection[]): void {
    this.injected += list.length;
    for (const { data, from, to } of list) this.pair.simulation.network.inject(from, to, data);
  }

  /** Every injected datagram is one counted drop, and nothing else has changed. */
  expectUnharmed(): void {
    this.exchange();
    this.pair.run(5_000);
    const { client, server } = this.pair;
    expect(dropsOf(client) + dropsOf(server)).toBe(this.injected);
    expect(this.injected).toBeGreaterThan(0);
    expect(tablesOf(this.pair)).toEqual(this.#tables);
    expect(server.connection?.remote).toEqual(client.address);
    expect(client.connection?.remote).toEqual(server.address);
    for (const side of [client, server]) {
      const sent = Array.from({ length: this.#exchanged }, (_, n) => n);
      expect(numbersOf(side, 0)).toEqual(sent);
      expect(numbersOf(side, 1)).toEqual(sent);
      expect(side.events.filter(({ type }) => type === 'closed')).toEqual([]);
    }
  }
}

/** Datagrams that a side has dropped. */
export function dropsOf({ endpoint, connection }: PairSide): number {
  return endpoint.drops.total + (connection?.drops.total ?? 0);
}

function tablesOf(pair: Pair): readonly number[] {
  return [pair.client, pair.server].flatMap(({ endpoint }) => [
    endpoint.connectionCount,
    endpoint.halfOpenCount,
    endpoint.cids.size,
  ]);
}

function numbered(n: number, bytes: number): Uint8Array {
  const payload = new Uint8Array(bytes);
  new DataView(payload.buffer).setUint32(0, n);
  return payload;
}

function numbersOf(side: PairSide, lane: number): number[] {
  return side.messages
    .filter((message) => message.lane === lane)
    .map(({ payload }) => new DataView(payload.buffer, payload.byteOffset).getUint32(0));
}
