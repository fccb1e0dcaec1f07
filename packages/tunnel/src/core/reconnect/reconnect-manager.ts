import { checkReconnectConfig, ReconnectConfig } from './reconnect-config.js';

/** Where a link that is kept up stands. */
export const ReconnectState = {
  /** Never connected so far, and not trying. */
  Idle: 'idle',
  Connected: 'connected',
  WaitingBackoff: 'waiting-backoff',
  ReadyToReconnect: 'ready-to-reconnect',
  Reconnecting: 'reconnecting',
  /** All attempts were used up: only {@link ReconnectManager.reset} leads on. */
  GaveUp: 'gave-up',
} as const;
/** One of the {@link ReconnectState} values. */
export type ReconnectState = (typeof ReconnectState)[keyof typeof ReconnectState];

/**
 * When to connect again (guide: Automatic Reconnect): waits that grow, each off by chance and not by
 * its number, so that a thousand clients do not come back in step. They begin anew only after a link
 * has lasted. Time comes in as `now`, in ms; chance as numbers from 0 up to 1.
 */
export class ReconnectManager {
  readonly config: ReconnectConfig;
  readonly #random: () => number;
  #state: ReconnectState = ReconnectState.Idle;
  #attempts = 0;
  #reconnects = 0;
  #hasConnected = false;
  #waits = 0;
  #readyAt = 0;
  #intervalMs = 0;
  #connectedAt = 0;
  #downSince: number | undefined;
  #downtimeMs = 0;

  static mobile(random: () => number): ReconnectManager {
    return new ReconnectManager(ReconnectConfig.mobile(), random);
  }

  static stable(random: () => number): ReconnectManager {
    return new ReconnectManager(ReconnectConfig.stable(), random);
  }

  static instant(random: () => number): ReconnectManager {
    return new ReconnectManager(ReconnectConfig.instant(), random);
  }

  /**
   * @param random gives chance, such as `Math.random`
   * @throws VCLError `InvalidConfig` that names the field
   */
  constructor(config: ReconnectConfig, random: () => number) {
    checkReconnectConfig(config);
    this.config = config;
    this.#random = random;
  }

  /**
   * The link is down: the first wait begins, or a longer one when the link had not lasted. Before the
   * first {@link onConnect} it tells of a link that was there already. While there is none it changes
   * nothing, and what was given up stays so.
   */
  onDisconnect(now: number): void {
    if (this.#state !== ReconnectState.Connected && this.#state !== ReconnectState.Idle) return;
    this.checkStability(now);
    this.#hasConnected = true;
    this.#downSince ??= now;
    this.#wait(now);
  }

  /** An attempt begins. */
  onAttemptStart(): void {
    if (!this.isGivingUp()) this.#state = ReconnectState.Reconnecting;
  }

  /**
   * The attempt succeeded. Attempts and waits begin anew once the link has lasted. One that takes the
   * place of a link that is there counts as a reconnection too.
   */
  onConnect(now: number): void {
    if (this.#hasConnected) this.#reconnects++;
    this.#hasConnected = true;
    this.#state = ReconnectState.Connected;
    this.#connectedAt = now;
    if (this.#downSince !== undefined) this.#downtimeMs += now - this.#downSince;
    this.#downSince = undefined;
  }

  /** The attempt failed: the next wait begins, or it is given up. */
  onFailure(now: number): void {
    if (this.isGivingUp()) return;
    if (this.#hasConnected) this.#downSince ??= now;
    this.#attempts++;
    const { maxAttempts } = this.config;
    if (maxAttempts !== undefined && this.#attempts >= maxAttempts) {
      this.#state = ReconnectState.GaveUp;
    } else {
      this.#wait(now);
    }
  }

  /** Whether an attempt is due. */
  shouldReconnect(now: number): boolean {
    if (this.#state === ReconnectState.WaitingBackoff && now >= this.#readyAt) {
      this.#state = ReconnectState.ReadyToReconnect;
    }
    return this.#state === ReconnectState.ReadyToReconnect;
  }

  /** Milliseconds until an attempt is due: 0 when it is, Infinity when none will be. */
  timeUntilReconnect(now: number): number {
    if (this.shouldReconnect(now)) return 0;
    if (this.#state !== ReconnectState.WaitingBackoff) return Number.POSITIVE_INFINITY;
    return this.#readyAt - now;
  }

  /** When {@link shouldReconnect} says yes, in ms of the same clock; Infinity when it will not. */
  nextAt(): number {
    const isDue =
      this.#state === ReconnectState.WaitingBackoff ||
      this.#state === ReconnectState.ReadyToReconnect;
    return isDue ? this.#readyAt : Number.POSITIVE_INFINITY;
  }

  /** Ends a wait: the network has changed, or the machine woke. */
  hurry(now: number): void {
    if (this.#state === ReconnectState.WaitingBackoff) this.#makeReady(now, 0);
  }

  /** Forgets failed attempts once the link has lasted. @returns whether it has */
  checkStability(now: number): boolean {
    if (this.#state !== ReconnectState.Connected) return false;
    if (now - this.#connectedAt < this.config.stableMs) return false;
    this.#attempts = 0;
    this.#waits = 0;
    return true;
  }

  /**
   * Begins anew, also after all attempts were used up: one is due at once, unless there is a link or
   * an attempt is under way.
   */
  reset(now: number): void {
    this.#attempts = 0;
    this.#waits = 0;
    if (this.isConnected() || this.#state === ReconnectState.Reconnecting) return;
    this.#makeReady(now, 0);
  }

  /** As of the last call with a time. */
  get state(): ReconnectState {
    return this.#state;
  }

  /** Whether there is a link. */
  isConnected(): boolean {
    return this.#state === ReconnectState.Connected;
  }

  /** Whether all attempts were used up. */
  isGivingUp(): boolean {
    return this.#state === ReconnectState.GaveUp;
  }

  /** Failed attempts since a link last lasted. */
  get attempts(): number {
    return this.#attempts;
  }

  /** How often a link came back; the first connection is none. */
  get totalReconnects(): number {
    return this.#reconnects;
  }

  /** The wait under way, or the last one, ms. */
  get currentInterval(): number {
    return this.#intervalMs;
  }

  /** How long there was no link, from the first loss on, ms. */
  totalDowntime(now: number): number {
    return this.#downtimeMs + (this.#downSince === undefined ? 0 : now - this.#downSince);
  }

  #wait(now: number): void {
    const { initialMs, maxMs, multiplier, jitter } = this.config;
    // From the number of waits and not from the last one, so that chance does not add up.
    // Room for it is left below the longest wait: cut off there, half of all clients would be in step.
    const base = Math.min(maxMs / (1 + jitter), initialMs * multiplier ** this.#waits);
    this.#waits++;
    const off = (2 * this.#random() - 1) * jitter;
    this.#makeReady(now, Math.min(maxMs, base * (1 + off)));
  }

  #makeReady(now: number, waitMs: number): void {
    this.#intervalMs = waitMs;
    this.#readyAt = now + waitMs;
    this.#state = waitMs > 0 ? ReconnectState.WaitingBackoff : ReconnectState.ReadyToReconnect;
  }
}
