import type { DropReason } from '../connection/drop-reason.js';
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
import type { CidTable } from './cid-table.js';
import type { EndpointOptions } from './endpoint-options.js';

/** What the acceptor asks of its endpoint. */
export interface AcceptHost {
  readonly cids: CidTable;
  params(): TransportParams;
  /** Whether another session fits. */
  hasRoom(): boolean;
  /** An envelope to send. */
  transmit(envelope: Uint8Array, to: RemoteAddress): void;
  /** A client proved its key: somebody has to decide. */
  onClient(attempt: AcceptAttempt): void;
}

/** The server's door: hellos, cookies, half-open attempts, finishes (SPEC 4). */
export class Acceptor {
  readonly #options: EndpointOptions;
  readonly #host: AcceptHost;
  readonly #gate: HelloGate;
  /** By attempt and address: a hello is answered only to the address it came from. */
  readonly #attempts = new Map<string, AcceptAttempt>();

  constructor(options: EndpointOptions, host: AcceptHost) {
    this.#options = options;
    this.#host = host;
    this.#gate = new HelloGate(options.crypto, options.now);
  }

  /** Attempts that are not decided or still may repeat their finish. */
  get halfOpen(): number {
    return this.#attempts.size;
  }

  /** @param bytes length of the datagram */
  handle(
    envelope: OpenedEnvelope,
    outer: OuterKeys,
    bytes: number,
    from: RemoteAddress,
    now: number,
  ): DropReason | undefined {
    const key = `${hex(envelope.attempt)} ${from.address} ${from.port}`;
    const known = this.#attempts.get(key);
    if (envelope.kind === EnvelopeKind.ClientHello) {
      return known === undefined
        ? this.#onHello(key, envelope, outer, bytes, from, now)
        : this.#onRepeatedHello(known, bytes);
    }
    if (envelope.kind === EnvelopeKind.ClientFinish && known !== undefined) {
      return this.#onFinish(known, envelope.flight, now);
    }
    return 'handshake';
  }

  /** The earliest end of an attempt, or Infinity. */
  get deadline(): number {
    for (const attempt of this.#attempts.values()) return attempt.responder.expiresAt;
    return Number.POSITIVE_INFINITY;
  }

  /** Forgets attempts whose time is over. They are kept in the order in which they began. */
  expire(now: number): void {
    for (const [key, attempt] of this.#attempts) {
      if (attempt.responder.expiresAt > now) return;
      this.#attempts.delete(key);
      if (attempt.slot === undefined) this.#drop(attempt);
    }
  }

  /** Lets go of all attempts. */
  clear(): void {
    for (const attempt of this.#attempts.values()) {
      if (attempt.slot === undefined) this.#drop(attempt);
    }
    this.#attempts.clear();
  }

  #drop(attempt: AcceptAttempt): void {
    attempt.responder.wipe();
    this.#host.cids.remove(attempt.localCid);
  }

  #onHello(
    key: string,
    envelope: OpenedEnvelope,
    outer: OuterKeys,
    bytes: number,
    from: RemoteAddress,
    now: number,
  ): DropReason | undefined {
    const flight = decodeHelloFlight(envelope.flight);
    if (flight === undefined) return 'handshake';
    if (!this.#host.hasRoom()) return 'hello-limit';
    const { address, port } = from;
    const decision = this.#gate.decide({ address, port, flight, halfOpen: this.halfOpen }, now);
    if (decision.type === 'drop') return 'hello-limit';
    if (decision.type === 'retry') {
      this.#retry(envelope, decision.flight, outer, bytes, from);
      return undefined;
    }
    const attempt = this.#respond(envelope, outer, from, now);
    if (attempt === undefined) return 'handshake';
    this.#attempts.set(key, attempt);
    this.#answer(attempt, bytes);
    return undefined;
  }

  #retry(
    { attempt }: OpenedEnvelope,
    flight: Uint8Array,
    outer: OuterKeys,
    bytes: number,
    from: RemoteAddress,
  ): void {
    const contents = { kind: EnvelopeKind.Retry, attempt, flight, maxBytes: bytes };
    this.#host.transmit(sealEnvelope(this.#options.crypto, outer, contents), from);
  }

  #respond(
    envelope: OpenedEnvelope,
    outer: OuterKeys,
    from: RemoteAddress,
    now: number,
  ): AcceptAttempt | undefined {
    const { crypto, identity, psk, allowSelf, keyLog } = this.#options;
    const params = this.#host.params();
    const holder: { attempt?: AcceptAttempt } = {};
    const localCid = this.#host.cids.issue(
      {
        handleRecord: (record, pathId, source) =>
          holder.attempt?.handleRecord(record, pathId, source),
      },
      0,
    );
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
      this.#host.cids.remove(localCid);
      return undefined;
    }
    const remote = { address: from.address, port: from.port };
    holder.attempt = new AcceptAttempt({ remote, outer, localCid, params, responder });
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

  #onFinish(attempt: AcceptAttempt, flight: Uint8Array, now: number): DropReason | undefined {
    const outcome = attempt.responder.handleFinish(flight, now);
    if (isDrop(outcome)) return 'handshake';
    if (attempt.slot !== undefined) {
      attempt.slot.connection.sendHandshakeDone(now);
      return undefined;
    }
    if (attempt.peer !== undefined) return undefined;
    attempt.peer = outcome;
    this.#host.onClient(attempt);
    return undefined;
  }
}
