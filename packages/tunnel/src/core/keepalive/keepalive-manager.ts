import {
  checkKeepaliveConfig,
  type KeepaliveConfig,
  type KeepalivePreset,
  keepaliveConfig,
} from './keepalive-config.js';

/** What is to be done for a link at present. */
export const KeepaliveAction = {
  /** Nothing. */
  Idle: 'idle',
  /** Ask the peer, then call `recordKeepaliveSent`. */
  SendPing: 'send-ping',
  /** An answer is missing; it is counted already. */
  PongTimeout: 'pong-timeout',
  /** Too many answers are missing: connect anew. It is said once, and nothing else until the peer is heard. */
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
 * An adaptive interval follows the translators on the way, not the round trip: it is halved, down to
 * 10 s, when after a silence of the interval a question was lost and the next one was answered, or
 * when the way was dead ({@link KeepaliveManager.recordPathLost}); it grows back by a tenth with each
 * answer after such a silence.
 */
export class KeepaliveManager {
  readonly config: KeepaliveConfig;
  /** Questions and answers so far. */
  totalSent = 0;
  totalPongs = 0;
  /** When the last answer came, or undefined. */
  lastPong: number | undefined;
  #heardAt: number;
  #lastAskedAt: number = Number.NEGATIVE_INFINITY;
  /** Of the question that waits for its answer. */
  #askedAt: number | undefined;
  #retryAt: number | undefined;
  #missed = 0;
  /** The miss that {@link check} has counted and the caller may report as well. */
  #isMissCounted = false;
  #isDeathTold = false;
  #intervalMs: number;
  /** Whether what becomes of the question says how long translators on the way remember. */
  #isTelling = false;
  #srtt: number | undefined;

  static fromPreset(preset: KeepalivePreset, now: number): KeepaliveManager {
    return new KeepaliveManager(keepaliveConfig(preset), now);
  }

  /**
   * @param now when the link came up
   * @param intervalMs that a link by the same way had, if there was one
   * @throws VCLError `InvalidConfig` that names the field
   */
  constructor(config: KeepaliveConfig, now: number, intervalMs: number = config.intervalMs) {
    checkKeepaliveConfig(config);
    this.config = config;
    this.#heardAt = now;
    this.#intervalMs = intervalMs;
  }

  /** What to do now. */
  check(now: number): KeepaliveAction {
    if (this.#isDisabled) return KeepaliveAction.Idle;
    if (this.isDead) return this.#tellDeath();
    if (this.#askedAt !== undefined) {
      if (now < this.#askedAt + this.config.timeoutMs) return KeepaliveAction.Idle;
      this.#askedAt = undefined;
      this.#missed++;
      this.#isMissCounted = true;
      // The next question does not wait for another interval: the link may be dead.
      this.#retryAt = now;
      return this.isDead ? this.#tellDeath() : KeepaliveAction.PongTimeout;
    }
    return this.shouldSendKeepalive(now) ? KeepaliveAction.SendPing : KeepaliveAction.Idle;
  }

  /** Whether the peer is to be asked now. */
  shouldSendKeepalive(now: number): boolean {
    if (this.#isDisabled || this.isDead || this.#askedAt !== undefined) return false;
    return now >= this.#dueAt;
  }

  /** When {@link check} has something to say, in ms of the same clock; Infinity for never. */
  nextAt(): number {
    if (this.#isDisabled) return Number.POSITIVE_INFINITY;
    if (this.isDead) return this.#isDeathTold ? Number.POSITIVE_INFINITY : this.#heardAt;
    return this.#askedAt === undefined ? this.#dueAt : this.#askedAt + this.config.timeoutMs;
  }

  /** The question left. While one waits for its answer, another one puts nothing off. */
  recordKeepaliveSent(now: number): void {
    this.totalSent++;
    if (this.#askedAt === undefined && this.#missed === 0)
      this.#isTelling = this.#isAboutQuiet(now);
    this.#askedAt ??= now;
    this.#lastAskedAt = now;
    this.#retryAt = undefined;
    this.#isMissCounted = false;
  }

  /** The answer came. @param rttMs how long it took; default: since the question */
  recordPongReceived(now: number, rttMs?: number): void {
    this.totalPongs++;
    this.lastPong = now;
    const sample = rttMs ?? this.#sample(now);
    if (sample !== undefined) this.#addSample(sample);
    this.recordActivity(now);
    if (this.config.adaptive && this.#isTelling) {
      this.#intervalMs = Math.min(this.config.intervalMs, this.#intervalMs * GROW);
    }
    this.#isTelling = false;
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

  /**
   * Something authentic came from the peer: it is alive, and so is the way.
   *
   * @param now when it came; what came before the last question says nothing about its answer
   */
  recordActivity(now: number): void {
    this.#heardAt = Math.max(this.#heardAt, now);
    if (now < this.#lastAskedAt) return;
    // The way was dead for the first question and is not for this one.
    if (this.#missed > 0 && this.#isTelling) this.recordPathLost();
    this.#askedAt = undefined;
    this.#retryAt = undefined;
    this.resetMisses();
  }

  /** After a silence the way was dead, and another one worked at once: something on it forgets sooner. */
  recordPathLost(): void {
    this.#isTelling = false;
    if (!this.config.adaptive) return;
    const floor = Math.min(MIN_INTERVAL_MS, this.config.intervalMs);
    this.#intervalMs = Math.max(floor, this.#intervalMs * SHRINK);
  }

  /**
   * Ask at once, whatever was heard before: the machine slept, or its network has changed. An answer
   * that is under way may have been lost by that, so it is asked for again and is no miss.
   */
  askNow(now: number): void {
    this.#askedAt = undefined;
    this.#retryAt = now;
  }

  /** The misses so far are no sign of a dead link. */
  resetMisses(): void {
    this.#missed = 0;
    this.#isMissCounted = false;
    this.#isDeathTold = false;
  }

  /** Smoothed round trip in ms, or undefined before the first answer. */
  get srtt(): number | undefined {
    return this.#srtt;
  }

  /** Silence after which the peer is asked at present, ms. */
  get currentInterval(): number {
    return this.#intervalMs;
  }

  /** Answers that are missing in a row. */
  get missedPongs(): number {
    return this.#missed;
  }

  get isWaitingForPong(): boolean {
    return this.#askedAt !== undefined;
  }

  /** Whether as many answers are missing as may be. */
  get isDead(): boolean {
    return this.#missed >= this.config.maxMissed;
  }

  get #isDisabled(): boolean {
    return this.config.intervalMs === Number.POSITIVE_INFINITY;
  }

  get #dueAt(): number {
    return this.#retryAt ?? this.#heardAt + this.#intervalMs;
  }

  #tellDeath(): KeepaliveAction {
    if (this.#isDeathTold) return KeepaliveAction.Idle;
    this.#isDeathTold = true;
    return KeepaliveAction.ConnectionDead;
  }

  /** A question that was lost makes it unclear which one an answer is to (RFC 6298, section 3). */
  #sample(now: number): number | undefined {
    return this.#askedAt === undefined || this.#missed > 0 ? undefined : now - this.#askedAt;
  }

  /**
   * Whether the silence is about as long as the interval: a machine that slept was silent for longer,
   * one that was told to ask at once for less.
   */
  #isAboutQuiet(now: number): boolean {
    const dueAt = this.#heardAt + this.#intervalMs;
    return now >= dueAt && now < dueAt + this.#intervalMs;
  }

  #addSample(ms: number): void {
    const { srtt } = this;
    this.#srtt = srtt === undefined ? ms : srtt + (ms - srtt) * SMOOTHING;
  }
}
