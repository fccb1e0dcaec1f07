import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { WebSocket, WebSocketServer } from 'ws';
import { DEFAULT_PATH } from '../../carrier-address.js';
import { CLOSE_TIMEOUT_MS } from '../../carrier-link.js';
import { loadWs } from './load-optional.js';
import { isOriginAccepted, type OriginPolicy } from './origin-policy.js';
import type { CarrierDropReason, PendingCarrier, PendingCarriers } from './pending-carriers.js';
import { type Endpoints, endOf, endpointsOf, type ThrottledLink } from './throttled-link.js';
import { SUB_PROTOCOL, WebSocketLink, WS_SETTINGS } from './websocket-link.js';

/** How upgrades to WebSocket are accepted. */
export interface WebSocketDoorOptions {
  /** Where. Default {@link DEFAULT_PATH}. */
  readonly path?: string;
  readonly origins?: OriginPolicy;
}

/** What a {@link WebSocketDoor} works with. */
export interface WebSocketDoorHost {
  readonly pending: PendingCarriers;
  /** How long the first record may be, bytes; undefined to hand a carrier over without any. */
  readonly maxFirstBytes: number | undefined;
  onLink(link: ThrottledLink): void;
}

/** Makes carriers of requests to upgrade to WebSocket, whichever server they came to. */
export class WebSocketDoor {
  readonly path: string;
  readonly #origins: OriginPolicy;
  readonly #host: WebSocketDoorHost;
  readonly #server: WebSocketServer;

  /** @throws VCLError `InvalidConfig` when the package `ws` is not installed */
  static async open(
    options: WebSocketDoorOptions,
    host: WebSocketDoorHost,
  ): Promise<WebSocketDoor> {
    const { WebSocketServer } = await loadWs();
    const server = new WebSocketServer({
      ...WS_SETTINGS,
      noServer: true,
      clientTracking: false,
      handleProtocols: () => SUB_PROTOCOL,
    });
    return new WebSocketDoor(options, host, server);
  }

  private constructor(
    options: WebSocketDoorOptions,
    host: WebSocketDoorHost,
    server: WebSocketServer,
  ) {
    this.path = options.path ?? DEFAULT_PATH;
    this.#origins = options.origins;
    this.#host = host;
    this.#server = server;
    server.on('wsClientError', (_error, socket, request) => {
      this.#refuse(socket as Socket, request.method === 'GET' ? 400 : 405, 'garbage');
    });
  }

  /** Whether `request` is for this door. */
  isFor({ url = '' }: IncomingMessage): boolean {
    return url.split('?', 1)[0] === this.path;
  }

  /** Takes over a request to upgrade, and its socket. */
  handle(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const { pending } = this.#host;
    const one = pending.find(socket) ?? pending.admit(socket);
    const ends = endpointsOf(socket);
    if (one === undefined || ends === undefined) {
      socket.destroy();
    } else if (!this.isFor(request)) {
      this.#refuse(socket, 404, 'path');
    } else if (!isOriginAccepted(request, this.#origins)) {
      this.#refuse(socket, 403, 'origin');
    } else if (!namesSubProtocol(request.headers['sec-websocket-protocol'])) {
      this.#refuse(socket, 400, 'sub-protocol');
    } else {
      this.#server.handleUpgrade(request, socket, head, (ws) =>
        this.#welcome(ws, socket, ends, one),
      );
    }
  }

  #welcome(ws: WebSocket, socket: Socket, ends: Endpoints, one: PendingCarrier): void {
    const { maxFirstBytes, pending } = this.#host;
    const handOver = (): void => {
      one.settle();
      this.#host.onLink(link);
    };
    const link = new WebSocketLink({
      ws,
      socket,
      ends,
      onGarbage: () => {
        // It is answered with a closing frame, and ends by itself.
        one.settle();
        pending.count('garbage');
      },
      ...(maxFirstBytes === undefined ? {} : { maxFirstBytes, onFirstRecord: handOver }),
    });
    if (maxFirstBytes === undefined) handOver();
  }

  #refuse(socket: Socket, status: number, reason: CarrierDropReason): void {
    socket.on('error', () => undefined);
    const what = `HTTP/1.1 ${status} ${STATUS_CODES[status]}`;
    socket.end(`${what}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    void endOf(socket, CLOSE_TIMEOUT_MS);
    this.#host.pending.find(socket)?.drop(reason, true);
  }
}

/** A client that names sub-protocols means others unless ours is among them. */
function namesSubProtocol(header: string | undefined): boolean {
  return header === undefined || header.split(',').some((one) => one.trim() === SUB_PROTOCOL);
}
