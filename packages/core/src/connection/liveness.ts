import type { StateCarrier } from '../state-carrier.js';
/** The outcome of an answered ping. */
export interface PongResult {
  readonly id: number;
  readonly latencyMs: number;
}

const MAX_PINGS = 16;
/** The longest interval between two authentic records that counts as hearing the peer. */
const HEARD_INTERVAL_MS = 250;
/**
 * How long a peer may be heard without acknowledging anything of what is sent to it. One that hears
 * nothing falls silent; one that goes on regardless makes this side keep what it never confirms.
 */
const MAX_DEAF_MS = 120_000;

/**
 * Whether the peer is there: the idle timer runs from the last authentic receive, or from the first
 * ack-eliciting packet sent after it (rule D5), and pings carry ids (SPEC 6.7).
 */
export class Liveness {
  /** When the last record of the peer opened. */
  lastReceived: number;
  /** When anything was last sent or received, for the public API. */
  lastActivity: number;
  #idleTimeoutMs: number;
  #idleSince: number;
  #sentSinceReceive = false;
  #nextPing = 0;
  /** How long the peer was heard while it acknowledged nothing of what waits for that. */
  #deafMs = 0;
  /** When pings under way were sent; made with the first. */
  #pings: Map<number, number> | undefined;
  readonly #queuedPings: number[] = [];
  readonly #queuedPongs: number[] = [];

  /** @param idleTimeoutMs 0 switches the timeout off */
  constructor(idleTimeoutMs: number, now: number) {
    this.#idleTimeoutMs = idleTimeoutMs;
    this.lastReceived = now;
    this.lastActivity = now;
    this.#idleSince = now;
  }

  get idleTimeoutMs(): number {
    return this.#idleTimeoutMs;
  }

  setIdleTimeout(ms: number): void {
    this.#idleTimeoutMs = ms;
  }

  onAuthenticReceive(now: number): void {
    if (this.#deafMs > 0) this.#deafMs += Math.min(now - this.lastReceived, HEARD_INTERVAL_MS);
    this.lastReceived = now;
    this.lastActivity = now;
    this.#idleSince = now;
    this.#sentSinceReceive = false;
  }

  onSent(ackEliciting: boolean, now: number): void {
    this.lastActivity = now;
    if (!ackEliciting || this.#sentSinceReceive) return;
    this.#sentSinceReceive = true;
    this.#idleSince = now;
  }

  /** The peer acknowledged something. */
  onAcknowledged(): void {
    this.#deafMs = 0;
  }

  /** A record was handled. @param isWaiting whether anything waits for its acknowledgement */
  noteWaiting(isWaiting: boolean): void {
    if (!isWaiting) this.#deafMs = 0;
    else if (this.#deafMs === 0) this.#deafMs = Number.MIN_VALUE;
  }

  /**
   * When the session is over for want of the peer; at least 3 PTO. Infinity when off, and the past
   * for a peer that is heard but acknowledges nothing.
   */
  idleDeadline(ptoMs: number): number {
    if (this.#deafMs > MAX_DEAF_MS) return this.lastReceived;
    if (this.#idleTimeoutMs === 0) return Number.POSITIVE_INFINITY;
    return this.#idleSince + Math.max(this.#idleTimeoutMs, 3 * ptoMs);
  }

  /** Queues a PING. @returns its id */
  ping(): number {
    const id = this.#nextPing++;
    if (this.#queuedPings.length >= MAX_PINGS) this.#queuedPings.shift();
    this.#queuedPings.push(id);
    return id;
  }

  get hasQueued(): boolean {
    return this.#queuedPings.length > 0 || this.#queuedPongs.length > 0;
  }

  takePing(now: number): number | undefined {
    const id = this.#queuedPings.shift();
    if (id === undefined) return undefined;
    this.#pings ??= new Map();
    const pings = this.#pings;
    if (pings.has(id)) return id;
    if (pings.size >= MAX_PINGS) pings.delete(pings.keys().next().value!);
    pings.set(id, now);
    return id;
  }

  /** A ping was lost on the way: it goes again under its id and its first time. */
  onPingLost(id: number): void {
    if (this.#pings?.has(id) && !this.#queuedPings.includes(id)) this.#queuedPings.push(id);
  }

  /** The peer pinged. */
  handlePing(id: number): void {
    if (this.#queuedPongs.length >= MAX_PINGS) this.#queuedPongs.shift();
    this.#queuedPongs.push(id);
  }

  takePong(): number | undefined {
    return this.#queuedPongs.shift();
  }

  /** The peer answered. @returns the latency, or undefined when nobody asked */
  handlePong(id: number, now: number): PongResult | undefined {
    const sentAt = this.#pings?.get(id);
    if (sentAt === undefined) return undefined;
    this.#pings?.delete(id);
    return { id, latencyMs: now - sentAt };
  }

  /** With nothing queued: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.lastReceived = state.number(this.lastReceived);
    this.lastActivity = state.number(this.lastActivity);
    this.#idleTimeoutMs = state.number(this.#idleTimeoutMs);
    this.#idleSince = state.number(this.#idleSince);
    this.#sentSinceReceive = state.flag(this.#sentSinceReceive);
    this.#nextPing = state.number(this.#nextPing);
    this.#deafMs = state.number(this.#deafMs);
    this.#pings = state.keep(this.#pings?.size === 0 ? undefined : this.#pings);
  }
}
