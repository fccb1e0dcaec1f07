import {
  CloseCode,
  type CloseOptions,
  type Connection,
  type ConnectionEvent,
  type Lane,
  type PacketOutlet,
  type ReceivedMessage,
  type Ticket,
  VCLError,
} from '@vcl-protocol/core';
import { AsyncQueue } from './async-queue.js';
import type { CarrierWatch } from './carriers/carrier-watch.js';
import type { EventHub } from './events.js';
import type { Logger } from './logger.js';
import type { MetricsFeed } from './metrics-feed.js';
import { VCLPacket } from './packet.js';
import { PingRequests } from './ping-requests.js';
import type { MessageOptions } from './send-options.js';
import { SendQueue } from './send-queue.js';
import { closedError, endError, type SessionEnd } from './session-end.js';
import { drainLogs, type KeyLog, type SessionLog, type SessionLogListener } from './session-log.js';
import { LANE_NAMES, SessionReports } from './session-reports.js';

/** What a session asks of whoever drives it. */
export interface SessionHost {
  now(): number;
  /** A verb of the connection ran. */
  schedule(): void;
}

/** What a {@link Session} is made of. */
export interface SessionOptions {
  readonly connection: Connection;
  readonly host: SessionHost;
  readonly hub: EventHub;
  readonly logger: Logger;
  readonly metrics: MetricsFeed;
  readonly log: SessionLog | undefined;
  readonly keyLog: KeyLog | undefined;
  /** Keeps it on a carrier that works; of the side that connected. */
  readonly watch?: CarrierWatch | undefined;
  /** The server gave a ticket. */
  readonly onTicket?: (ticket: Ticket) => void;
  /** It has ended, and whoever waited was told. */
  readonly onEnded?: () => void;
}

/** One session as promises: from its keys to its end. */
export class Session implements SessionLogListener {
  readonly connection: Connection;
  readonly #host: SessionHost;
  readonly #metrics: MetricsFeed;
  readonly #log: SessionLog | undefined;
  readonly #keyLog: KeyLog | undefined;
  readonly #reports: SessionReports;
  /** Hands messages to readers that wait; nothing is stored here, so that unread ones give no credit. */
  readonly #readers = new AsyncQueue<VCLPacket>();
  readonly #senders = new SendQueue();
  readonly #pings: PingRequests;
  readonly #rotations = new Set<AsyncQueue<number>>();
  readonly #options: SessionOptions;
  readonly #over = new AsyncQueue<never>();
  readonly #heads: readonly [{ through: number }, { through: number }] = [
    { through: 0 },
    { through: 0 },
  ];
  #isFinished = false;
  #isClosing = false;
  #isAborted = false;
  #end: SessionEnd | undefined;

  constructor(options: SessionOptions) {
    const { connection, host, hub, logger } = options;
    this.connection = connection;
    this.#host = host;
    this.#metrics = options.metrics;
    this.#log = options.log;
    this.#keyLog = options.keyLog;
    this.#options = options;
    this.#log?.attach(this);
    this.#reports = new SessionReports({ connection, hub, logger });
    this.#pings = new PingRequests(() => this.#act(() => connection.ping(host.now())));
  }

  /** How it ended, or undefined. */
  get end(): SessionEnd | undefined {
    return this.#end;
  }

  /** Takes what the connection has to report; to be called when it is ready. */
  collect(now: number): void {
    const { connection } = this;
    for (let event = connection.pollEvent(); event !== undefined; event = connection.pollEvent()) {
      this.#onEvent(event);
    }
    this.#deliver(now);
    this.#flush();
    drainLogs(this.connection, this.#log, this.#keyLog);
    this.#reports.checkDrops(now);
    this.#metrics.sample(connection, now);
    if (this.#end !== undefined) this.#conclude(this.#end);
  }

  /** Resolves when the message is in the send buffer. @param payload kept, not copied */
  send(payload: Uint8Array, options: MessageOptions): Promise<void> {
    if (this.#end !== undefined || this.#isClosing) return Promise.reject(this.#closedError());
    if (!this.#senders.isEmpty || !this.#hasRoom()) return this.#senders.wait(payload, options);
    try {
      options.signal?.throwIfAborted();
      this.#send(payload, options);
      return ACCEPTED;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * The next message, or undefined after an orderly end.
   *
   * @throws VCLError for an end that was not orderly
   */
  async recv(signal: AbortSignal | undefined): Promise<VCLPacket | undefined> {
    signal?.throwIfAborted();
    if (this.#readers.waiting === 0) {
      const packet = this.#take(this.#host.now());
      if (packet !== undefined) return packet;
    }
    return (await this.#readers.next(signal)).value;
  }

  /** @returns the latency in ms */
  async ping(signal: AbortSignal | undefined): Promise<number> {
    if (this.#end !== undefined) throw this.#closedError();
    return await this.#pings.ping(signal);
  }

  /** Resolves when new keys are in use in both directions. */
  async rotateKeys(signal: AbortSignal | undefined): Promise<void> {
    if (this.#end !== undefined || this.#isClosing) throw this.#closedError();
    signal?.throwIfAborted();
    const rotated = new AsyncQueue<number>();
    this.#rotations.add(rotated);
    this.#act(() => this.connection.rotateKeys(this.#host.now()));
    try {
      await rotated.next(signal);
    } finally {
      this.#rotations.delete(rotated);
    }
  }

  /**
   * Ends in order. Resolves when the peer has everything and its log, if any, is on the disk.
   *
   * @throws VCLError when it ended otherwise meanwhile, `IoError` when the log is not whole
   */
  async close(options: CloseOptions): Promise<void> {
    const wasOver = this.#end !== undefined;
    if (!wasOver) {
      this.#isClosing = true;
      this.#readers.end();
      this.#senders.fail(this.#closedError());
      this.#act(() => this.connection.close(options, this.#host.now()));
    }
    await this.#over.next();
    await this.#log?.sync();
    if (!wasOver && !this.#isAborted && this.#end?.orderly === false) throw endError(this.#end);
  }

  /** Ends at once; what is queued is lost. */
  abort(reason: string): void {
    this.#isClosing = true;
    this.#isAborted = true;
    this.#act(() => this.connection.abort(CloseCode.APPLICATION, reason, this.#host.now()));
  }

  /** Gives up sending one lossy message of this side again. @returns whether it was still open */
  giveUp(n: number): boolean {
    return this.#act(() => this.connection.giveUp(n, this.#host.now()));
  }

  /** Moves to another local address, which the next datagrams must come from. @returns whether it may */
  migrate(): boolean {
    return this.#act(() => this.connection.migrate(this.#host.now()));
  }

  /** @param ms 0 for none */
  setIdleTimeout(ms: number): void {
    this.#act(() => this.connection.setIdleTimeout(ms));
  }

  onLogCaughtUp(): void {
    this.#deliver(this.#host.now());
    this.#flush();
  }

  onLogError(error: VCLError): void {
    this.#reports.failed(error);
    this.onLogCaughtUp();
  }

  #onEvent(event: ConnectionEvent): void {
    switch (event.type) {
      case 'established':
        this.#reports.connected();
        break;
      case 'verified':
        this.#advance(0, event.reliable);
        this.#advance(1, event.lossy);
        break;
      case 'pong':
        this.#pings.onPong(event.id, event.latencyMs);
        break;
      case 'keyRotated':
        for (const waiting of this.#rotations) waiting.push(event.epoch);
        break;
      case 'pathReady':
        this.#options.watch?.onPathReady(event.remote);
        break;
      case 'ticket':
        this.#options.onTicket?.(event.ticket);
        break;
      case 'finished':
        this.#isFinished = true;
        break;
      case 'closed':
        this.#onClosed(event);
        break;
      default:
        // Readable and writable: whoever waits is served after the events.
        break;
    }
    this.#reports.tell(event);
  }

  #onClosed(event: Extract<ConnectionEvent, { type: 'closed' }>): void {
    const { code, applicationCode, reason, remote } = event;
    const isByWish = code === CloseCode.NO_ERROR || code === CloseCode.APPLICATION;
    this.#end = { code, applicationCode, reason, remote, orderly: isByWish && this.#isFinished };
  }

  /** All that came before the end was handed over or can still be taken; now the end is told. */
  #conclude(end: SessionEnd): void {
    if (this.#over.ended) return;
    this.#options.watch?.stop();
    const closed = closedError(end);
    if (end.orderly || this.#isAborted) this.#readers.end();
    else this.#readers.fail(endError(end));
    this.#senders.fail(closed);
    this.#pings.fail(closed);
    for (const waiting of this.#rotations) waiting.fail(closed);
    this.#metrics.end(this.connection, end);
    this.#reports.ended(end);
    this.#over.end();
    this.#options.onEnded?.();
  }

  #advance(lane: Lane, through: number): void {
    const head = this.#heads[lane];
    head.through = Math.max(head.through, through);
    this.#reports.verified(lane, through);
  }

  #deliver(now: number): void {
    if (this.#isClosing) {
      // Nobody reads any more, and the peer must not wait for credit to finish.
      while (this.connection.pollMessage(now) !== undefined);
      return;
    }
    while (this.#readers.waiting > 0) {
      const packet = this.#take(now);
      if (packet === undefined) return;
      this.#readers.push(packet);
    }
  }

  #take(now: number): VCLPacket | undefined {
    if (this.#isClosing || (this.#log?.isBehind === true && this.#end === undefined)) {
      return undefined;
    }
    const message = this.connection.pollMessage(now);
    if (message === undefined) return undefined;
    this.#host.schedule();
    const packet = this.#toPacket(message);
    this.#metrics.received(packet.payload.length);
    this.#reports.received(packet);
    return packet;
  }

  #toPacket({ lane, n, kind, payload, leaf, verified }: ReceivedMessage): VCLPacket {
    const head = this.#heads[lane];
    // The event that says so may come a little later.
    if (verified && n >= head.through) head.through = n + 1;
    return new VCLPacket({
      number: n,
      lane: LANE_NAMES[lane],
      type: kind,
      payload,
      receivedAt: Date.now(),
      hash: leaf,
      verifiedHead: head,
    });
  }

  /** Lossy messages come from a port and go there. @returns what says that it has some */
  usePackets(packets: PacketOutlet): () => void {
    this.connection.usePackets(packets, this.#host.now());
    return () => this.#act(() => this.connection.packetsReady(this.#host.now()));
  }

  #flush(): void {
    if (this.#senders.isEmpty) return;
    this.#senders.flush(
      () => this.#hasRoom(),
      (payload, options) => this.#send(payload, options),
    );
  }

  #hasRoom(): boolean {
    return !this.connection.isSendBufferFull && this.#log?.isBehind !== true;
  }

  #send(payload: Uint8Array, options: MessageOptions): void {
    this.connection.send(payload, options, this.#host.now());
    this.#host.schedule();
    this.#metrics.sent(payload.length);
    this.#reports.sent(payload.length);
  }

  #act<T>(verb: () => T): T {
    const result = verb();
    this.#host.schedule();
    return result;
  }

  #closedError(): VCLError {
    if (this.#end !== undefined) return closedError(this.#end);
    return new VCLError('ConnectionClosed', 'the connection is closing: open a new one');
  }
}

const ACCEPTED: Promise<void> = Promise.resolve();
