import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { CarrierServer } from '../../carrier-link.js';
import { PendingCarriers, type PendingLimits } from './pending-carriers.js';
import { MAX_FIRST_RECORD_BYTES } from './record-splitter.js';
import type { ThrottledLink } from './throttled-link.js';
import { WebSocketDoor, type WebSocketDoorOptions } from './websocket-door.js';

/** Options of {@link WebSocketCarrierServer.attach}. */
export interface AttachOptions extends WebSocketDoorOptions, PendingLimits {}

/** Accepts WebSockets on an HTTP server that belongs to an application. */
export class WebSocketCarrierServer implements CarrierServer {
  readonly #server: HttpServer | HttpsServer;
  readonly #pending: PendingCarriers;
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
    this.#take(request, socket, head);
  #door: WebSocketDoor | undefined;
  #onLink: ((link: ThrottledLink) => void) | undefined;

  /**
   * Takes upgrades to one path of `server` over. Requests for other paths are left to whoever else
   * listens for upgrades there; when nobody does, they are answered with 404.
   *
   * @throws VCLError `InvalidConfig` when the package `ws` is not installed
   */
  static async attach(
    server: HttpServer | HttpsServer,
    options: AttachOptions = {},
  ): Promise<WebSocketCarrierServer> {
    const attached = new WebSocketCarrierServer(server, options);
    attached.#door = await WebSocketDoor.open(options, {
      pending: attached.#pending,
      maxFirstBytes: MAX_FIRST_RECORD_BYTES,
      onLink: (link) => attached.#handOver(link),
    });
    server.on('upgrade', attached.#onUpgrade);
    return attached;
  }

  private constructor(server: HttpServer | HttpsServer, options: AttachOptions) {
    this.#server = server;
    this.#pending = new PendingCarriers(options);
  }

  /** Where the application's server is bound; port 0 while it is not. */
  get local(): { readonly address: string; readonly port: number } {
    const bound = this.#server.address();
    if (bound === null || typeof bound === 'string') return { address: '0.0.0.0', port: 0 };
    return { address: bound.address, port: bound.port };
  }

  start(onLink: (link: ThrottledLink) => void): void {
    this.#onLink = onLink;
  }

  /** Leaves the application's server alone from here on. */
  close(): Promise<void> {
    this.#onLink = undefined;
    this.#server.off('upgrade', this.#onUpgrade);
    this.#pending.dropAll();
    return Promise.resolve();
  }

  #take(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const isOurs = this.#door?.isFor(request) === true;
    if (!isOurs && this.#server.listenerCount('upgrade') > 1) return;
    if (socket instanceof Socket) this.#door?.handle(request, socket, head);
    else socket.destroy();
  }

  #handOver(link: ThrottledLink): void {
    if (this.#onLink === undefined) link.destroy();
    else this.#onLink(link);
  }
}
