import type { VCLErrorCode } from '../errors.js';
import { type DropReason, isDrop } from './drop-reason.js';
import { EnvelopeKind, sealEnvelope } from './envelope.js';
import { FlightTimer } from './flight-timer.js';
import { decodeRetryFlight, encodeHelloFlight } from './flights.js';
import {
  evidenceFailure,
  type HandshakeFailure,
  pqExcluded,
  pqFailure,
  refusalFailure,
  selfFailure,
  timeoutFailure,
} from './handshake-failure.js';
import { completeHandshake, type HandshakeResult } from './handshake-result.js';
import { wipeHandshakeSecrets } from './key-schedule.js';
import type { TransportParams } from './params.js';
import { ATTEMPT_BYTES, ATTEMPT_LIFETIME_MS } from './registry.js';
import { sealAuthentication } from './sealed.js';
import { type InitiatorOptions, makeHello, type SentHello } from './sent-hello.js';
import { parseServerFlight, type VerifiedServer, verifyServerFlight } from './server-flight.js';

/** Where an attempt of a client stands. */
export type InitiatorState =
  | { readonly type: 'hello' }
  /** The server proved `serverKey`; the client says whether it wants it. */
  | {
      readonly type: 'deciding';
      readonly serverKey: Uint8Array;
      readonly version: number;
      readonly serverParams: TransportParams;
    }
  /** The finish is on its way; the session may open records and waits for HANDSHAKE_DONE. */
  | { readonly type: 'finishing'; readonly result: HandshakeResult }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly error: HandshakeFailure };

const MAX_KEY_EXCHANGES = 64;

/**
 * The client's side of a handshake (SPEC 4). Call {@link start}, then drain {@link pollTransmit}
 * after every call and whenever {@link pollTimeout} says so, and watch {@link state}.
 */
export class Initiator {
  /** The first 8 bytes of the client's random: names the attempt in every envelope. */
  readonly attempt: Uint8Array;
  readonly #options: InitiatorOptions;
  readonly #sent: SentHello;
  readonly #timer: FlightTimer;
  #state: InitiatorState = { type: 'hello' };
  #kind: EnvelopeKind = EnvelopeKind.ClientHello;
  #flight: Uint8Array;
  #verified: VerifiedServer | undefined;
  #rttSampleMs: number | undefined;
  #deadline = Number.POSITIVE_INFINITY;
  #keyExchanges = 0;
  #droppedFlights = 0;
  #retried = false;

  /** @throws VCLError `InvalidKey` for a bad pre-shared key, `InvalidConfig` for bad parameters */
  constructor(options: InitiatorOptions) {
    this.#options = options;
    this.#timer = new FlightTimer(options.isOrdered);
    this.#sent = makeHello(options);
    this.#flight = encodeHelloFlight(this.#sent.message);
    this.attempt = this.#sent.hello.random.slice(0, ATTEMPT_BYTES);
  }

  /** Where the attempt stands. Changes in any other call; never goes back. */
  get state(): InitiatorState {
    return this.#state;
  }

  /** SHA-256 of the CH message. */
  helloHash(): Uint8Array {
    return this.#options.crypto.sha256(this.#sent.message);
  }

  /** Server flights dropped so far. */
  get droppedFlights(): number {
    return this.#droppedFlights;
  }

  /** Begins: the first hello is due now, the attempt ends 10 s from now. */
  start(now: number): void {
    this.#deadline = now + ATTEMPT_LIFETIME_MS;
    this.#timer.restart(now);
  }

  /** Fails the attempt when its time is over. */
  handleTimeout(now: number): void {
    this.#expire(now);
  }

  /** The next envelope to send, if one is due. Fails the attempt when its time is over. */
  pollTransmit(now: number): Uint8Array | undefined {
    this.#expire(now);
    if (!this.#timer.take(now)) return undefined;
    const { crypto, outer } = this.#options;
    return sealEnvelope(crypto, outer, {
      kind: this.#kind,
      attempt: this.attempt,
      flight: this.#flight,
    });
  }

  /** When {@link pollTransmit} has something to do; `Infinity` when never. */
  pollTimeout(): number {
    return Math.min(this.#timer.next, this.#deadline);
  }

  /**
   * Takes what an envelope of this attempt held.
   *
   * @returns why it was dropped, or undefined when it was of use
   */
  handleEnvelope(kind: EnvelopeKind, flight: Uint8Array, now: number): DropReason | undefined {
    this.#expire(now);
    if (this.#state.type === 'failed') return 'late';
    if (this.#state.type !== 'hello') return 'unexpected';
    if (kind === EnvelopeKind.Retry) return this.#handleRetry(flight, now);
    if (kind !== EnvelopeKind.ServerFlight) return 'unexpected';
    const reason = this.#handleServerFlight(flight, now);
    if (reason !== undefined) this.#droppedFlights++;
    return reason;
  }

  /** In `deciding`: takes the server and sends the finish. Elsewhere without effect. */
  acceptServer(now: number): void {
    this.#expire(now);
    if (this.#state.type !== 'deciding' || this.#verified === undefined) return;
    const result = this.#finish(this.#verified);
    this.#wipe();
    this.#kind = EnvelopeKind.ClientFinish;
    this.#timer.restart(now);
    this.#state = { type: 'finishing', result };
  }

  /**
   * In `deciding`: gives the server up. Elsewhere without effect.
   *
   * @param message what to do about it
   * @param code default `AuthRefused`; `IdentityChanged` for a key that is not the remembered one
   */
  refuseServer(message: string, code: VCLErrorCode = 'AuthRefused'): void {
    if (this.#state.type === 'deciding') this.#fail({ code, message });
  }

  /** HANDSHAKE_DONE came: nothing is sent any more. */
  handshakeDone(): void {
    if (this.#state.type !== 'finishing') return;
    this.#stop();
    this.#state = { type: 'done' };
  }

  /** Ends the attempt on this side's wish and wipes its secrets. The result stays the caller's. */
  abort(): void {
    this.#fail({ code: 'ConnectionClosed', message: 'the attempt was given up: connect anew' });
  }

  #handleRetry(flight: Uint8Array, now: number): DropReason | undefined {
    if (this.#retried) return 'unexpected';
    const cookie = decodeRetryFlight(flight);
    if (cookie === undefined) return 'malformed';
    this.#retried = true;
    this.#flight = encodeHelloFlight(this.#sent.message, cookie);
    this.#timer.restart(now);
    return undefined;
  }

  #handleServerFlight(flight: Uint8Array, now: number): DropReason | undefined {
    const parsed = parseServerFlight(this.#sent, flight);
    if (isDrop(parsed)) return parsed.drop;
    if (this.#keyExchanges >= MAX_KEY_EXCHANGES) return 'too-many';
    this.#keyExchanges++;
    const verified = verifyServerFlight(this.#sent, parsed);
    if (isDrop(verified)) return verified.drop;
    this.#verified = verified;
    if (this.#timer.sent === 1) this.#rttSampleMs = now - this.#timer.tryStarted;
    this.#timer.stop();
    this.#judge(verified);
    return undefined;
  }

  /** An authentic flight: whatever is wrong with it now is the server's word. */
  #judge({ serverHello, serverKey }: VerifiedServer): void {
    const { crypto, identity, allowSelf } = this.#options;
    const own = this.#sent.hello.params;
    const { refuse, version, params: serverParams } = serverHello;
    if (refuse !== 0) this.#fail(refusalFailure(refuse, version));
    else if (!allowSelf && crypto.equal(serverKey, identity.publicKey)) this.#fail(selfFailure());
    else if (own.evidence !== serverParams.evidence) this.#fail(evidenceFailure(own, serverParams));
    else if (pqExcluded(own, serverParams)) this.#fail(pqFailure());
    else this.#state = { type: 'deciding', serverKey, version, serverParams };
  }

  #finish({
    serverHello,
    serverKey,
    secrets,
    helloHash,
    transcript,
  }: VerifiedServer): HandshakeResult {
    const { crypto, identity, outer, keyLog } = this.#options;
    const sealed = sealAuthentication(
      { crypto, sender: 'client', secret: secrets.client, helloHash, transcript },
      identity,
    );
    this.#flight = sealed.message;
    return completeHandshake({
      crypto,
      outer,
      early: this.#sent.early,
      secrets,
      clientRandom: this.#sent.hello.random,
      transcript: sealed.transcript,
      keyLog: keyLog ?? false,
      rttSampleMs: this.#rttSampleMs,
      known: {
        role: 'client',
        version: serverHello.version,
        serverKey,
        clientKey: identity.publicKey.slice(),
        peerParams: serverHello.params,
        peerCid: serverHello.serverCid,
        localCid: this.#sent.hello.clientCid,
      },
    });
  }

  #expire(now: number): void {
    const { type } = this.#state;
    if (now < this.#deadline || type === 'done' || type === 'failed') return;
    const [droppedFlights, retried] = [this.#droppedFlights, this.#retried];
    this.#fail(timeoutFailure({ stage: type, droppedFlights, retried }));
  }

  #fail(error: HandshakeFailure): void {
    if (this.#state.type === 'done' || this.#state.type === 'failed') return;
    this.#stop();
    this.#wipe();
    this.#state = { type: 'failed', error };
  }

  #stop(): void {
    this.#timer.stop();
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  #wipe(): void {
    this.#sent.ephemeral.fill(0);
    this.#sent.early.fill(0);
    if (this.#verified !== undefined) wipeHandshakeSecrets(this.#verified.secrets);
    this.#verified = undefined;
  }
}
