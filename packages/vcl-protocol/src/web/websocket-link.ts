import { Carrier, CarrierRemote, VCLError } from '@vcl-protocol/core';
import { type CarrierAddress, formatAddress } from '../carrier-address.js';
import { type CarrierHandler, type CarrierLink, CLOSE_TIMEOUT_MS } from '../carrier-link.js';
import { LinkLife } from '../carriers/link-life.js';
import type { PageSocket } from './page.js';

/** Bytes that may wait in the socket before it counts as full, and how few let it count as drained. */
const HIGH_WATER_BYTES = 512 * 1024;
const LOW_WATER_BYTES = 128 * 1024;
/** How often a full socket is asked; browsers say nothing when there is room again. */
const DRAIN_CHECK_MS = 4;
/** The longest record (SPEC 13.1). */
const MAX_RECORD_BYTES = 65_535;
/** What may come before the start, bytes: nobody can hold a browser's WebSocket up. */
const MAX_EARLY_BYTES = 1024 * 1024;

/** Close codes of RFC 6455, 7.4.1. */
const NORMAL = 1_000;
const GOING_AWAY = 1_001;
const NO_CODE = 1_005;
const CLOSED = 3;

/** Records over a WebSocket of the browser, each a binary message (SPEC 13.1). */
export class WebSocketLink implements CarrierLink {
  readonly remote: CarrierRemote;
  /** Browsers do not tell. */
  readonly local: { readonly address: string; readonly port: number } = {
    address: '0.0.0.0',
    port: 0,
  };
  readonly #socket: PageSocket;
  readonly #life: LinkLife;
  /** What came before the start; undefined once that was handed over. */
  #early: Uint8Array[] | undefined = [];
  #earlyBytes = 0;
  #drainTimer: ReturnType<typeof setInterval> | undefined;
  #closed: Promise<void> | undefined;

  /**
   * @param socket open, with `binaryType` 'arraybuffer'
   * @param target where it leads; a browser tells no numeric address
   */
  constructor(socket: PageSocket, target: Pick<CarrierAddress, 'host' | 'port'>) {
    this.remote = new CarrierRemote({
      address: target.host,
      port: target.port,
      carrier: Carrier.WebSocket,
      isOrdered: true,
      maxRecordBytes: MAX_RECORD_BYTES,
    });
    this.#socket = socket;
    this.#life = new LinkLife(this.remote);
    socket.addEventListener('message', this.#onMessage);
    socket.addEventListener('close', this.#onClose);
  }

  start(handler: CarrierHandler): void {
    this.#life.start(handler, () => this.#handOverEarly());
  }

  send(record: Uint8Array): void {
    if (!this.#life.isOpen) return;
    this.#socket.send(record);
    if (this.remote.isFull || this.#socket.bufferedAmount <= HIGH_WATER_BYTES) return;
    this.remote.onFull();
    this.#drainTimer = setInterval(() => this.#checkRoom(), DRAIN_CHECK_MS);
  }

  /** Each record is on its way already. */
  flush(): void {}

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** A browser cannot drop a WebSocket; from here on nobody hears of it. */
  destroy(): void {
    this.#end();
    this.#socket.close();
  }

  async #close(): Promise<void> {
    this.#end();
    const socket = this.#socket;
    if (socket.readyState === CLOSED) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        socket.removeEventListener('close', done);
        resolve();
      };
      const timer = setTimeout(done, CLOSE_TIMEOUT_MS);
      socket.addEventListener('close', done);
      // What was sent leaves before the closing frame.
      socket.close(NORMAL);
    });
  }

  #end(): void {
    this.#life.end();
    this.#release();
  }

  #release(): void {
    clearInterval(this.#drainTimer);
    this.#early = undefined;
    this.#socket.removeEventListener('message', this.#onMessage);
    this.#socket.removeEventListener('close', this.#onClose);
  }

  readonly #onMessage = ({ data }: { readonly data: unknown }): void => {
    if (!this.#life.isOpen) return;
    const isRecord = data instanceof ArrayBuffer && data.byteLength > 0;
    if (!isRecord || data.byteLength > MAX_RECORD_BYTES) {
      this.#refuse('sent a WebSocket message that is no VCL: check that both ends speak it');
      return;
    }
    const record = new Uint8Array(data);
    if (this.#early === undefined) this.#life.handler?.onRecord(record);
    else this.#keepEarly(record);
    // A page that is not seen gets a timer a second; what comes tells that something went.
    if (this.remote.isFull) this.#checkRoom();
  };

  #keepEarly(record: Uint8Array): void {
    this.#earlyBytes += record.length;
    if (this.#earlyBytes > MAX_EARLY_BYTES) this.#refuse('sends before it was heard');
    else this.#early?.push(record);
  }

  #handOverEarly(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const record of early) this.#life.handler?.onRecord(record);
  }

  readonly #onClose = ({ code }: { readonly code: number }): void => {
    const isWish = code === NORMAL || code === GOING_AWAY || code === NO_CODE;
    const what = `the WebSocket to ${formatAddress(this.remote)} was lost`;
    clearInterval(this.#drainTimer);
    this.#life.lose(isWish ? undefined : new VCLError('IoError', `${what}: code ${code}`));
  };

  #refuse(why: string): void {
    this.#life.lose(new VCLError('InvalidPacket', `${formatAddress(this.remote)} ${why}`));
    this.#release();
    this.#socket.close();
  }

  #checkRoom(): void {
    if (!this.remote.isFull || this.#socket.bufferedAmount > LOW_WATER_BYTES) return;
    clearInterval(this.#drainTimer);
    this.remote.onDrain();
    this.#life.handler?.onDrain();
  }
}
