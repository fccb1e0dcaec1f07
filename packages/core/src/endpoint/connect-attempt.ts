import type { CloseInfo } from '../connection/closing.js';
import type { DropReason } from '../connection/drop-reason.js';
import { VCLError, type VCLErrorCode } from '../errors.js';
import { EnvelopeKind } from '../handshake/envelope.js';
import type { HandshakeResult } from '../handshake/handshake-result.js';
import { Initiator } from '../handshake/initiator.js';
import type { OuterKeys } from '../handshake/outer-keys.js';
import type { InitiatorOptions } from '../handshake/sent-hello.js';
import type { RemoteAddress } from '../path/remote-address.js';
import { CloseCode, closeCodeName } from '../wire/close-codes.js';
import { EarlyFlight, type EarlyToSend } from './early-flight.js';
import type { SessionSlot } from './session-slot.js';

/** What an attempt asks of its endpoint. */
export interface ConnectHost {
  /** The server proved its key: somebody has to decide. */
  onServerKey(attempt: ConnectAttempt, serverKey: Uint8Array): void;
  /** Keys are there: the session that takes the server's records. */
  makeSession(attempt: ConnectAttempt, result: HandshakeResult, now: number): SessionSlot;
  /** The attempt is over. */
  onConnected(attempt: ConnectAttempt, slot: SessionSlot): void;
  onFailed(attempt: ConnectAttempt, error: VCLError): void;
}

/** A client's attempt at a session: from its first hello to HANDSHAKE_DONE. */
export class ConnectAttempt {
  readonly remote: RemoteAddress;
  readonly outer: OuterKeys;
  /** The connection id that the server is given. */
  readonly localCid: Uint8Array;
  /** What was sent before the handshake, to be sent again in the session. */
  readonly early: EarlyToSend | undefined;
  readonly #host: ConnectHost;
  readonly #initiator: Initiator;
  readonly #flight: EarlyFlight | undefined;
  #slot: SessionSlot | undefined;
  #isOver = false;

  /** @param early what is sent before the handshake has ended */
  constructor(
    host: ConnectHost,
    remote: RemoteAddress,
    options: InitiatorOptions,
    now: number,
    early: EarlyToSend | undefined,
  ) {
    this.#host = host;
    this.remote = remote;
    this.outer = options.outer;
    this.localCid = options.clientCid;
    this.early = early;
    this.#initiator = new Initiator(options);
    this.#initiator.start(now);
    const { crypto, outer } = options;
    const { attempt } = this.#initiator;
    const helloHash = this.#initiator.helloHash();
    this.#flight = early && new EarlyFlight({ crypto, outer, attempt, helloHash, early });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether an envelope with this attempt number is meant for this attempt. */
  matches(attempt: Uint8Array): boolean {
    return this.#initiator.attempt.every((byte, i) => byte === attempt[i]);
  }

  handleEnvelope(kind: EnvelopeKind, flight: Uint8Array, now: number): DropReason | undefined {
    const before = this.#initiator.state.type;
    const dropped = this.#initiator.handleEnvelope(kind, flight, now);
    const { state } = this.#initiator;
    if (dropped === undefined && kind === EnvelopeKind.Retry) this.#flight?.repeat();
    if (before === 'hello' && state.type === 'deciding') {
      this.#host.onServerKey(this, state.serverKey);
    }
    this.#checkFailed();
    return dropped === undefined ? undefined : 'handshake';
  }

  /** The server's key is wanted: the finish goes out. */
  accept(now: number): void {
    if (this.#isOver) return;
    this.#initiator.acceptServer(now);
    const { state } = this.#initiator;
    if (state.type === 'finishing') this.#slot = this.#host.makeSession(this, state.result, now);
    this.#checkFailed();
  }

  /** The server's key is not wanted. */
  refuse(message: string, code: VCLErrorCode): void {
    this.#initiator.refuseServer(message, code);
    this.#checkFailed();
  }

  /** Gives up. */
  abort(): void {
    if (this.#isOver) return;
    this.#initiator.abort();
    this.#checkFailed();
  }

  handleTimeout(now: number): void {
    if (this.#isOver) return;
    this.#initiator.handleTimeout(now);
    this.#checkFailed();
  }

  pollTransmit(now: number): Uint8Array | undefined {
    if (this.#isOver) return undefined;
    const envelope = this.#initiator.pollTransmit(now);
    this.#checkFailed();
    if (envelope !== undefined || this.#initiator.state.type !== 'hello') return envelope;
    return this.#flight?.next();
  }

  pollTimeout(): number {
    return this.#isOver ? Number.POSITIVE_INFINITY : this.#initiator.pollTimeout();
  }

  /** The session moved: it is up, or the server said CLOSE. */
  observe(): void {
    const slot = this.#slot;
    if (slot === undefined || this.#isOver) return;
    if (slot.connection.isEstablished) {
      this.#initiator.handshakeDone();
      this.#isOver = true;
      this.#host.onConnected(this, slot);
    }
  }

  /** The server ended the session before it was up. */
  onClosed({ code, reason }: CloseInfo): void {
    if (this.#isOver) return;
    this.#initiator.abort();
    this.#isOver = true;
    const why = `${closeCodeName(code)}${reason === '' ? '' : `: ${reason}`}`;
    const error = new VCLError(
      code === CloseCode.AUTH_REFUSED ? 'AuthRefused' : 'HandshakeFailed',
      `the server refused the connection (${why})`,
      { closeCode: code },
    );
    this.#host.onFailed(this, error);
  }

  /** The session under way, once there are keys. */
  get slot(): SessionSlot | undefined {
    return this.#slot;
  }

  #checkFailed(): void {
    const { state } = this.#initiator;
    if (state.type !== 'failed' || this.#isOver) return;
    this.#isOver = true;
    const { code, message, closeCode } = state.error;
    this.#host.onFailed(
      this,
      new VCLError(code, message, closeCode === undefined ? {} : { closeCode }),
    );
  }
}
