import type { DropCounters, DropReason } from '../connection/drop-reason.js';
import { isDrop } from '../handshake/drop-reason.js';
import { EnvelopeKind, type OpenedEnvelope, sealEnvelope } from '../handshake/envelope.js';
import { decodeHelloFlight } from '../handshake/flights.js';
import { type GateDropReason, HelloGate } from '../handshake/hello-gate.js';
import type { OuterKeys } from '../handshake/outer-keys.js';
import type { TransportParams } from '../handshake/params.js';
import { type AuthenticatedPeer, Responder } from '../handshake/responder.js';
import { keptRemote } from '../path/carrier-remote.js';
import type { RemoteAddress } from '../path/remote-address.js';
import { AcceptAttempt } from './accept-attempt.js';
import { AttemptTable } from './attempt-table.js';
import type { CidTable, RecordSink } from './cid-table.js';
import { type EarlyData, EarlyIntake } from './early-intake.js';
import type { EndpointOptions } from './endpoint-options.js';
import { PooledRandom } from './pooled-random.js';
import type { SessionSlot } from './session-slot.js';
import type { TicketStore } from './ticket-store.js';

/** What the acceptor asks of its endpoint. */
export interface AcceptHost {
  readonly cids: CidTable;
  readonly drops: DropCounters;
  params(): TransportParams;
  /** Whether so many sessions more fit. */
  hasRoomFor(sessions: number): boolean;
  /** Envelopes that wait to be sent. */
  waiting(): number;
  /** An envelope to send. */
  transmit(envelope: Uint8Array, to: RemoteAddress): void;
  /** Of a side that takes early data. */
  readonly tickets: TicketStore | undefined;
  /** Messages came before the client has proved its key. */
  onEarlyData(attempt: AcceptAttempt, data: EarlyData): void;
  /** A client proved its key: somebody has to decide. */
  onClient(attempt: AcceptAttempt): void;
}

/** An envelope of a client, and where it came from. */
export interface ArrivedEnvelope {
  readonly envelope: OpenedEnvelope;
  /** The outer keys that opened it. */
  readonly outer: OuterKeys;
  /** Length of the datagram. */
  readonly bytes: number;
  readonly from: RemoteAddress;
}

/**
 * Hellos with the same attempt number from the same address that are answered side by side. Whoever
 * reads the hello of a client can send an altered one ahead of it; it must not take its place.
 */
const MAX_CANDIDATES = 4;
/** Answers that may wait while the system takes no more; whoever hears none asks again. */
const MAX_WAITING = 256;
/** Half-open attempts a server holds at most (SPEC 4.4). */
export const MAX_HALF_OPEN = 1024;

/** The server's door: hellos, cookies, half-open attempts, finishes (SPEC 4). */
export class Acceptor {
  readonly #options: EndpointOptions;
  readonly #host: AcceptHost;
  readonly #gate: HelloGate;
  readonly #attempts = new AttemptTable();
  /** Under a flood a call of the system for each retry would cost more than the rest of it. */
  readonly #retryRandom: PooledRandom;

  constructor(options: EndpointOptions, host: AcceptHost) {
    this.#options = options;
    this.#host = host;
    this.#gate = new HelloGate(options.crypto, options.now);
    this.#retryRandom = new PooledRandom(options.crypto);
  }

  /** Attempts about which nothing is decided. */
  get halfOpen(): number {
    return this.#attempts.halfOpen;
  }

  /** @returns undefined, or why it was dropped */
  handle(arrived: ArrivedEnvelope, now: number): DropReason | undefined {
    const { envelope, from } = arrived;
    const candidates = this.#attempts.find(envelope.attempt, from);
    if (envelope.kind === EnvelopeKind.ClientHello) return this.#onHello(arrived, candidates, now);
    if (envelope.kind === EnvelopeKind.EarlyData) return this.#onEarly(arrived, candidates, now);
    if (envelope.kind !== EnvelopeKind.ClientFinish) return 'handshake';
    return this.#onFinish(arrived, candidates, now);
  }

  /** The policy took the client. */
  admit(attempt: AcceptAttempt, slot: SessionSlot): void {
    attempt.slot = slot;
    this.#attempts.noteAdmitted(attempt);
  }

  /** The earliest end of an attempt, or Infinity. */
  get deadline(): number {
    return this.#attempts.oldest?.responder.expiresAt ?? Number.POSITIVE_INFINITY;
  }

  /** Forgets attempts whose time is over. */
  expire(now: number): void {
    for (;;) {
      const { oldest } = this.#attempts;
      if (oldest === undefined || oldest.responder.expiresAt > now) return;
      this.#forget(oldest);
    }
  }

  #forget(attempt: AcceptAttempt): void {
    this.#attempts.remove(attempt);
    if (attempt.slot === undefined) this.#drop(attempt);
  }

  #drop(attempt: AcceptAttempt): void {
    attempt.isOver = true;
    attempt.responder.wipe();
    this.#host.cids.remove(attempt.localCid);
  }

  #onHello(
    arrived: ArrivedEnvelope,
    candidates: readonly AcceptAttempt[],
    now: number,
  ): DropReason | undefined {
    const { crypto } = this.#options;
    const flight = decodeHelloFlight(arrived.envelope.flight);
    if (flight === undefined) return 'handshake';
    const { halfOpen } = this.#attempts;
    const isUnknown = candidates.length === 0 && flight.cookie === undefined;
    if (isUnknown && this.#gate.sheds(halfOpen, now)) return 'hello-limit';
    const chHash = crypto.sha256(flight.hello);
    for (const attempt of candidates) {
      const isKnown = attempt.outer === arrived.outer && crypto.equal(attempt.helloHash, chHash);
      if (isKnown) return this.#onRepeatedHello(attempt, arrived.bytes);
    }
    if (candidates.some((attempt) => attempt.peer !== undefined)) return 'handshake';
    if (candidates.length >= MAX_CANDIDATES) return 'hello-limit';
    if (!this.#host.hasRoomFor(1)) return 'server-full';
    const { address, port } = arrived.from;
    const decision = this.#gate.decide(
      { address, port, chHash, cookie: flight.cookie, halfOpen },
      now,
    );
    if (decision.type === 'drop') return GATE_DROPS[decision.reason];
    if (decision.type === 'retry') return this.#retry(arrived, decision.flight);
    return this.#open(arrived, chHash, now);
  }

  /** Sends the hello back for a cookie. That too is counted: nothing is kept of the hello. */
  #retry({ envelope, outer, bytes, from }: ArrivedEnvelope, flight: Uint8Array): DropReason {
    if (this.#host.waiting() >= MAX_WAITING) return 'hello-limit';
    const { attempt } = envelope;
    const random = this.#retryRandom;
    const contents = { kind: EnvelopeKind.Retry, attempt, flight, maxBytes: bytes, random };
    this.#host.transmit(sealEnvelope(this.#options.crypto, outer, contents), from);
    return 'cookie-demanded';
  }

  #open(arrived: ArrivedEnvelope, chHash: Uint8Array, now: number): DropReason | undefined {
    const attempt = this.#respond(arrived, chHash, now);
    if (attempt === undefined) return 'handshake';
    // A refusal is said once for each hello that asks, and nothing is kept of it.
    const isRefused = attempt.responder.refused !== 0;
    if (!isRefused && !this.#makeRoom()) {
      this.#drop(attempt);
      return 'hello-limit';
    }
    this.#answer(attempt, arrived.bytes);
    if (isRefused) this.#drop(attempt);
    else this.#attempts.add(attempt);
    return undefined;
  }

  /**
   * Makes the oldest attempt give way that has not proved its key: an honest client finishes within
   * a round trip, so what is left over a second is held by somebody who does not mean to.
   */
  #makeRoom(): boolean {
    if (this.#attempts.halfOpen < MAX_HALF_OPEN) return true;
    const { oldestUnproven } = this.#attempts;
    if (oldestUnproven === undefined) return false;
    this.#forget(oldestUnproven);
    this.#host.drops.add('half-open-evicted');
    return true;
  }

  #respond(
    { envelope, outer, from }: ArrivedEnvelope,
    helloHash: Uint8Array,
    now: number,
  ): AcceptAttempt | undefined {
    const { crypto, identity, psk, allowSelf, keyLog } = this.#options;
    const { cids, drops } = this.#host;
    const params = this.#host.params();
    const holder: { attempt?: AcceptAttempt } = {};
    const sink: RecordSink = {
      handleRecord: (record, pathId, source) => {
        const waits = holder.attempt?.handleRecord(record, pathId, source);
        if (waits !== true) drops.add('early-record');
      },
    };
    const localCid = cids.issue(sink, 0);
    const responder = Responder.respond({
      crypto,
      identity,
      outer,
      params,
      serverCid: localCid,
      clientHelloFlight: envelope.flight,
      attempt: envelope.attempt,
      now,
      ...(psk === undefined ? {} : { psk }),
      allowSelf: allowSelf ?? false,
      keyLog: keyLog ?? false,
    });
    if (isDrop(responder)) {
      cids.remove(localCid);
      return undefined;
    }
    const remote = keptRemote(from);
    holder.attempt = new AcceptAttempt({ helloHash, remote, outer, localCid, params, responder });
    return holder.attempt;
  }

  #onRepeatedHello(attempt: AcceptAttempt, bytes: number): DropReason | undefined {
    if (attempt.peer !== undefined) return 'handshake';
    this.#answer(attempt, bytes);
    return undefined;
  }

  #answer(attempt: AcceptAttempt, bytes: number): void {
    if (this.#host.waiting() >= MAX_WAITING) return;
    const envelope = attempt.answer(this.#options.crypto, bytes);
    if (envelope !== undefined) this.#host.transmit(envelope, attempt.remote);
  }

  /** A piece of an early flight; what cannot be used comes again in the session. */
  #onEarly(
    { envelope, outer }: ArrivedEnvelope,
    candidates: readonly AcceptAttempt[],
    now: number,
  ): DropReason | undefined {
    const { tickets } = this.#host;
    const { crypto, config } = this.#options;
    const { maxMessageBytes } = config;
    const { offset, total, flight: bytes } = envelope;
    for (const attempt of candidates) {
      if (tickets === undefined || attempt.outer !== outer || attempt.peer !== undefined) continue;
      attempt.intake ??= new EarlyIntake({
        crypto,
        tickets,
        helloHash: attempt.helloHash,
        maxMessageBytes,
      });
      const outcome = attempt.intake.push({ offset, total, bytes }, now);
      if (outcome === 'dropped') continue;
      if (outcome !== 'kept') this.#host.onEarlyData(attempt, outcome);
      return undefined;
    }
    return 'early-record';
  }

  #onFinish(
    { envelope, outer }: ArrivedEnvelope,
    candidates: readonly AcceptAttempt[],
    now: number,
  ): DropReason | undefined {
    for (const attempt of candidates) {
      if (attempt.outer !== outer) continue;
      // The client repeats its finish: perhaps a session has ended by then.
      const isDecided = attempt.peer !== undefined;
      if (!isDecided && !this.#host.hasRoomFor(1 + this.#attempts.undecided)) return 'server-full';
      const outcome = attempt.responder.handleFinish(envelope.flight, now);
      if (isDrop(outcome)) continue;
      if (attempt.slot !== undefined) attempt.slot.connection.sendHandshakeDone(now);
      else if (!isDecided) this.#prove(attempt, outcome, candidates);
      return undefined;
    }
    return 'handshake';
  }

  /** The client has proved its key; hellos that only claimed the same attempt are none of its own. */
  #prove(
    attempt: AcceptAttempt,
    peer: AuthenticatedPeer,
    candidates: readonly AcceptAttempt[],
  ): void {
    attempt.peer = peer;
    this.#attempts.noteProven(attempt);
    for (const other of candidates) if (other !== attempt) this.#forget(other);
    this.#host.onClient(attempt);
  }
}

const GATE_DROPS: Readonly<Record<GateDropReason, DropReason>> = {
  'bad-cookie': 'bad-cookie',
  'prefix-rate': 'hello-limit',
  'answer-rate': 'hello-limit',
  'retry-rate': 'hello-limit',
};
