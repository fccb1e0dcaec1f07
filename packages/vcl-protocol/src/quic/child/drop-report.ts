const INTERVAL_MS = 1_000;

/** Counts what was dropped by reasons, and tells it once a second at most. */
export class DropReport {
  readonly #tell: (reason: string, count: number) => void;
  readonly #counts = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (reason: string, count: number) => void) {
    this.#tell = tell;
  }

  count(reason: string): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    this.#timer ??= setTimeout(() => this.#tellAll(), INTERVAL_MS);
  }

  #tellAll(): void {
    this.#timer = undefined;
    for (const [reason, count] of this.#counts) this.#tell(reason, count);
    this.#counts.clear();
  }
}
