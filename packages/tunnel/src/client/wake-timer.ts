import { SleepWatch } from './sleep-watch.js';

/** The one timer of a tunnel: the earliest of all times that were asked for; it also notices sleep. */
export class WakeTimer {
  readonly #onTime: (hasSlept: boolean) => void;
  readonly #sleep = new SleepWatch();
  #timer: NodeJS.Timeout | undefined;
  #at = Number.POSITIVE_INFINITY;
  #isStopped = false;

  /** @param onTime called when a time has come; whether the machine slept until then */
  constructor(onTime: (hasSlept: boolean) => void) {
    this.#onTime = onTime;
  }

  /** Fires at `at` (`performance.now()`), unless it does earlier. */
  wakeAt(at: number): void {
    if (this.#isStopped || at >= this.#at) return;
    clearTimeout(this.#timer);
    const delayMs = Math.min(Math.max(1, Math.ceil(at - performance.now())), SleepWatch.LONGEST_MS);
    this.#at = at;
    this.#timer = setTimeout(this.#fire, delayMs);
    this.#sleep.expect(delayMs);
  }

  /** Whether the machine slept since this was last asked, or the timer fired. */
  hasSlept(): boolean {
    return this.#sleep.hasSlept();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  readonly #fire = (): void => {
    this.#at = Number.POSITIVE_INFINITY;
    this.#onTime(this.#sleep.hasSlept());
  };
}
