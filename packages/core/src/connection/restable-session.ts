import type { ConnectionOptions } from './connection-options.js';
import { ConnectionParts } from './connection-parts.js';
import { type KeptParts, RestingSession } from './resting-session.js';

/** After so long without anything a session gives back what it can make again. */
const REST_AFTER_MS = 2_000;

/** The machines of a session while something goes on, and in their place a record while nothing does. */
export class RestableSession {
  /** Absent while only the record is there. */
  live: ConnectionParts | undefined;
  /** The record, while it stands for the machines. */
  resting: RestingSession | undefined;
  /** When the session comes to rest, if nothing happens until then. */
  restAt: number = Number.POSITIVE_INFINITY;
  /** Whether it has given back what it can, with or without its machines. */
  isResting = false;

  readonly #restAfterMs: number;

  constructor(options: ConnectionOptions) {
    this.#restAfterMs = options.restAfterMs ?? REST_AFTER_MS;
    this.live = new ConnectionParts(options);
  }

  /** The machines; a session at rest wakes. */
  get parts(): ConnectionParts {
    return this.live ?? this.#wake();
  }

  /** What there is whether the session rests or not. */
  get known(): KeptParts {
    return this.live ?? this.resting!;
  }

  /** A verb begins: the time of rest is over. */
  enter(now: number): void {
    const { parts } = this;
    parts.now = now;
    this.restAt = now + this.#restAfterMs;
    this.isResting = false;
  }

  /** Puts the session to rest when nothing is under way. @returns whether it rests */
  rest(): boolean {
    const { parts } = this;
    if (!parts.isQuiet) return false;
    parts.rest();
    this.restAt = Number.POSITIVE_INFINITY;
    this.isResting = true;
    this.resting = RestingSession.of(parts);
    if (this.resting !== undefined) this.live = undefined;
    return true;
  }

  #wake(): ConnectionParts {
    const parts = this.resting!.wake();
    this.live = parts;
    this.resting = undefined;
    this.isResting = false;
    // Whoever only wanted to know something leaves it to rest again.
    this.restAt = parts.now;
    parts.options.wake();
    return parts;
  }
}
