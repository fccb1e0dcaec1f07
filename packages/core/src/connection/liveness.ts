/** The outcome of an answered ping. */
export interface PongResult {
  readonly id: number;
  readonly latencyMs: number;
}

const MAX_PINGS = 16;

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
  readonly #pings = new Map<number, number>();
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

  /** When the session is over for want of the peer; at least 3 PTO. Infinity when off. */
  idleDeadline(ptoMs: number): number {
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
    if (this.#pings.has(id)) return id;
    if (this.#pings.size >= MAX_PINGS) this.#pings.delete(this.#pings.keys().next().value!);
    this.#pings.set(id, now);
    return id;
  }

  /** A ping was lost on the way: it goes again under its id and its first time. */
  onPingLost(id: number): void {
    if (this.#pings.has(id) && !this.#queuedPings.includes(id)) this.#queuedPings.push(id);
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
    const sentAt = this.#pings.get(id);
    if (sentAt === undefined) return undefined;
    this.#pings.delete(id);
    return { id, latencyMs: now - sentAt };
  }
}
