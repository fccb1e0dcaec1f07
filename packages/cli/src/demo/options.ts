import { InvalidArgumentError } from 'commander';

/** The largest transfer: its log is as large. */
export const MAX_DEMO_BYTES: number = 4 * 2 ** 30;

/** The most loss that the relay can be asked for, in percent; beyond, a link is hardly one. */
const MAX_LOSS_PERCENT = 50;

/**
 * Reads --size: whole bytes, with K, M or G for binary multiples, from 1 to {@link MAX_DEMO_BYTES}.
 *
 * @throws InvalidArgumentError that says what is allowed
 */
export function parseSize(text: string): number {
  const parts = /^(\d+)([KMG]?)$/i.exec(text);
  const unit = SIZE_UNITS[parts?.[2]?.toUpperCase() ?? ''] ?? 1;
  const bytes = parts === null ? 0 : Number(parts[1]) * unit;
  if (bytes >= 1 && bytes <= MAX_DEMO_BYTES) return bytes;
  throw new InvalidArgumentError('Give bytes from 1 to 4G, such as 5000000 or 20M.');
}

/**
 * Reads --loss: percent, fractions allowed, from 0 to {@link MAX_LOSS_PERCENT}.
 *
 * @throws InvalidArgumentError that says what is allowed
 */
export function parseLoss(text: string): number {
  const percent = /^\d+(\.\d+)?%?$/.test(text) ? Number.parseFloat(text) : -1;
  if (percent >= 0 && percent <= MAX_LOSS_PERCENT) return percent;
  throw new InvalidArgumentError(`Give percent from 0 to ${MAX_LOSS_PERCENT}, such as 2 or 0.5.`);
}

/**
 * Reads --seed: a whole number below 2^32.
 *
 * @throws InvalidArgumentError that says what is allowed
 */
export function parseSeed(text: string): number {
  const seed = /^\d+$/.test(text) ? Number(text) : -1;
  if (seed >= 0 && seed < 2 ** 32) return seed;
  throw new InvalidArgumentError('Give a whole number from 0 to 4294967295.');
}

const SIZE_UNITS: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
