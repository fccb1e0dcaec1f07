import { type KeepaliveConfig, type KeepalivePreset, keepaliveConfig } from './keepalive-config.js';

/** What is to be done for a link at present. */
export const KeepaliveAction = {
  /** Nothing. */
  Idle: 'idle',
  /** Ask the peer, then call `recordKeepaliveSent`. */
  SendPing: 'send-ping',
  /** An answer is missing; it is counted already. */
  PongTimeout: 'pong-timeout',
  /** Too many answers are missing: connect anew. */
  ConnectionDead: 'connection-dead',
} as const;
/** One of the {@link KeepaliveAction} values. */
export type KeepaliveAction = (typeof KeepaliveAction)[keyof typeof KeepaliveAction];

/** An adaptive interval never gets shorter. */
const MIN_INTERVAL_MS = 10_000;
/** How much the interval shrinks when the way was found dead after a silence, and grows when it was not. */
const SHRINK = 0.5;
const GROW = 1.1;
const SMOOTHING = 1 / 8;

/**
 * Keeps a quiet link alive through address translators, and finds out when it is dead (guide:
 * Keepalive). Whatever the peer sent proves that it is alive, so a busy link is never asked; time
 * comes in as `now`, in ms.
 *
 * An adaptive interval follows the translators on the way, not the round trip: it is halved when
 * the way was dead after a silence ({@link recordPathLost}), and grows back slowly while answers come.
 */
export class KeepaliveManager {
  readonly config: KeepaliveConfig;
  /** Questions and answers so far. */
  totalSent = 0;
  totalPongs = 0;
  /** When the last answer came, or undefined. */
  lastPong: number | undefined;
  #heardAt: number;
  #askedAt: number | undefined;
  #retryAt: number | undefined;
  #missed = 0;
  /** The miss that {@link check} has counted and the caller may report as well. */
  #isMissCounted = false;
  #intervalMs: number;
  #srtt: number | undefined;

  static fromPreset(preset: KeepalivePreset, now: number): KeepaliveManager {
    return new KeepaliveManager(keepaliveConfig(preset), now);
  }

  /** @param now when the link came up */
  constructor(config: KeepaliveConfig, now: number) {
    this.config = config;
    this.#heardAt = now;
    this.#intervalMs = config.intervalMs;
  }

  /** What to do now. */
  check(now: number): KeepaliveAction {
    if (this.#isDisabled) return KeepaliveAction.Idle;
    if (this.#askedAt !== undefined) {
      if (now < this.#askedAt + this.config.timeoutMs) return KeepaliveAction.Idle;
      this.#askedAt = undefined;
      this.#missed++;
      this.#isMissCounted = true;
      // The next question does not wait for another interval: the link may be dead.
      this.#retryAt = now;
      return this.isDead ? KeepaliveAction.ConnectionDead : KeepaliveAction.PongTimeout;
    }
    return this.shouldSendKeepalive(now) ? KeepaliveAction.SendPing : KeepaliveAction.Idle;
  }

  /** Whether the peer is to be asked now. */
  shouldSendKeepalive(now: number): boolean {
    return !this.#isDisabled && this.#askedAt === undefined && now >= this.#dueAt;
  }

  /** When {@link check} has something to say, or Infinity. */
  nextAt(): number {
    if (this.#isDisabled) return Number.POSITIVE_INFINITY;
    return this.#askedAt === undefined ? this.#dueAt : this.#askedAt + this.config.timeoutMs;
  }

  /** The question left. */
  recordKeepaliveSent(now: number): void {
    this.totalSent++;
    this.#askedAt = now;
    this.#retryAt = undefined;
    this.#isMissCounted = false;
  }

  /** The answer came. @param rttMs how long it took; default: since the question */
  recordPongReceived(now: number, rttMs?: number): void {
    this.totalPongs++;
    this.lastPong = now;
    const sample = rttMs ?? (this.#askedAt === undefined ? undefined : now - this.#askedAt);
    if (sample !== undefined) this.#addSample(sample);
    if (this.config.adaptive) {
      this.#intervalMs = Math.min(this.config.intervalMs, this.#intervalMs * GROW);
    }
    this.recordActivity(now);
  }

  /** An answer is missing. One that {@link check} has reported is not counted again. */
  recordPongMissed(): void {
    if (this.#isMissCounted) {
      this.#isMissCounted = false;
      return;
    }
    this.#askedAt = undefined;
    this.#missed++;
  }

  /** Something authentic came from the peer: it is alive, and so is the way. */
  recordActivity(now: number): void {
    this.#heardAt = now;
    this.#askedAt = undefined;
    this.#retryAt = undefined;
    this.#missed = 0;
    this.#isMissCounted = false;
  }

  /** After a silence the way was dead, and another one worked at once: something on it forgets sooner. */
  recordPathLost(): void {
    if (!this.config.adaptive) return;
    const floor = Math.min(MIN_INTERVAL_MS, this.config.intervalMs);
    this.#intervalMs = Math.max(floor, this.#intervalMs * SHRINK);
  }

  /** Ask at once, whatever was heard before: the machine slept, or its network has changed. */
  askNow(now: number): void {
    if (this.#askedAt === undefined) this.#retryAt = now;
  }

  resetMisses(): void {
    this.#missed = 0;
    this.#isMissCounted = false;
  }

  /** Smoothed round trip in ms, or undefined before the first answer. */
  get srtt(): number | undefined {
    return this.#srtt;
  }

  /** Silence after which the peer is asked at present, ms. */
  get currentInterval(): number {
    return this.#intervalMs;
  }

  get missedPongs(): number {
    return this.#missed;
  }

  get isWaitingForPong(): boolean {
    return this.#askedAt !== undefined;
  }

  get isDead(): boolean {
    return this.#missed >= this.config.maxMissed;
  }

  get #isDisabled(): boolean {
    return this.config.intervalMs === Number.POSITIVE_INFINITY;
  }

  get #dueAt(): number {
    return this.#retryAt ?? this.#heardAt + this.#intervalMs;
  }

  #addSample(ms: number): void {
    const { srtt } = this;
    this.#srtt = srtt === undefined ? ms : srtt + (ms - srtt) * SMOOTHING;
  }
}
