import type { QuicConnection } from './quic-connection.js';
import type { Turns, TurnTaker } from './turns.js';

/** Lets a connection send at the end of each turn in which it has changed, and when its time comes. */
export class ConnectionClock implements TurnTaker {
  readonly #connection: QuicConnection;
  readonly #turns: Turns;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer fires, and when the connection is due, on the clock of `performance`. */
  #firesAt = 0;
  #dueAt = 0;

  constructor(connection: QuicConnection, turns: Turns) {
    this.#connection = connection;
    this.#turns = turns;
  }

  /** The connection may have something to send. */
  touch(): void {
    this.#turns.add(this);
  }

  endTurn(): void {
    this.#connection.flush();
    this.#arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    const timeoutMs = this.#connection.timeoutMs;
    if (timeoutMs === undefined) {
      this.stop();
      return;
    }
    const now = performance.now();
    this.#dueAt = now + timeoutMs;
    // A timer that fires too soon finds that out; setting one anew for each packet would cost more.
    if (this.#timer !== undefined && this.#firesAt <= this.#dueAt) return;
    this.stop();
    this.#set(now);
  }

  #set(now: number): void {
    const delayMs = Math.max(1, Math.ceil(this.#dueAt - now));
    this.#firesAt = now + delayMs;
    this.#timer = setTimeout(() => this.#onTimer(), delayMs);
  }

  #onTimer(): void {
    this.#timer = undefined;
    const now = performance.now();
    if (now < this.#dueAt) {
      this.#set(now);
      return;
    }
    this.#connection.onTimeout();
    this.touch();
  }
}
