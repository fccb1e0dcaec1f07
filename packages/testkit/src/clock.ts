import { EventQueue, type QueueEntry } from './scheduler.js';

/** Something that happens at a point of virtual time. */
export interface TimedAction {
  /** @param now the virtual time in milliseconds, never before the time it was scheduled for */
  run(now: number): void;
}

/** What {@link VirtualTime.schedule} returns: the handle for {@link VirtualTime.cancel}. */
export type Appointment = QueueEntry<TimedAction>;

/**
 * A clock that stands still until somebody moves it, and then jumps from one scheduled action to the
 * next. Actions of the same time run in the order they were scheduled.
 */
export class VirtualTime {
  readonly #queue: EventQueue<TimedAction> = new EventQueue();
  #now: number;

  /** @param startMs where the clock stands at first, in milliseconds; default 0 */
  constructor(startMs = 0) {
    if (!Number.isFinite(startMs)) throw new RangeError('startMs must be a finite number');
    this.#now = startMs;
  }

  /** The virtual time in milliseconds, possibly fractional. It never goes back. */
  get now(): number {
    return this.#now;
  }

  /** How many actions wait. */
  get pending(): number {
    return this.#queue.size;
  }

  /** When the next action is due, in milliseconds; Infinity when none waits. */
  get nextAt(): number {
    return this.#queue.nextAt;
  }

  /**
   * Schedules `action` for `atMs`; a time in the past means now, after what is already due now.
   *
   * @throws RangeError when `atMs` is NaN or infinite
   */
  schedule(atMs: number, action: TimedAction): Appointment {
    if (!Number.isFinite(atMs)) throw new RangeError(`cannot schedule an action for ${atMs}`);
    return this.#queue.push(Math.max(atMs, this.#now), action);
  }

  /** Takes an action back. @returns false when it already ran or was already cancelled */
  cancel(appointment: Appointment): boolean {
    return this.#queue.remove(appointment);
  }

  /**
   * Jumps to the next action and runs it.
   *
   * @param untilMs leave actions after this time alone; default Infinity
   * @returns false when nothing was due, in which case the clock did not move
   */
  step(untilMs: number = Number.POSITIVE_INFINITY): boolean {
    if (this.#queue.nextAt > untilMs) return false;
    const entry = this.#queue.pop();
    if (entry === undefined) return false;
    this.#now = entry.at;
    entry.value.run(this.#now);
    return true;
  }

  /** Runs everything due up to `untilMs` and leaves the clock there (or where it was, if later). */
  runUntil(untilMs: number): void {
    if (!Number.isFinite(untilMs)) throw new RangeError(`cannot move the clock to ${untilMs}`);
    while (this.step(untilMs));
    this.#now = Math.max(this.#now, untilMs);
  }
}
