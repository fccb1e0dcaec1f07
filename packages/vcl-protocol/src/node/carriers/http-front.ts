import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { VCLError } from '@vcl-protocol/core';
import type { PendingCarriers } from './pending-carriers.js';
import type { WebSocketDoor } from './websocket-door.js';

/** The certificate of a listener. */
export interface CarrierCertificate {
  /** The certificate chain, PEM. */
  readonly cert: string | Uint8Array;
  /** Its private key, PEM. */
  readonly key: string | Uint8Array;
}

/** What an {@link HttpFront} is made of. */
export interface HttpFrontOptions {
  readonly door: WebSocketDoor;
  readonly pending: PendingCarriers;
  /** To speak TLS first. */
  readonly tls?: CarrierCertificate;
  /** Answers requests that are for no WebSocket. Default: 404. */
  readonly onRequest?: (request: IncomingMessage, response: ServerResponse) => void;
}

const MAX_HEADER_BYTES = 8 * 1024;

/** HTTP on connections that somebody else accepted: finds the way to the door for WebSockets. */
export class HttpFront {
  readonly #server: Server;
  readonly #secureContext: SecureContext | undefined;
  readonly #options: HttpFrontOptions;
  /** Requests that the application is answering, by their sockets. */
  readonly #running = new WeakMap<Socket, number>();

  /** @throws VCLError `InvalidConfig` when the certificate or its key cannot be used */
  constructor(options: HttpFrontOptions) {
    this.#options = options;
    const { door, pending, tls } = options;
    this.#secureContext = tls === undefined ? undefined : contextOf(tls);
    const server = createHttpServer(SETTINGS);
    server.on('upgrade', (request, socket, head) => door.handle(request, socket as Socket, head));
    server.on('request', (request, response) => this.#onRequest(request, response));
    server.on('clientError', (_error, socket) => {
      pending.find(socket as Socket)?.drop('garbage');
      socket.destroy();
    });
    this.#server = server;
  }

  /** Takes over a connection, whose first bytes are in front of it again. */
  accept(socket: Socket): void {
    const secureContext = this.#secureContext;
    this.#server.emit('connection', secureContext ? this.#secure(socket, secureContext) : socket);
  }

  /** By itself, because Bun's https server does not take what somebody else accepted. */
  #secure(socket: Socket, secureContext: SecureContext): TLSSocket {
    const ALPNProtocols = ['http/1.1'];
    const secured = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols });
    secured.once('error', () => {
      this.#options.pending.find(secured)?.drop('tls');
      secured.destroy();
    });
    return secured;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { door, pending, onRequest } = this.#options;
    if (onRequest !== undefined && !door.isFor(request)) {
      this.#lend(request.socket, response);
      onRequest(request, response);
      return;
    }
    // The connection ends with the answer.
    pending.find(request.socket)?.drop('path', true);
    if (!door.isFor(request)) answer(response, 404, 'There is nothing here.\n');
    else answer(response, 426, 'Here is a WebSocket.\n', { upgrade: 'websocket' });
  }

  /** While the application answers, the connection is its own; after that it has to say something again. */
  #lend(socket: Socket, response: ServerResponse): void {
    const { pending } = this.#options;
    pending.find(socket)?.settle();
    this.#running.set(socket, (this.#running.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const others = (this.#running.get(socket) ?? 1) - 1;
      this.#running.set(socket, others);
      if (others === 0 && !socket.destroyed) pending.admit(socket);
    });
  }
}

const SETTINGS = { maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: 0, headersTimeout: 0 } as const;

function contextOf({ cert, key }: CarrierCertificate): SecureContext {
  const pem = (part: string | Uint8Array): string | Buffer =>
    typeof part === 'string' ? part : Buffer.from(part);
  try {
    return createSecureContext({ cert: pem(cert), key: pem(key), minVersion: 'TLSv1.2' });
  } catch (cause) {
    const message = 'the certificate or its key cannot be used: both are PEM and belong together';
    throw new VCLError('InvalidConfig', message, { cause });
  }
}

function answer(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { connection: 'close', 'content-type': 'text/plain', ...headers });
  response.end(text);
}
