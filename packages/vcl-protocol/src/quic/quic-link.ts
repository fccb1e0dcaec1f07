import { Carrier, CarrierRemote, VCLError } from '@vcl-protocol/core';
import { formatAddress } from '../carrier-address.js';
import { type CarrierHandler, type CarrierLink, CLOSE_TIMEOUT_MS } from '../carrier-link.js';
import { LinkLife } from '../carriers/link-life.js';
import { MAX_RECORD_BYTES, RecordSplitter } from '../node/carriers/record-splitter.js';
import type { ChildUser, QuicChild } from './child-process.js';
import { FirstRecord, type Greeting } from './greeting.js';
import { LossyLink } from './lossy-link.js';
import type { Place, Report } from './pipe/control.js';
import { STREAM_WINDOW_BYTES } from './pipe/message.js';

/** What a {@link QuicLink} is made of. */
export interface QuicLinkOptions {
  readonly child: QuicChild;
  readonly id: number;
  readonly peer: Place;
  readonly local: Place;
  readonly maxDatagramBytes: number;
  readonly greeting: Greeting;
  /** How long the peer may take to say it, ms. */
  readonly greetingTimeoutMs: number;
  /** How long the record after it may be, bytes. Default: as long as any. */
  readonly maxFirstBytes?: number;
  /** Whether it came to be before the handshake had ended. */
  readonly wasEarly: boolean;
  /** What was sent on it already, bytes. */
  readonly sentBytes: number;
}

/** Whoever has sent so much without waiting for room has no intention to. */
const MAX_UNTAKEN_BYTES = 64 * STREAM_WINDOW_BYTES;

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A QUIC connection that the child process runs: records on its stream, and on its lossy side. */
export class QuicLink implements CarrierLink, ChildUser {
  readonly remote: CarrierRemote;
  readonly lossySide?: LossyLink;
  /** Whether it came to be before the handshake had ended: what came first may have been replayed. */
  readonly wasEarly: boolean;
  readonly #child: QuicChild;
  readonly #id: number;
  readonly #life: LinkLife;
  readonly #greeting: Greeting;
  readonly #greetingTimer: ReturnType<typeof setTimeout>;
  readonly #greeted: Promise<void>;
  readonly #splitter: RecordSplitter;
  #first: FirstRecord | undefined;
  #settleGreeting: Waiter | undefined;
  #local: Place;
  /** What came before the start. */
  #held: Uint8Array[] | undefined = [];
  #untakenBytes: number;
  #rebind: Waiter | undefined;
  #isGone = false;
  #onGone: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: QuicLinkOptions) {
    const { child, id, peer, greeting, maxDatagramBytes } = options;
    this.remote = new CarrierRemote({
      ...peer,
      carrier: Carrier.Quic,
      isOrdered: true,
      maxRecordBytes: MAX_RECORD_BYTES,
    });
    this.#child = child;
    this.#id = id;
    this.#local = options.local;
    this.wasEarly = options.wasEarly;
    this.#untakenBytes = options.sentBytes;
    this.#life = new LinkLife(this.remote);
    this.#greeting = greeting;
    this.#first = new FirstRecord(greeting.length);
    this.#splitter = new RecordSplitter((record) => {
      this.#life.handler?.onRecord(record);
      return this.#life.handler !== undefined;
    }, options.maxFirstBytes);
    if (maxDatagramBytes > 0) this.lossySide = this.#newLossySide(maxDatagramBytes);
    this.#greeted = new Promise((resolve, reject) => {
      this.#settleGreeting = { resolve, reject };
    });
    this.#greeted.catch(() => undefined);
    this.#greetingTimer = setTimeout(() => this.#onSilent(), options.greetingTimeoutMs);
    this.#greetingTimer.unref();
    child.adopt(id, this);
  }

  /** Resolves when the peer has said what it has to. @throws VCLError why the link is lost instead */
  get greeted(): Promise<void> {
    return this.#greeted;
  }

  get local(): Place {
    return this.#local;
  }

  start(handler: CarrierHandler): void {
    this.#life.start(handler, () => {
      const held = this.#held ?? [];
      this.#held = undefined;
      for (const bytes of held) this.#split(bytes);
    });
  }

  send(record: Uint8Array): void {
    if (!this.#life.isOpen || record.length === 0 || record.length > MAX_RECORD_BYTES) return;
    this.#child.sendRecord(this.#id, record);
    this.#untakenBytes += 2 + record.length;
    if (this.#untakenBytes < STREAM_WINDOW_BYTES) return;
    if (!this.remote.isFull) this.remote.onFull();
    if (this.#untakenBytes < MAX_UNTAKEN_BYTES) return;
    this.#fail(new VCLError('IoError', 'too much was sent without waiting for room'));
  }

  flush(): void {
    this.#child.flush();
  }

  /**
   * Moves to a new socket, and so, where the network has changed, to a new address. What is under
   * way is not lost. Only for the side that has dialed.
   *
   * @throws VCLError `IoError` when the new path does not work: the link stays where it is
   */
  rebind(): Promise<void> {
    if (!this.#life.isOpen || this.#rebind !== undefined) {
      const message = 'the link is lost, or on the move already: wait for that';
      return Promise.reject(new VCLError('IoError', message));
    }
    return new Promise((resolve, reject) => {
      this.#rebind = { resolve, reject };
      this.#child.command(this.#id, { op: 'rebind' });
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  destroy(): void {
    this.#endLife();
    if (!this.#isGone) this.#child.command(this.#id, { op: 'destroy' });
    this.#forget();
  }

  onReport(report: Report): void {
    switch (report.event) {
      case 'established':
        this.#failIf(this.#greeting.onEstablished(report));
        return;
      case 'session':
        this.#greeting.onSession(Buffer.from(report.session, 'base64'));
        return;
      case 'rebound':
        this.#local = report.local;
        this.#settleRebind(undefined);
        return;
      case 'notRebound':
        this.#settleRebind(report.reason);
        return;
      case 'finished':
        this.#lose(undefined);
        this.#child.command(this.#id, { op: 'close' });
        return;
      case 'closed':
        this.#lose(report.reason === undefined ? undefined : this.#lossOf(report.reason));
        this.#forget();
    }
  }

  onStream(bytes: Uint8Array): void {
    const rest = this.#first === undefined ? bytes : this.#greet(this.#first, bytes);
    this.#grant(bytes.length - rest.length);
    if (rest.length === 0) return;
    if (this.#held === undefined) this.#split(rest);
    else this.#held.push(rest.slice());
  }

  onDatagram(bytes: Uint8Array): void {
    if (this.#first === undefined) this.lossySide?.onDatagram(bytes);
  }

  onCredit(bytes: number): void {
    this.#untakenBytes -= bytes;
    if (!this.remote.isFull || this.#untakenBytes > STREAM_WINDOW_BYTES / 2) return;
    this.remote.onDrain();
    this.#life.handler?.onDrain();
  }

  onChildLost(error: VCLError): void {
    this.#lose(error);
    this.#forget();
  }

  #newLossySide(maxRecordBytes: number): LossyLink {
    return new LossyLink({
      ordered: this,
      maxRecordBytes,
      sendDatagram: (record) => this.#child.sendDatagram(this.#id, record),
    });
  }

  /** @returns what follows the greeting */
  #greet(first: FirstRecord, bytes: Uint8Array): Uint8Array {
    const rest = first.push(bytes);
    if (!first.isComplete) return rest;
    this.#first = undefined;
    clearTimeout(this.#greetingTimer);
    const { record } = first;
    const error = record === undefined ? this.#noVcl() : this.#greeting.check(record);
    if (error === undefined) this.#settleGreeting?.resolve();
    this.#failIf(error);
    return error === undefined ? rest : new Uint8Array(0);
  }

  #split(bytes: Uint8Array): void {
    // What comes after the end is dropped, and granted so that the peer's end comes.
    const isGood = this.#life.handler === undefined || this.#splitter.push(bytes);
    this.#grant(bytes.length);
    if (!isGood) this.#fail(this.#noVcl());
  }

  #grant(bytes: number): void {
    if (bytes > 0 && !this.#isGone) this.#child.grant(this.#id, bytes);
  }

  #onSilent(): void {
    this.#fail(new VCLError('Timeout', `${formatAddress(this.remote)} does not speak VCL in QUIC`));
  }

  #noVcl(): VCLError {
    const message = `what ${formatAddress(this.remote)} sent over QUIC is no VCL: check that both ends speak it`;
    return new VCLError('InvalidPacket', message);
  }

  #lossOf(reason: string): VCLError {
    const message = `the QUIC connection to ${formatAddress(this.remote)} was lost: ${reason}`;
    return new VCLError('IoError', message);
  }

  #failIf(error: VCLError | undefined): void {
    if (error !== undefined) this.#fail(error);
  }

  #fail(error: VCLError): void {
    this.#lose(error);
    if (!this.#isGone) this.#child.command(this.#id, { op: 'destroy' });
    this.#forget();
  }

  #lose(error: VCLError | undefined): void {
    const why = error ?? new VCLError('ConnectionClosed', 'the peer has ended the connection');
    this.#settleGreeting?.reject(why);
    this.#settleRebind(why.message);
    clearTimeout(this.#greetingTimer);
    this.lossySide?.lose(error);
    this.#life.lose(error);
  }

  #settleRebind(reason: string | undefined): void {
    const rebind = this.#rebind;
    this.#rebind = undefined;
    if (reason === undefined) rebind?.resolve();
    else rebind?.reject(new VCLError('IoError', `the connection stays where it is: ${reason}`));
  }

  #endLife(): void {
    this.#settleGreeting?.reject(new VCLError('ConnectionClosed', 'the link was ended'));
    this.#settleRebind('the link was ended');
    clearTimeout(this.#greetingTimer);
    this.lossySide?.destroy();
    this.#life.end();
  }

  async #close(): Promise<void> {
    this.#endLife();
    for (const bytes of this.#held ?? []) this.#grant(bytes.length);
    this.#held = undefined;
    if (this.#isGone) return;
    this.#child.command(this.#id, { op: 'close' });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#child.command(this.#id, { op: 'destroy' });
        this.#forget();
      }, CLOSE_TIMEOUT_MS);
      this.#onGone = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** The process has nothing of it any more. */
  #forget(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#child.remove(this.#id);
    this.#onGone?.();
  }
}
