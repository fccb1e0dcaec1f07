import { addressPrefix } from './address-prefix.js';

/** Hellos a second that one prefix may bring. */
export const PREFIX_HELLOS_PER_SECOND = 50;

const MAX_PREFIXES = 4096;

interface Bucket {
  tokens: number;
  filledAt: number;
}

/**
 * Limits the hellos of one IPv4 address or IPv6 /64. To be asked only about proven addresses:
 * otherwise whoever forges a source would use up the share of its owner. The table is bounded; the
 * prefix that was heard longest ago is forgotten first.
 */
export class PrefixLimiter {
  readonly #buckets = new Map<string, Bucket>();

  /** How many prefixes are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Whether a hello from `address` is within the limit; it counts when it is. */
  take(address: string, now: number): boolean {
    const prefix = addressPrefix(address);
    const bucket = this.#buckets.get(prefix) ?? { tokens: PREFIX_HELLOS_PER_SECOND, filledAt: now };
    const gained = ((now - bucket.filledAt) / 1000) * PREFIX_HELLOS_PER_SECOND;
    bucket.tokens = Math.min(PREFIX_HELLOS_PER_SECOND, bucket.tokens + gained);
    bucket.filledAt = now;
    this.#buckets.delete(prefix);
    this.#buckets.set(prefix, bucket);
    this.#forgetOldest();
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  #forgetOldest(): void {
    if (this.#buckets.size <= MAX_PREFIXES) return;
    const oldest = this.#buckets.keys().next();
    if (!oldest.done) this.#buckets.delete(oldest.value);
  }
}
