import type { NetworkAddress } from '../../src/network/address.js';
import type { DatagramMachine } from '../../src/simulation/machine.js';

interface Outgoing {
  readonly to: NetworkAddress;
  readonly data: Uint8Array;
}

/** Sends back what it gets. */
export class EchoServer implements DatagramMachine {
  transmitTo: NetworkAddress | undefined;
  readonly #queue: Outgoing[] = [];

  handleDatagram(data: Uint8Array, from: NetworkAddress): void {
    this.#queue.push({ to: from, data: data.slice() });
  }

  handleTimeout(): void {}

  pollTimeout(): number {
    return Number.POSITIVE_INFINITY;
  }

  pollTransmit(_now: number, out: Uint8Array): number {
    const next = this.#queue.shift();
    if (next === undefined) return 0;
    this.transmitTo = next.to;
    out.set(next.data);
    return next.data.length;
  }
}

/** Sends the numbers below a count one by one, each until its echo has come. */
export class EchoClient implements DatagramMachine {
  readonly transmitTo: NetworkAddress;
  readonly #count: number;
  readonly #retryMs: number;
  #sendAtMs = 0;
  #deadlineMs = 0;
  /** The numbers echoed so far, and how many datagrams it took. */
  echoed = 0;
  sent = 0;
  timeouts = 0;

  constructor(server: NetworkAddress, count: number, retryMs = 100) {
    this.transmitTo = server;
    this.#count = count;
    this.#retryMs = retryMs;
  }

  get isDone(): boolean {
    return this.echoed === this.#count;
  }

  handleDatagram(data: Uint8Array, _from: NetworkAddress, now: number): void {
    if (data.length !== 4 || data[3] !== (this.echoed & 0xff) || this.isDone) return;
    this.echoed++;
    this.#sendAtMs = now;
  }

  handleTimeout(now: number): void {
    this.timeouts++;
    this.#sendAtMs = now;
  }

  pollTimeout(): number {
    return this.isDone ? Number.POSITIVE_INFINITY : this.#deadlineMs;
  }

  pollTransmit(now: number, out: Uint8Array): number {
    if (this.isDone || now < this.#sendAtMs) return 0;
    out.set([0, 0, this.echoed >> 8, this.echoed & 0xff]);
    this.sent++;
    this.#deadlineMs = now + this.#retryMs;
    this.#sendAtMs = Number.POSITIVE_INFINITY;
    return 4;
  }
}
