import type { LogFields, Logger, LogLevel } from './logger.js';

/** Options of {@link RateLimitedLog}. */
export interface RateLimitedLogOptions {
  /** Lines of one kind that are let through in an interval. Default 5. */
  readonly burst?: number;
  /** Milliseconds after which a kind of line is let through again. Default 10,000. */
  readonly intervalMs?: number;
  /** A monotonic clock in milliseconds. Default `performance.now()`. */
  readonly now?: () => number;
}

/**
 * A logger for what the network can provoke. Lines are of one kind when level, message and
 * `fields.reason` agree, so a message must be constant text. Each kind has a bucket of `burst`
 * lines, filled again every `intervalMs`; what does not fit is counted, and the count is written
 * once when the interval is over.
 */
export class RateLimitedLog implements Logger {
  readonly #logger: Logger;
  readonly #burst: number;
  readonly #intervalMs: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param logger where the lines go that are let through */
  constructor(logger: Logger, options: RateLimitedLogOptions = {}) {
    this.#logger = logger;
    this.#burst = options.burst ?? 5;
    this.#intervalMs = options.intervalMs ?? 10_000;
    this.#now = options.now ?? (() => performance.now());
  }

  error(fields: LogFields, message: string): void {
    this.#write('error', fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.#write('warn', fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.#write('info', fields, message);
  }

  debug(fields: LogFields, message: string): void {
    this.#write('debug', fields, message);
  }

  isLevelEnabled(level: LogLevel): boolean {
    return this.#logger.isLevelEnabled?.(level) ?? true;
  }

  /**
   * Writes the counts of the intervals that are over; call it now and then.
   *
   * @param all also those that are not over: for the end
   */
  flush(all: boolean = false): void {
    const now = this.#now();
    for (const bucket of this.#buckets.values()) {
      if (all || now - bucket.filledAt >= this.#intervalMs) this.#fill(bucket, now);
    }
  }

  #write(level: LogLevel, fields: LogFields, message: string): void {
    if (!this.isLevelEnabled(level)) return;
    const now = this.#now();
    const bucket = this.#bucketOf({ level, message, reason: fields.reason }, now);
    if (now - bucket.filledAt >= this.#intervalMs) this.#fill(bucket, now);
    if (bucket.lines > 0) {
      bucket.lines--;
      this.#logger[level](fields, message);
    } else {
      bucket.suppressed++;
    }
  }

  #bucketOf(kind: Kind, now: number): Bucket {
    const { level, message } = kind;
    const reason = typeof kind.reason === 'string' ? kind.reason : undefined;
    const key = `${level} ${reason ?? ''} ${message}`;
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    if (this.#buckets.size >= MAX_KINDS && message !== OTHER) {
      return this.#bucketOf({ level, message: OTHER, reason: undefined }, now);
    }
    const bucket = { level, message, reason, lines: this.#burst, filledAt: now, suppressed: 0 };
    this.#buckets.set(key, bucket);
    return bucket;
  }

  #fill(bucket: Bucket, now: number): void {
    const { level, message, reason, suppressed } = bucket;
    bucket.lines = this.#burst;
    bucket.filledAt = now;
    bucket.suppressed = 0;
    if (suppressed === 0) return;
    const fields = reason === undefined ? { suppressed } : { reason, suppressed };
    this.#logger[level](fields, `suppressed: ${message}`);
  }
}

/** Kinds are few by design; beyond this many, those of a level share one bucket. */
const MAX_KINDS = 256;
const OTHER = 'other lines';

interface Kind {
  readonly level: LogLevel;
  readonly message: string;
  readonly reason: unknown;
}

interface Bucket {
  readonly level: LogLevel;
  readonly message: string;
  readonly reason: string | undefined;
  lines: number;
  filledAt: number;
  suppressed: number;
}
