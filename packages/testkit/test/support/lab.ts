import { VirtualTime } from '../../src/clock.js';
import { addressKey, type NetworkAddress } from '../../src/network/address.js';
import type { LinkConditions } from '../../src/network/conditions.js';
import { SimulatedNetwork } from '../../src/network/network.js';
import { SeededRandom } from '../../src/random.js';

export const ALICE: NetworkAddress = { address: '10.0.0.1', port: 1000 };
export const BOB: NetworkAddress = { address: '10.0.0.2', port: 2000 };
export const CAROL: NetworkAddress = { address: 'fd00::3', port: 3000 };

/** One datagram as it arrived. */
export interface Received {
  readonly at: string;
  readonly from: string;
  readonly now: number;
  readonly data: Uint8Array;
}

/** A network with three attached addresses that note what they get. */
export class Lab {
  readonly time: VirtualTime = new VirtualTime();
  readonly network: SimulatedNetwork;
  readonly received: Received[] = [];

  constructor(seed: number | string, conditions: Partial<LinkConditions> = {}) {
    this.network = new SimulatedNetwork({ random: new SeededRandom(seed), time: this.time });
    this.network.setConditions(undefined, undefined, conditions);
    for (const address of [ALICE, BOB, CAROL]) this.attach(address);
  }

  attach(address: NetworkAddress): void {
    const at = addressKey(address);
    this.network.attach(address, {
      handleDatagram: (data, from, now) => {
        this.received.push({ at, from: addressKey(from), now, data });
      },
    });
  }

  /** Sends `count` numbered datagrams of `bytes` from Alice to Bob, one each `everyMs`, and waits. */
  stream(count: number, { bytes = 4, everyMs = 1 } = {}): void {
    for (let index = 0; index < count; index++) {
      this.time.runUntil(this.time.now + everyMs);
      this.network.send(ALICE, BOB, numbered(index, bytes), this.time.now);
    }
    this.settle();
  }

  /** Lets everything in flight arrive. */
  settle(): void {
    while (this.time.step());
  }

  /** The numbers of the datagrams that Bob got, in the order of arrival. */
  get numbers(): number[] {
    return this.received.map(({ data }) => numberOf(data));
  }
}

export function numbered(index: number, bytes: number): Uint8Array {
  const data = new Uint8Array(bytes);
  new DataView(data.buffer).setUint32(0, index);
  return data;
}

export function numberOf(data: Uint8Array): number {
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(0);
}
