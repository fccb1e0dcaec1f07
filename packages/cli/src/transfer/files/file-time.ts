import type { Stats } from 'node:fs';
import { TransferLimits } from '../wire/messages.js';

/** When a file was changed, in ms since 1970; what no date can hold is the nearest that one can. */
export function timeOf({ mtimeMs }: Pick<Stats, 'mtimeMs'>): number {
  const { TIME_MS } = TransferLimits;
  return Math.max(-TIME_MS, Math.min(TIME_MS, mtimeMs));
}

/** The same as `utimes` takes it: of a number before 1970 Node makes the time of now. */
export function asTime(mtimeMs: number): number | Date {
  return mtimeMs < 0 ? new Date(mtimeMs) : mtimeMs / 1000;
}
