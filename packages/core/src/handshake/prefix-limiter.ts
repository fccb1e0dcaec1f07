import { addressPrefix } from './address-prefix.js';
import { ATTEMPT_LIFETIME_MS } from './registry.js';

/** Hellos a second that one prefix may bring. */
export const PREFIX_HELLOS_PER_SECOND = 50;

const MAX_PREFIXES = 4096;

interface Bucket {
  tokens: number;
  filledAt: number;
}

/**
 * What a prefix may do: `new` when none of its hellos counted as long as an attempt lives, `known`
 * when it is within its limit otherwise, `over` beyond the limit.
 */
export type PrefixStanding = 'new' | 'known' | 'over';

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

  /** How the prefix of `address` stands with one hello more, which counts unless it is over. */
  take(address: string, now: number): PrefixStanding {
    const prefix = addressPrefix(address);
    const known = this.#buckets.get(prefix);
    const bucket = known ?? { tokens: PREFIX_HELLOS_PER_SECOND, filledAt: now };
    const passedMs = now - bucket.filledAt;
    const gained = (passedMs / 1000) * PREFIX_HELLOS_PER_SECOND;
    bucket.tokens = Math.min(PREFIX_HELLOS_PER_SECOND, bucket.tokens + gained);
    bucket.filledAt = now;
    if (known !== undefined) this.#buckets.delete(prefix);
    this.#buckets.set(prefix, bucket);
    this.#forgetOldest();
    if (bucket.tokens < 1) return 'over';
    bucket.tokens -= 1;
    return known === undefined || passedMs >= ATTEMPT_LIFETIME_MS ? 'new' : 'known';
  }

  #forgetOldest(): void {
    if (this.#buckets.size <= MAX_PREFIXES) return;
    const oldest = this.#buckets.keys().next();
    if (!oldest.done) this.#buckets.delete(oldest.value);
  }
}
