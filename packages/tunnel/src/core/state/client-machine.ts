import type { PeerSilence } from '@vcl-protocol/core';
import type { KeepaliveConfig } from '../keepalive/keepalive-config.js';
import { KeepaliveAction, KeepaliveManager } from '../keepalive/keepalive-manager.js';
import type { ReconnectManager } from '../reconnect/reconnect-manager.js';

/** Where a tunnel stands (guide: Tunnel Abstraction). */
export const TunnelState = {
  Stopped: 'stopped',
  Connecting: 'connecting',
  /** The server has answered within the session: more than that a socket is open. */
  Connected: 'connected',
  Reconnecting: 'reconnecting',
  /** It was given up, for a reason that waiting does not change. */
  Failed: 'failed',
} as const;
/** One of the {@link TunnelState} values. */
export type TunnelState = (typeof TunnelState)[keyof typeof TunnelState];

/** What a client is to do. */
export type ClientAction =
  /** Set up a session; while one is there, beside it: the new one decides (rule D5). */
  | 'connect'
  /** Ask the server whether it is there. */
  | 'ping'
  /** End the session: it is dead. */
  | 'drop';

/** After so long without an answer the client connects anew beside the session (rule D5). */
const SUSPECT_MS = 5_000;
/** The same after the machine slept or its network changed: whoever woke it waits for it. */
const WOKEN_PATIENCE_MS = 700;
/** A loss so soon after the machine slept is its consequence: there is nothing to wait for. */
const DISTURBED_MS = 10_000;
const CLOCK_NOISE_MS = 1;
/** Between two attempts beside a session. */
const BESIDE_INTERVAL_MS = 5_000;

/**
 * A client's decisions: when to connect, to ask, to give a session up. It has no clock, socket or
 * timer; after each input, {@link poll} says what to do until it says nothing.
 */
export class ClientMachine {
  state: TunnelState = TunnelState.Stopped;
  /** Of the session under way. */
  keepalive: KeepaliveManager;
  readonly reconnect: ReconnectManager;
  readonly #config: KeepaliveConfig;
  #hasSession = false;
  #isAttempting = false;
  #attemptAt = 0;
  #wantsPing = false;
  /** When the server has to be heard at the latest, or a session beside is tried. */
  #suspectAt: number = Number.POSITIVE_INFINITY;
  #besideAt: number = Number.NEGATIVE_INFINITY;
  #heardAt = 0;
  #disturbedAt: number = Number.NEGATIVE_INFINITY;

  constructor(config: KeepaliveConfig, reconnect: ReconnectManager) {
    this.#config = config;
    this.reconnect = reconnect;
    this.keepalive = new KeepaliveManager(config, 0);
  }

  /** Begins to connect. */
  start(now: number): void {
    this.state = TunnelState.Connecting;
    this.reconnect.reset(now);
  }

  /** Ends for good; nothing is to be done any more. */
  stop(): void {
    this.state = TunnelState.Stopped;
    this.#hasSession = false;
  }

  /** What to do now; to be asked again until there is nothing. */
  poll(now: number): ClientAction | undefined {
    if (this.isOver) return undefined;
    if (this.#hasSession) return this.#pollSession(now);
    if (this.#isAttempting || !this.reconnect.shouldReconnect(now)) return undefined;
    this.reconnect.onAttemptStart();
    this.#isAttempting = true;
    this.#attemptAt = now;
    return 'connect';
  }

  /** When {@link poll} may have something to say, or Infinity. */
  nextAt(now: number): number {
    if (this.isOver) return Number.POSITIVE_INFINITY;
    if (!this.#hasSession) {
      return this.#isAttempting
        ? Number.POSITIVE_INFINITY
        : now + this.reconnect.timeUntilReconnect(now);
    }
    const beside = this.#isAttempting
      ? Number.POSITIVE_INFINITY
      : Math.max(this.#suspectAt, this.#besideAt);
    return Math.min(this.keepalive.nextAt(), beside);
  }

  /** The attempt led to a session in which the server has answered. */
  onConnected(now: number): void {
    this.#isAttempting = false;
    if (this.isOver) return;
    const wasBeside = this.#hasSession;
    this.#hasSession = true;
    this.#wantsPing = false;
    this.#suspectAt = Number.POSITIVE_INFINITY;
    this.#heardAt = now;
    this.state = TunnelState.Connected;
    // What was learned of the translators on the way holds for the next session.
    this.keepalive = new KeepaliveManager(this.#config, now, this.keepalive.currentInterval);
    if (wasBeside) this.keepalive.recordPathLost();
    this.reconnect.onConnect(now);
  }

  /**
   * The attempt failed.
   *
   * @param isFinal whether another one would fail as well
   */
  onAttemptFailed(now: number, isFinal: boolean): void {
    this.#isAttempting = false;
    if (this.isOver || (this.#hasSession && !isFinal)) return;
    this.reconnect.onFailure(now);
    // It was made in another network, or before a sleep.
    if (this.#disturbedAt > this.#attemptAt) this.reconnect.hurry(now);
    if (isFinal || this.reconnect.isGivingUp()) this.state = TunnelState.Failed;
  }

  /** The session has ended, whoever ended it. */
  onSessionLost(now: number): void {
    if (!this.#hasSession) return;
    this.#hasSession = false;
    this.#suspectAt = Number.POSITIVE_INFINITY;
    if (this.isOver) return;
    this.state = TunnelState.Reconnecting;
    this.reconnect.onDisconnect(now);
    if (now - this.#disturbedAt < DISTURBED_MS) this.reconnect.hurry(now);
  }

  /** How quiet the server is; to be told now and then while there is a session. */
  onSilence({ quietMs, unansweredMs }: PeerSilence, now: number): void {
    if (!this.#hasSession) return;
    this.reconnect.checkStability(now);
    const heardAt = now - quietMs;
    // The clocks of the two calls differ by microseconds.
    if (heardAt > this.#heardAt + CLOCK_NOISE_MS) {
      this.#heardAt = heardAt;
      // What came before the network changed says nothing about the one it is in now.
      if (heardAt > this.#disturbedAt) this.#suspectAt = Number.POSITIVE_INFINITY;
      this.keepalive.recordActivity(heardAt);
    }
    if (unansweredMs > 0) {
      this.#suspectAt = Math.min(this.#suspectAt, now - unansweredMs + SUSPECT_MS);
    }
  }

  /** The answer to a question came. */
  onPong(now: number, rttMs: number): void {
    if (!this.#hasSession) return;
    this.keepalive.recordPongReceived(now, rttMs);
    this.#heardAt = Math.max(this.#heardAt, now);
    this.#suspectAt = Number.POSITIVE_INFINITY;
  }

  /** The machine slept, or its network is another one: what was known of the way does not hold. */
  onDisturbed(now: number): void {
    if (this.isOver) return;
    this.#disturbedAt = now;
    if (!this.#hasSession) {
      this.reconnect.hurry(now);
      return;
    }
    this.#wantsPing = true;
    this.keepalive.askNow(now);
    this.#besideAt = Number.NEGATIVE_INFINITY;
    this.#suspectAt = Math.min(this.#suspectAt, now + WOKEN_PATIENCE_MS);
  }

  get isOver(): boolean {
    return this.state === TunnelState.Stopped || this.state === TunnelState.Failed;
  }

  #pollSession(now: number): ClientAction | undefined {
    if (this.#wantsPing) {
      this.#wantsPing = false;
      this.keepalive.recordKeepaliveSent(now);
      return 'ping';
    }
    if (now >= this.#suspectAt && now >= this.#besideAt && !this.#isAttempting) {
      this.#besideAt = now + BESIDE_INTERVAL_MS;
      this.#isAttempting = true;
      return 'connect';
    }
    let action = this.keepalive.check(now);
    // The miss is counted now, and the next question is due at once.
    if (action === KeepaliveAction.PongTimeout) action = this.keepalive.check(now);
    if (action === KeepaliveAction.ConnectionDead) return 'drop';
    if (action !== KeepaliveAction.SendPing) return undefined;
    this.keepalive.recordKeepaliveSent(now);
    return 'ping';
  }
}
