import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { VCLError } from '@vcl-protocol/core';
import type { CarrierServer } from '../../carrier-link.js';
import { bindError } from '../udp/bind-error.js';
import { gatherFirstRecord } from './first-record.js';
import { type CarrierCertificate, HttpFront } from './http-front.js';
import { type PendingCarrier, PendingCarriers, type PendingLimits } from './pending-carriers.js';
import { MAX_FIRST_RECORD_BYTES } from './record-splitter.js';
import { TcpLink } from './tcp-link.js';
import { endpointsOf, type ThrottledLink } from './throttled-link.js';
import { WebSocketDoor, type WebSocketDoorOptions } from './websocket-door.js';

/** A carrier that runs over TCP. */
export type StreamScheme = 'tcp' | 'ws' | 'wss';

/** Options of {@link SharedPort.listen}. */
export interface SharedPortOptions extends WebSocketDoorOptions, PendingLimits {
  /** A numeric address. */
  readonly address: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** What connects here; anything else is dropped. */
  readonly accepts: readonly StreamScheme[];
  /** For `wss`. */
  readonly tls?: CarrierCertificate;
  /** Answers HTTP requests that are for no WebSocket. Default: 404. */
  readonly onRequest?: (request: IncomingMessage, response: ServerResponse) => void;
  /**
   * When a carrier is handed over: with its first record, of at most 1,023 bytes as VCL demands it,
   * or once it is connected, for servers that speak first. Only the former works for `tcp` beside
   * others, which are told apart by what comes first. Default `first-record`.
   */
  readonly handsOver?: 'first-record' | 'connected';
}

/** Carriers that nobody takes yet, at most. */
const MAX_WAITING = 64;

/**
 * One TCP port for all carriers over TCP: the first byte tells raw records (0 to 3), TLS (0x16) and
 * HTTP (a letter) apart (SPEC 13.1). Everyone has a deadline of his own, so a slow client holds up
 * nobody else.
 */
export class SharedPort implements CarrierServer {
  readonly local: { readonly address: string; readonly port: number };
  readonly #server: Server;
  readonly #options: SharedPortOptions;
  readonly #pending: PendingCarriers;
  #plainFront: HttpFront | undefined;
  #tlsFront: HttpFront | undefined;
  #onLink: ((link: ThrottledLink) => void) | undefined;
  readonly #waiting: ThrottledLink[] = [];
  #isClosed = false;

  /**
   * Binds the port. Carriers that are ready before {@link start} wait for it, the last
   * {@link MAX_WAITING} of them.
   *
   * @throws VCLError `IoError` when the address cannot be bound; `InvalidConfig` when the certificate
   * or the package `ws` is missing
   */
  static async listen(options: SharedPortOptions): Promise<SharedPort> {
    checkOptions(options);
    const pending = new PendingCarriers(options);
    const server = createServer({ noDelay: true, pauseOnConnect: true });
    const { address, port } = options;
    try {
      server.listen({ host: address, port, exclusive: true });
      await once(server, 'listening');
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
      throw bindError({ address, port }, code, cause);
    }
    const shared = new SharedPort(server, options, pending);
    try {
      await shared.#openFronts();
    } catch (error) {
      await shared.close();
      throw error;
    }
    return shared;
  }

  private constructor(server: Server, options: SharedPortOptions, pending: PendingCarriers) {
    this.#server = server;
    this.#options = options;
    this.#pending = pending;
    const { address, port } = server.address() as AddressInfo;
    this.local = { address, port };
    server.on('connection', (socket: Socket) => this.#onConnection(socket));
    // What one client could not be accepted for is no reason to stop accepting the others.
    server.on('error', () => this.#pending.count('lost'));
  }

  /** How many connected and are no carriers yet. */
  get pending(): number {
    return this.#pending.size;
  }

  start(onLink: (link: ThrottledLink) => void): void {
    this.#onLink = onLink;
    for (const link of this.#waiting.splice(0)) onLink(link);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#onLink = undefined;
    this.#server.close();
    for (const link of this.#waiting.splice(0)) link.destroy();
    this.#pending.dropAll();
    // The address is free at once; the callback of close() comes only when the last carrier has ended.
    await new Promise((resolve) => setImmediate(resolve));
  }

  async #openFronts(): Promise<void> {
    const { accepts, tls, onRequest } = this.#options;
    if (!accepts.includes('ws') && !accepts.includes('wss')) return;
    const pending = this.#pending;
    const door = await WebSocketDoor.open(this.#options, {
      pending,
      maxFirstBytes: this.#maxFirstBytes,
      onLink: (link) => this.#handOver(link),
    });
    const options = { door, pending, ...(onRequest === undefined ? {} : { onRequest }) };
    if (accepts.includes('ws')) this.#plainFront = new HttpFront(options);
    if (accepts.includes('wss') && tls !== undefined) {
      this.#tlsFront = new HttpFront({ ...options, tls });
    }
  }

  get #maxFirstBytes(): number | undefined {
    return this.#options.handsOver === 'connected' ? undefined : MAX_FIRST_RECORD_BYTES;
  }

  #onConnection(socket: Socket): void {
    // An error is followed by the end, which is what counts.
    socket.on('error', () => undefined);
    const one = this.#pending.admit(socket);
    if (one === undefined) return;
    if (this.#maxFirstBytes === undefined && this.#options.accepts.includes('tcp')) {
      this.#makeTcpLink(socket, one);
      return;
    }
    socket.once('data', (chunk: Buffer) => {
      socket.pause();
      this.#tellApart(socket, chunk, one);
    });
    socket.resume();
  }

  #tellApart(socket: Socket, chunk: Buffer, one: PendingCarrier): void {
    const first = chunk[0] as number;
    const { accepts } = this.#options;
    if (first <= MAX_FIRST_RECORD_BYTES >> 8 && accepts.includes('tcp')) {
      gatherFirstRecord(socket, chunk, {
        onRecord: (head) => this.#makeTcpLink(socket, one, head),
        onGarbage: () => one.drop('garbage'),
      });
      return;
    }
    const front = first === TLS_HANDSHAKE ? this.#tlsFront : this.#plainFront;
    if (front === undefined || !(first === TLS_HANDSHAKE || isLetter(first))) {
      const isKnown = first === TLS_HANDSHAKE || isLetter(first);
      one.drop(isKnown ? 'not-accepted' : 'garbage');
      return;
    }
    socket.unshift(chunk);
    front.accept(socket);
    // What speaks TLS takes what was read by itself; if it flowed, it would be lost.
    if (first !== TLS_HANDSHAKE) socket.resume();
  }

  #makeTcpLink(socket: Socket, one: PendingCarrier, head?: Uint8Array): void {
    const ends = endpointsOf(socket);
    if (ends === undefined) {
      one.drop('lost');
      return;
    }
    one.settle();
    const link = new TcpLink({
      stream: socket,
      ends,
      onGarbage: () => this.#pending.count('garbage'),
      ...(head === undefined ? {} : { head, maxFirstBytes: MAX_FIRST_RECORD_BYTES }),
    });
    this.#handOver(link);
  }

  #handOver(link: ThrottledLink): void {
    if (this.#onLink !== undefined) this.#onLink(link);
    else if (this.#isClosed) link.destroy();
    else this.#keep(link);
  }

  #keep(link: ThrottledLink): void {
    this.#waiting.push(link);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift()?.destroy();
  }
}

const TLS_HANDSHAKE = 0x16;

function isLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}

function checkOptions({ accepts, tls, handsOver }: SharedPortOptions): void {
  const fail = (message: string): never => {
    throw new VCLError('InvalidConfig', message);
  };
  if (accepts.length === 0) fail('a port for carriers accepts tcp, ws or wss: name one of them');
  if (accepts.includes('wss') && tls === undefined) fail('wss needs a certificate: set tls');
  if (handsOver === 'connected' && accepts.includes('tcp') && accepts.length > 1) {
    fail('tcp beside others is told apart by what comes first: bind a port of its own');
  }
}
