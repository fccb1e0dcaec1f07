import type { DropCounters, DropReason } from '../connection/drop-reason.js';
import { hex } from '../crypto/bytes.js';
import { isDrop } from '../handshake/drop-reason.js';
import { EnvelopeKind, type OpenedEnvelope, sealEnvelope } from '../handshake/envelope.js';
import { decodeHelloFlight } from '../handshake/flights.js';
import { HelloGate } from '../handshake/hello-gate.js';
import type { OuterKeys } from '../handshake/outer-keys.js';
import type { TransportParams } from '../handshake/params.js';
import { Responder } from '../handshake/responder.js';
import type { RemoteAddress } from '../path/remote-address.js';
import { AcceptAttempt } from './accept-attempt.js';
import type { CidTable, RecordSink } from './cid-table.js';
import type { EndpointOptions } from './endpoint-options.js';
import type { SessionSlot } from './session-slot.js';

/** What the acceptor asks of its endpoint. */
export interface AcceptHost {
  readonly cids: CidTable;
  readonly drops: DropCounters;
  params(): TransportParams;
  /** Whether another session fits. */
  hasRoom(): boolean;
  /** An envelope to send. */
  transmit(envelope: Uint8Array, to: RemoteAddress): void;
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

/** The server's door: hellos, cookies, half-open attempts, finishes (SPEC 4). */
export class Acceptor {
  readonly #options: EndpointOptions;
  readonly #host: AcceptHost;
  readonly #gate: HelloGate;
  /** In the order in which they began. */
  readonly #attempts = new Set<AcceptAttempt>();
  /** By attempt number and address: a hello is answered only to the address it came from. */
  readonly #groups = new Map<string, readonly AcceptAttempt[]>();
  #admitted = 0;

  constructor(options: EndpointOptions, host: AcceptHost) {
    this.#options = options;
    this.#host = host;
    this.#gate = new HelloGate(options.crypto, options.now);
  }

  /** Attempts about which nothing is decided. Those with a session stay, as they may repeat their finish. */
  get halfOpen(): number {
    return this.#attempts.size - this.#admitted;
  }

  /** @returns undefined, or why it was dropped */
  handle(arrived: ArrivedEnvelope, now: number): DropReason | undefined {
    const { envelope, outer, from } = arrived;
    const group = `${hex(envelope.attempt)} ${from.address} ${from.port}`;
    const candidates = this.#groups.get(group) ?? [];
    if (envelope.kind === EnvelopeKind.ClientHello) {
      return this.#onHello(arrived, group, candidates, now);
    }
    if (envelope.kind !== EnvelopeKind.ClientFinish) return 'handshake';
    for (const attempt of candidates) {
      if (attempt.outer === outer && this.#onFinish(attempt, envelope.flight, now))
        return undefined;
    }
    return 'handshake';
  }

  /** The policy took the client. */
  admit(attempt: AcceptAttempt, slot: SessionSlot): void {
    attempt.slot = slot;
    if (this.#attempts.has(attempt)) this.#admitted++;
  }

  /** The earliest end of an attempt, or Infinity. */
  get deadline(): number {
    for (const attempt of this.#attempts) return attempt.responder.expiresAt;
    return Number.POSITIVE_INFINITY;
  }

  /** Forgets attempts whose time is over. */
  expire(now: number): void {
    for (const attempt of this.#attempts) {
      if (attempt.responder.expiresAt > now) return;
      this.#forget(attempt);
    }
  }

  #forget(attempt: AcceptAttempt): void {
    this.#attempts.delete(attempt);
    const others = (this.#groups.get(attempt.group) ?? []).filter((other) => other !== attempt);
    if (others.length === 0) this.#groups.delete(attempt.group);
    else this.#groups.set(attempt.group, others);
    if (attempt.slot !== undefined) this.#admitted--;
    else this.#drop(attempt);
  }

  #drop(attempt: AcceptAttempt): void {
    attempt.isOver = true;
    attempt.responder.wipe();
    this.#host.cids.remove(attempt.localCid);
  }

  #onHello(
    arrived: ArrivedEnvelope,
    group: string,
    candidates: readonly AcceptAttempt[],
    now: number,
  ): DropReason | undefined {
    const flight = decodeHelloFlight(arrived.envelope.flight);
    if (flight === undefined) return 'handshake';
    const helloHash = hex(this.#options.crypto.sha256(flight.hello));
    const known = candidates.find(
      (attempt) => attempt.outer === arrived.outer && attempt.helloHash === helloHash,
    );
    if (known !== undefined) return this.#onRepeatedHello(known, arrived.bytes);
    if (candidates.some((attempt) => attempt.peer !== undefined)) return 'handshake';
    if (candidates.length >= MAX_CANDIDATES || !this.#host.hasRoom()) return 'hello-limit';
    const { address, port } = arrived.from;
    const decision = this.#gate.decide({ address, port, flight, halfOpen: this.halfOpen }, now);
    if (decision.type === 'drop') return 'hello-limit';
    if (decision.type === 'retry') {
      this.#retry(arrived, decision.flight);
      return undefined;
    }
    const attempt = this.#respond(arrived, group, helloHash, now);
    if (attempt === undefined) return 'handshake';
    this.#answer(attempt, arrived.bytes);
    // A refusal is said once for each hello that asks, and nothing is kept of it.
    if (attempt.responder.refused !== 0) this.#drop(attempt);
    else this.#keep(attempt, candidates);
    return undefined;
  }

  #keep(attempt: AcceptAttempt, candidates: readonly AcceptAttempt[]): void {
    this.#attempts.add(attempt);
    this.#groups.set(attempt.group, [...candidates, attempt]);
  }

  #retry({ envelope, outer, bytes, from }: ArrivedEnvelope, flight: Uint8Array): void {
    const { attempt } = envelope;
    const contents = { kind: EnvelopeKind.Retry, attempt, flight, maxBytes: bytes };
    this.#host.transmit(sealEnvelope(this.#options.crypto, outer, contents), from);
  }

  #respond(
    { envelope, outer, from }: ArrivedEnvelope,
    group: string,
    helloHash: string,
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
    const remote = { address: from.address, port: from.port };
    const fields = { group, helloHash, remote, outer, localCid, params, responder };
    holder.attempt = new AcceptAttempt(fields);
    return holder.attempt;
  }

  #onRepeatedHello(attempt: AcceptAttempt, bytes: number): DropReason | undefined {
    if (attempt.peer !== undefined) return 'handshake';
    this.#answer(attempt, bytes);
    return undefined;
  }

  #answer(attempt: AcceptAttempt, bytes: number): void {
    const envelope = attempt.answer(this.#options.crypto, bytes);
    if (envelope !== undefined) this.#host.transmit(envelope, attempt.remote);
  }

  /** @returns whether the finish belongs to this attempt */
  #onFinish(attempt: AcceptAttempt, flight: Uint8Array, now: number): boolean {
    const outcome = attempt.responder.handleFinish(flight, now);
    if (isDrop(outcome)) return false;
    if (attempt.slot !== undefined) {
      attempt.slot.connection.sendHandshakeDone(now);
    } else if (attempt.peer === undefined) {
      attempt.peer = outcome;
      for (const other of this.#groups.get(attempt.group) ?? []) {
        if (other !== attempt) this.#forget(other);
      }
      this.#host.onClient(attempt);
    }
    return true;
  }
}
