import { VCLError } from '@vcl-protocol/core';

/** How a lost link is tried again. */
export interface ReconnectConfig {
  /** The first wait, and the longest, ms. */
  readonly initialMs: number;
  readonly maxMs: number;
  /** How much longer each wait is than the one before, 1 or more. */
  readonly multiplier: number;
  /** How far a wait may be off, as a share of it, 0 to 1: so that clients do not all come at once. */
  readonly jitter: number;
  /** Attempts before it is given up; undefined for never. */
  readonly maxAttempts: number | undefined;
  /** How long a link has to last before waits begin anew, ms. */
  readonly stableMs: number;
}

/** The guide's presets. */
export const ReconnectConfig = {
  default: (): ReconnectConfig => ({
    initialMs: 1_000,
    maxMs: 60_000,
    multiplier: 2,
    jitter: 0.2,
    maxAttempts: undefined,
    stableMs: 30_000,
  }),
  /** Fast and endless. */
  mobile: (): ReconnectConfig => ({
    initialMs: 500,
    maxMs: 30_000,
    multiplier: 1.5,
    jitter: 0.3,
    maxAttempts: undefined,
    stableMs: 10_000,
  }),
  /** Patient, ten attempts. */
  stable: (): ReconnectConfig => ({
    initialMs: 2_000,
    maxMs: 120_000,
    multiplier: 2,
    jitter: 0.1,
    maxAttempts: 10,
    stableMs: 60_000,
  }),
  /** For tests and machines side by side. */
  instant: (): ReconnectConfig => ({
    initialMs: 10,
    maxMs: 100,
    multiplier: 1.5,
    jitter: 0,
    maxAttempts: 5,
    stableMs: 100,
  }),
} as const;

/** @throws VCLError `InvalidConfig` that names the field */
export function checkReconnectConfig(config: ReconnectConfig): void {
  const { initialMs, maxMs, multiplier, jitter, maxAttempts, stableMs } = config;
  require(initialMs > 0 && Number.isFinite(initialMs), 'initialMs', 'above 0', initialMs);
  require(maxMs >= initialMs && Number.isFinite(maxMs), 'maxMs', 'initialMs or more', maxMs);
  require(multiplier >= 1 && Number.isFinite(multiplier), 'multiplier', '1 or more', multiplier);
  require(jitter >= 0 && jitter <= 1, 'jitter', 'from 0 to 1', jitter);
  require(stableMs >= 0 && Number.isFinite(stableMs), 'stableMs', '0 or more', stableMs);
  const isCount = maxAttempts === undefined || (Number.isInteger(maxAttempts) && maxAttempts > 0);
  require(isCount, 'maxAttempts', 'a whole number above 0, or undefined', maxAttempts);
}

function require(holds: boolean, field: string, rule: string, value: unknown): void {
  if (holds) return;
  throw new VCLError('InvalidConfig', `reconnect.${field} must be ${rule}: got ${String(value)}`);
}
