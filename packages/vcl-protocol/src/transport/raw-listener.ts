import type { RemoteAddress, TransportMode } from '@vcl-protocol/core';
import { AsyncQueue } from '../async-queue.js';
import type { CarrierLink, CarrierServer } from '../carrier-link.js';
import { closedError } from './raw-carrier.js';

/** Clients that wait to be accepted, at most; more are refused. */
const MAX_BACKLOG = 1_024;

/** Clients of a server that wait for `accept()`. Each arrives by itself, so a slow one holds up nobody. */
export class RawListener {
  readonly mode: TransportMode;
  readonly #server: CarrierServer;
  readonly #clients = new AsyncQueue<CarrierLink>();
  #drops = 0;

  constructor(server: CarrierServer, mode: TransportMode) {
    this.mode = mode;
    this.#server = server;
    server.start((link) => this.#onLink(link));
  }

  get local(): RemoteAddress {
    return this.#server.local;
  }

  /** Clients that were refused because too many waited. */
  get drops(): number {
    return this.#drops;
  }

  /** The next client. @throws VCLError `ConnectionClosed`; the reason of `signal` */
  async accept(signal: AbortSignal | undefined): Promise<CarrierLink> {
    return (await this.#clients.next(signal)).value as CarrierLink;
  }

  async close(): Promise<void> {
    this.#clients.fail(closedError(this.mode, 'close() was called'));
    for (let link = this.#clients.shift(); link !== undefined; link = this.#clients.shift()) {
      link.destroy();
    }
    await this.#server.close();
  }

  #onLink(link: CarrierLink): void {
    if (this.#clients.size < MAX_BACKLOG && this.#clients.push(link)) return;
    this.#drops++;
    link.destroy();
  }
}
