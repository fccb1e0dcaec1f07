import type { Socket } from 'node:net';
import { Carrier, CarrierRemote, VCLError } from '@vcl-protocol/core';
import type { RawData, WebSocket } from 'ws';
import { formatAddress } from '../../carrier-address.js';
import { type CarrierHandler, CLOSE_TIMEOUT_MS } from '../../carrier-link.js';
import { LinkLife } from '../../carriers/link-life.js';
import { HIGH_WATER_BYTES, LOW_WATER_BYTES } from './record-batch.js';
import { MAX_RECORD_BYTES } from './record-splitter.js';
import type { Endpoints, ThrottledLink } from './throttled-link.js';

/** The sub-protocol that both sides name (SPEC 13). */
export const SUB_PROTOCOL = 'vcl1';

/** How `ws` is set up, on both sides: no compression, and bounds on what a peer can make us keep. */
export const WS_SETTINGS: WsSettings = {
  perMessageDeflate: false,
  autoPong: false,
  maxPayload: MAX_RECORD_BYTES,
  maxFragments: 1_024,
  maxBufferedChunks: 4_096,
  skipUTF8Validation: true,
  closeTimeout: CLOSE_TIMEOUT_MS,
};

interface WsSettings {
  readonly perMessageDeflate: boolean;
  readonly autoPong: boolean;
  readonly maxPayload: number;
  readonly maxFragments: number;
  readonly maxBufferedChunks: number;
  readonly skipUTF8Validation: boolean;
  /** Ms; the types of `ws` do not know it yet. */
  readonly closeTimeout: number;
}

/** Close codes of RFC 6455, 7.4.1. */
const NORMAL = 1_000;
const GOING_AWAY = 1_001;
const UNSUPPORTED_DATA = 1_003;
const NO_CODE = 1_005;

/** What a {@link WebSocketLink} is made of. */
export interface WebSocketLinkOptions {
  /** Open. */
  readonly ws: WebSocket;
  /** What it runs over. */
  readonly socket: Socket;
  readonly ends: Endpoints;
  /** How long the first record may be, bytes. Default: as long as any. */
  readonly maxFirstBytes?: number;
  /** Called once the first record is there, when nothing is read any more until the start. */
  readonly onFirstRecord?: () => void;
  /** Called when what came was no record; the link is lost then. */
  readonly onGarbage?: () => void;
}

/** Records over a WebSocket, each a binary message (SPEC 13.1). */
export class WebSocketLink implements ThrottledLink {
  readonly remote: CarrierRemote;
  readonly local: { readonly address: string; readonly port: number };
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #life: LinkLife;
  readonly #onFirstRecord: (() => void) | undefined;
  readonly #onGarbage: (() => void) | undefined;
  readonly #onSent = (): void => this.#afterSend();
  /** What came before the start; undefined once that was handed over. */
  #early: Uint8Array[] | undefined = [];
  /** How long the next record may be. */
  #maxBytes: number;
  #isPaused = false;
  #isCorked = false;
  #closed: Promise<void> | undefined;

  constructor(options: WebSocketLinkOptions) {
    const { ws, socket, ends } = options;
    this.remote = new CarrierRemote({
      ...ends.remote,
      carrier: Carrier.WebSocket,
      isOrdered: true,
      maxRecordBytes: MAX_RECORD_BYTES,
    });
    this.local = ends.local;
    this.#ws = ws;
    this.#socket = socket;
    this.#onFirstRecord = options.onFirstRecord;
    this.#onGarbage = options.onGarbage;
    this.#maxBytes = options.maxFirstBytes ?? MAX_RECORD_BYTES;
    this.#life = new LinkLife(this.remote);
    ws.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    ws.on('ping', (data) => this.#onPing(data));
    ws.on('error', (cause) => this.#lose(cause.message, cause));
    ws.on('close', (code) => this.#onClose(code));
  }

  start(handler: CarrierHandler): void {
    this.#life.start(handler, () => this.#handOverEarly());
  }

  send(record: Uint8Array): void {
    if (!this.#life.isOpen) return;
    if (!this.#isCorked) {
      // Those of one turn leave in one write.
      this.#socket.cork();
      this.#isCorked = true;
    }
    if (this.#ws.bufferedAmount + record.length > HIGH_WATER_BYTES && !this.remote.isFull) {
      this.remote.onFull();
    }
    // A copy, because a server's `ws` keeps what it is given until it has left.
    const copy = Buffer.from(record);
    if (this.remote.isFull) this.#ws.send(copy, this.#onSent);
    else this.#ws.send(copy);
  }

  flush(): void {
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#socket.uncork();
  }

  pause(): void {
    this.#isPaused = true;
    this.#ws.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#ws.resume();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  destroy(): void {
    this.#life.end();
    this.#ws.terminate();
  }

  async #close(): Promise<void> {
    this.#life.end();
    this.flush();
    if (this.#ws.readyState === this.#ws.CLOSED) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#ws.terminate(), CLOSE_TIMEOUT_MS);
      this.#ws.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#ws.close(NORMAL);
      // The peer's closing frame is behind what has not been read yet.
      this.#ws.resume();
    });
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (!this.#life.isOpen || !(data instanceof Uint8Array)) return;
    if (!isBinary || data.length === 0 || data.length > this.#maxBytes) {
      this.#refuse();
      return;
    }
    this.#maxBytes = MAX_RECORD_BYTES;
    // A plain array, because slice() of a Buffer does not copy.
    const record = new Uint8Array(data.buffer, data.byteOffset, data.length);
    if (this.#early === undefined) {
      this.#life.handler?.onRecord(record);
      return;
    }
    this.#early.push(record);
    if (this.#early.length > 1) return;
    this.#ws.pause();
    this.#onFirstRecord?.();
  }

  /** Answers unless the peer reads nothing: what it asks must not pile up here. */
  #onPing(data: Buffer): void {
    if (this.#life.isOpen && this.#ws.bufferedAmount < LOW_WATER_BYTES) this.#ws.pong(data);
  }

  #handOverEarly(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const record of early) this.#life.handler?.onRecord(record);
    if (!this.#isPaused) this.#ws.resume();
  }

  #refuse(): void {
    this.#onGarbage?.();
    const what = `${formatAddress(this.remote)} sent a WebSocket message that is no VCL`;
    this.#life.lose(new VCLError('InvalidPacket', `${what}: check that both ends speak it`));
    this.flush();
    this.#ws.close(UNSUPPORTED_DATA, 'a message is one VCL record');
  }

  #onClose(code: number): void {
    if (code === NORMAL || code === GOING_AWAY || code === NO_CODE) this.#life.lose();
    else this.#lose(`closed with code ${code}`);
  }

  #lose(reason: string, cause?: Error): void {
    const message = `the WebSocket to ${formatAddress(this.remote)} was lost: ${reason}`;
    this.#life.lose(new VCLError('IoError', message, { cause }));
    this.flush();
  }

  #afterSend(): void {
    if (!this.remote.isFull || this.#ws.bufferedAmount > LOW_WATER_BYTES) return;
    this.remote.onDrain();
    this.#life.handler?.onDrain();
  }
}
