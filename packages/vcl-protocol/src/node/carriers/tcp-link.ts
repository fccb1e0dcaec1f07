import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Carrier, CarrierRemote, VCLError } from '@vcl-protocol/core';
import { formatAddress } from '../../carrier-address.js';
import { type CarrierHandler, CLOSE_TIMEOUT_MS } from '../../carrier-link.js';
import { LinkLife } from '../../carriers/link-life.js';
import { RecordBatch } from './record-batch.js';
import { MAX_RECORD_BYTES, RecordSplitter } from './record-splitter.js';
import { type Endpoints, endOf, type ThrottledLink } from './throttled-link.js';

/** Silence after which the system asks whether the peer is still there, ms. */
const KEEP_ALIVE_DELAY_MS = 30_000;

/** What a {@link TcpLink} is made of. */
export interface TcpLinkOptions {
  /** Connected, and read by nobody else. */
  readonly stream: Duplex;
  readonly ends: Endpoints;
  /** What was read from the stream already. */
  readonly head?: Uint8Array;
  /** How long the first record may be, bytes. Default: as long as any. */
  readonly maxFirstBytes?: number;
  /** Called when what came was no stream of records; the link is lost then. */
  readonly onGarbage?: () => void;
}

/** Records over TCP, or over any stream of bytes, each behind its length (SPEC 13.1). */
export class TcpLink implements ThrottledLink {
  readonly remote: CarrierRemote;
  readonly local: { readonly address: string; readonly port: number };
  readonly #stream: Duplex;
  readonly #life: LinkLife;
  readonly #batch: RecordBatch;
  readonly #splitter: RecordSplitter;
  readonly #onGarbage: (() => void) | undefined;
  #head: Uint8Array | undefined;
  #isPaused = false;
  #closed: Promise<void> | undefined;

  constructor(options: TcpLinkOptions) {
    const { stream, ends } = options;
    this.remote = new CarrierRemote({
      ...ends.remote,
      carrier: Carrier.Tcp,
      isOrdered: true,
      maxRecordBytes: MAX_RECORD_BYTES,
    });
    this.local = ends.local;
    this.#stream = stream;
    this.#head = options.head;
    this.#onGarbage = options.onGarbage;
    this.#life = new LinkLife(this.remote);
    this.#batch = new RecordBatch(stream, this.remote, () => this.#life.handler?.onDrain());
    this.#splitter = new RecordSplitter((record) => {
      this.#life.handler?.onRecord(record);
      return this.#life.handler !== undefined;
    }, options.maxFirstBytes);
    if (stream instanceof Socket) {
      stream.setNoDelay(true);
      stream.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
    }
    stream.pause();
    stream.on('end', () => this.#onEnd());
    stream.on('error', (cause) => this.#life.lose(lossOf(this.remote, cause)));
    stream.on('close', () => this.#life.lose());
  }

  start(handler: CarrierHandler): void {
    this.#life.start(handler, () => this.#beginReading());
  }

  send(record: Uint8Array): void {
    if (this.#life.isOpen) this.#batch.add(record);
  }

  flush(): void {
    if (this.#life.isOpen) this.#batch.flush();
  }

  pause(): void {
    this.#isPaused = true;
    this.#stream.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#stream.resume();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  destroy(): void {
    this.#life.end();
    this.#stream.destroy();
  }

  async #close(): Promise<void> {
    if (this.#life.isOpen) this.#batch.finish();
    this.#life.end();
    // Unread bytes would make the system reset the connection, and what was sent last be lost.
    this.#stream.resume();
    await endOf(this.#stream, CLOSE_TIMEOUT_MS);
  }

  #beginReading(): void {
    this.#stream.on('data', (chunk: Buffer) => this.#onBytes(chunk));
    const head = this.#head;
    this.#head = undefined;
    if (head !== undefined) this.#onBytes(head);
    if (this.#isPaused) this.#stream.pause();
    else this.#stream.resume();
  }

  #onBytes(chunk: Uint8Array): void {
    if (this.#life.handler === undefined) return;
    // A plain array, because slice() of a Buffer does not copy.
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    if (this.#splitter.push(bytes)) return;
    this.#onGarbage?.();
    this.#life.lose(new VCLError('InvalidPacket', garbageMessage(this.remote)));
    this.#stream.destroy();
  }

  /** The peer has ended it, and reads nothing more. */
  #onEnd(): void {
    this.#life.lose();
    this.#stream.end();
    void endOf(this.#stream, CLOSE_TIMEOUT_MS);
  }
}

function garbageMessage(remote: CarrierRemote): string {
  return `what ${formatAddress(remote)} sent over TCP is no VCL: check that both ends speak it`;
}

function lossOf(remote: CarrierRemote, cause: Error): VCLError {
  const message = `the TCP connection to ${formatAddress(remote)} was lost: ${cause.message}`;
  return new VCLError('IoError', message, { cause });
}
