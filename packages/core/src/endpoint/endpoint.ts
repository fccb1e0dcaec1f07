import { SigningBudget } from '../chain/signing-budget.js';
import type { Connection } from '../connection/connection.js';
import { DropCounters, type DropReason } from '../connection/drop-reason.js';
import type { VCLError, VCLErrorCode } from '../errors.js';
import { Fifo } from '../fifo.js';
import { checkEarlyMessages } from '../handshake/early-data.js';
import { openEnvelope } from '../handshake/envelope.js';
import type { HandshakeResult } from '../handshake/handshake-result.js';
import type { TransportParams } from '../handshake/params.js';
import type { MemoryBudget } from '../message/memory-budget.js';
import { CarrierRemote } from '../path/carrier-remote.js';
import type { RemoteAddress } from '../path/remote-address.js';
import { CloseCode } from '../wire/close-codes.js';
import { CID_OFFSET, unmaskOuter } from '../wire/record-header.js';
import type { AcceptAttempt } from './accept-attempt.js';
import { Acceptor } from './acceptor.js';
import { CidTable } from './cid-table.js';
import { ConnectAttempt } from './connect-attempt.js';
import { earlySessionOf } from './early-session-of.js';
import type { EndpointEvent } from './endpoint-event.js';
import {
  answeredOuters,
  type EndpointOptions,
  localParams,
  memoryOf,
  sessionLimit,
  sessionSigningRate,
  signingRate,
} from './endpoint-options.js';
import { type ConnectTo, OuterSet } from './outer-set.js';
import { SendTurns } from './send-turns.js';
import { SessionSlot } from './session-slot.js';
import { type TicketStore, ticketsOf } from './ticket-store.js';
import { TimerHeap } from './timer-heap.js';

/**
 * One local address: tells datagrams apart, answers hellos, holds the sessions and their timers. After any verb,
 * here or of one of its connections, drain {@link pollTransmit}, {@link pollEvent}, {@link pollReady}.
 */
export class Endpoint {
  /** Where the datagram of the last {@link pollTransmit} goes. */
  transmitTo: RemoteAddress | undefined = undefined;
  readonly cids: CidTable;
  readonly drops: DropCounters = new DropCounters();
  /** Of a side that takes early data. */
  readonly tickets: TicketStore | undefined;
  readonly #options: EndpointOptions;
  readonly #memory: MemoryBudget;
  readonly #signing: SigningBudget;
  readonly #acceptor: Acceptor | undefined;
  readonly #outers: OuterSet;
  readonly #connects = new Set<ConnectAttempt>();
  readonly #slots = new Set<SessionSlot>();
  readonly #timers = new TimerHeap<SessionSlot>();
  readonly #events = new Fifo<EndpointEvent>();
  readonly #outbox = new Fifo<{ readonly bytes: Uint8Array; readonly to: RemoteAddress }>();
  readonly #turns = new SendTurns();
  /** Sessions that may have something to report. */
  readonly #touched = new Fifo<SessionSlot>();

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.cids = new CidTable(options.crypto);
    this.#memory = memoryOf(options);
    this.#signing = new SigningBudget(signingRate(options));
    this.#outers = new OuterSet(options.crypto, options.accepts ? answeredOuters(options) : []);
    if (!options.accepts) return;
    this.tickets = ticketsOf(options);
    this.#acceptor = new Acceptor(options, {
      cids: this.cids,
      drops: this.drops,
      params: () => this.#params(),
      hasRoomFor: (sessions) => this.#slots.size + sessions <= sessionLimit(options),
      waiting: () => this.#outbox.count,
      transmit: (bytes, to) => this.#outbox.push({ bytes, to }),
      tickets: this.tickets,
      onClient: (attempt) => this.#onClient(attempt),
      onEarlyData: (attempt, data) => this.#events.push({ type: 'earlyData', attempt, data }),
    });
  }

  get connectionCount(): number {
    return this.#slots.size;
  }

  get halfOpenCount(): number {
    return this.#acceptor?.halfOpen ?? 0;
  }

  /** Takes a datagram; overwrites it, keeps nothing of it. */
  handleDatagram(data: Uint8Array, from: RemoteAddress, now: number): void {
    for (const outer of this.#outers.all) {
      if (!unmaskOuter(data, data.length, outer.omask)) break;
      const route = this.cids.lookup(data, CID_OFFSET);
      if (route !== undefined) {
        route.sink.handleRecord(data, route.pathId, from, now);
        return;
      }
      unmaskOuter(data, data.length, outer.omask);
    }
    const reason = this.#handleEnvelope(data, from, now);
    if (reason !== undefined) this.drops.add(reason);
  }

  handleTimeout(now: number): void {
    for (let slot = this.#timers.popDue(now); slot !== undefined; slot = this.#timers.popDue(now)) {
      slot.connection.handleTimeout(now);
      this.wake(slot);
    }
    for (const attempt of this.#connects) attempt.handleTimeout(now);
    this.#acceptor?.expire(now);
  }

  /** The next time {@link handleTimeout} has to be called, or Infinity. */
  pollTimeout(): number {
    let at = Math.min(this.#timers.next, this.#acceptor?.deadline ?? Number.POSITIVE_INFINITY);
    for (const attempt of this.#connects) at = Math.min(at, attempt.pollTimeout());
    return at;
  }

  /** Writes the next datagram to `out`. @returns its length, or 0 */
  pollTransmit(now: number, out: Uint8Array): number {
    const length = this.#pollHandshake(now, out);
    return length > 0 ? length : this.#pollSessions(now, out);
  }

  pollEvent(): EndpointEvent | undefined {
    return this.#events.poll();
  }

  /** A session that may have events, messages, log bytes or signature jobs; each once until it is touched again. */
  pollReady(): Connection | undefined {
    const slot = this.#touched.poll();
    if (slot === undefined) return undefined;
    slot.isTouched = false;
    return slot.connection;
  }

  /** Starts an attempt to reach the server at `remote`. */
  connect(remote: RemoteAddress, to: ConnectTo, now: number): ConnectAttempt {
    const { crypto, identity, psk, allowSelf, keyLog, unixOffsetMs } = this.#options;
    checkEarlyMessages(to.early?.messages ?? []);
    const outer = this.#outers.acquire(to);
    const params = this.#params();
    const clientCid = this.cids.issue({ handleRecord: () => this.drops.add('early-record') }, 0);
    const attempt = new ConnectAttempt(
      {
        onServerKey: (of, serverKey) =>
          this.#events.push({ type: 'serverKey', attempt: of, serverKey }),
        makeSession: (of, result, at) => this.#makeSession(of, result, params, at),
        onConnected: (of, slot) => this.#onConnected(of, slot),
        onFailed: (of, error) => this.#onConnectFailed(of, error),
      },
      remote,
      {
        crypto,
        identity,
        outer,
        params,
        clientCid,
        wallTimeMs: now + unixOffsetMs,
        allowSelf: allowSelf ?? false,
        isOrdered: remote instanceof CarrierRemote && remote.isOrdered,
        keyLog: keyLog ?? false,
        ...(psk === undefined ? {} : { psk }),
        ...(to.serverKey === undefined ? {} : { pinnedServerKey: to.serverKey }),
      },
      now,
      to.early,
    );
    this.#connects.add(attempt);
    return attempt;
  }

  /** Answer to `serverKey`. */
  acceptServer(attempt: ConnectAttempt, now: number): void {
    attempt.accept(now);
  }

  /** Answer to `serverKey`; the attempt fails with this message. */
  refuseServer(attempt: ConnectAttempt, message: string, code: VCLErrorCode = 'AuthRefused'): void {
    attempt.refuse(message, code);
  }

  /** Gives an attempt up. */
  abortConnect(attempt: ConnectAttempt): void {
    attempt.abort();
  }

  /** Answer to `clientKey`: the session is up on this side. Undefined when the attempt is over or decided. */
  acceptClient(attempt: AcceptAttempt, now: number): Connection | undefined {
    const slot = this.#admit(attempt, now);
    if (slot === undefined) return undefined;
    slot.connection.sendHandshakeDone(now);
    for (const { record, pathId, from } of attempt.takeWaiting()) {
      slot.handleRecord(record, pathId, from, now);
    }
    return slot.connection;
  }

  /** Answer to `clientKey`: the client is told AUTH_REFUSED, behind the session's keys. */
  refuseClient(attempt: AcceptAttempt, reason: string, now: number): void {
    this.#admit(attempt, now)?.connection.abort(CloseCode.AUTH_REFUSED, reason, now);
  }

  /** The session has something to send, to report or to wait for. */
  wake(slot: SessionSlot): void {
    this.#turns.add(slot);
    if (!slot.isTouched) {
      slot.isTouched = true;
      this.#touched.push(slot);
    }
    for (const attempt of this.#connects) if (attempt.slot === slot) this.#observe(attempt, slot);
  }

  #params(): TransportParams {
    return localParams(this.#options, this.#slots.size);
  }

  #handleEnvelope(data: Uint8Array, from: RemoteAddress, now: number): DropReason | undefined {
    for (const outer of this.#outers.all) {
      const envelope = openEnvelope(this.#options.crypto, outer, data);
      if (envelope === undefined) continue;
      for (const attempt of this.#connects) {
        if (attempt.outer === outer && attempt.matches(envelope.attempt)) {
          return attempt.handleEnvelope(envelope.kind, envelope.flight, now);
        }
      }
      return this.#acceptor !== undefined && this.#outers.answers(outer)
        ? this.#acceptor.handle({ envelope, outer, bytes: data.length, from }, now)
        : 'handshake';
    }
    return 'unknown';
  }

  #pollHandshake(now: number, out: Uint8Array): number {
    const waiting = this.#outbox.poll();
    if (waiting !== undefined) {
      out.set(waiting.bytes);
      this.transmitTo = waiting.to;
      return waiting.bytes.length;
    }
    for (const attempt of this.#connects) {
      const envelope = attempt.pollTransmit(now);
      if (envelope === undefined) continue;
      out.set(envelope);
      this.transmitTo = attempt.remote;
      return envelope.length;
    }
    return 0;
  }

  #pollSessions(now: number, out: Uint8Array): number {
    for (let slot = this.#turns.next(); slot !== undefined; slot = this.#turns.next()) {
      const { connection } = slot;
      const length = connection.pollTransmit(now, out);
      if (length > 0) {
        this.transmitTo = connection.transmitTo;
        return length;
      }
      this.#turns.pass();
      this.#settle(slot);
    }
    return 0;
  }

  /** A session has nothing to send for the moment: it waits for its deadline, or it is over. */
  #settle(slot: SessionSlot): void {
    if (!slot.connection.isClosed) {
      this.#timers.set(slot, slot.connection.pollTimeout());
      return;
    }
    this.#timers.remove(slot);
    if (!this.#slots.delete(slot)) return;
    slot.release();
    this.#outers.release(slot.outer);
  }

  #observe(attempt: ConnectAttempt, slot: SessionSlot): void {
    attempt.observe();
    if (slot.connection.isEnded) attempt.onClosed(slot.connection.endInfo);
  }

  #onConnected(attempt: ConnectAttempt, slot: SessionSlot): void {
    this.#forget(attempt);
    this.#events.push({ type: 'connected', attempt, connection: slot.connection });
    this.wake(slot);
  }

  #onConnectFailed(attempt: ConnectAttempt, error: VCLError): void {
    this.#forget(attempt);
    // With keys derived, the server may hold a session already: it is told that nobody wants it.
    if (attempt.slot !== undefined) attempt.slot.connection.abandon();
    else this.cids.remove(attempt.localCid);
    this.#events.push({ type: 'connectFailed', attempt, error });
  }

  #forget(attempt: ConnectAttempt): void {
    if (this.#connects.delete(attempt)) this.#outers.release(attempt.outer);
  }

  #onClient(attempt: AcceptAttempt): void {
    const { clientKey } = attempt.peer!;
    this.#events.push({ type: 'clientKey', attempt, clientKey, remote: attempt.remote });
  }

  #admit(attempt: AcceptAttempt, now: number): SessionSlot | undefined {
    const { peer, params } = attempt;
    if (peer === undefined || attempt.slot !== undefined || attempt.isOver) return undefined;
    const slot = this.#makeSession(attempt, peer.result, params, now);
    this.#acceptor?.admit(attempt, slot);
    return slot;
  }

  #makeSession(
    attempt: ConnectAttempt | AcceptAttempt,
    handshake: HandshakeResult,
    params: TransportParams,
    now: number,
  ): SessionSlot {
    const { crypto, identity, config, record, keyLog, unixOffsetMs, inlineSignatures } =
      this.#options;
    const slot = new SessionSlot(this, attempt.localCid, {
      crypto,
      config,
      handshake,
      outer: attempt.outer,
      identity,
      remote: attempt.remote,
      localParams: params,
      memory: this.#memory,
      now,
      unixOffsetMs,
      ownCheckpointRate: sessionSigningRate(this.#options),
      signingBudget: this.#signing,
      inlineSignatures: inlineSignatures ?? true,
      record,
      keyLog: keyLog ?? false,
      restAfterMs: this.#options.restAfterMs,
      early: earlySessionOf(attempt, crypto, this.tickets),
    });
    this.#slots.add(slot);
    this.#outers.hold(attempt.outer);
    this.wake(slot);
    return slot;
  }
}
