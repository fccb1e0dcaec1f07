import { VCLError } from '@vcl-protocol/core';

/** For which kind of network a keepalive is set up. */
export const KeepalivePreset = {
  Mobile: 'mobile',
  Home: 'home',
  Corporate: 'corporate',
  DataCenter: 'data-center',
  Disabled: 'disabled',
} as const;
/** One of the {@link KeepalivePreset} values. */
export type KeepalivePreset = (typeof KeepalivePreset)[keyof typeof KeepalivePreset];

/** When a quiet link is asked whether it is alive. */
export interface KeepaliveConfig {
  /** Silence of the peer after which it is asked, ms; Infinity for never. */
  readonly intervalMs: number;
  /** How long its answer may take, ms. */
  readonly timeoutMs: number;
  /** Answers that may be missing in a row: with so many the link is dead. */
  readonly maxMissed: number;
  /** Whether the interval shrinks when address translators on the way forget the link sooner. */
  readonly adaptive: boolean;
}

/** The guide's numbers. */
const PRESETS: Readonly<Record<KeepalivePreset, KeepaliveConfig>> = {
  mobile: { intervalMs: 20_000, timeoutMs: 5_000, maxMissed: 3, adaptive: true },
  home: { intervalMs: 60_000, timeoutMs: 10_000, maxMissed: 3, adaptive: true },
  corporate: { intervalMs: 120_000, timeoutMs: 15_000, maxMissed: 2, adaptive: false },
  'data-center': { intervalMs: 30_000, timeoutMs: 10_000, maxMissed: 5, adaptive: false },
  disabled: {
    intervalMs: Number.POSITIVE_INFINITY,
    timeoutMs: 30_000,
    maxMissed: Number.POSITIVE_INFINITY,
    adaptive: false,
  },
};

/** The configuration of a preset. */
export function keepaliveConfig(preset: KeepalivePreset): KeepaliveConfig {
  return PRESETS[preset];
}

/** @throws VCLError `InvalidConfig` that names the field */
export function checkKeepaliveConfig(config: KeepaliveConfig): void {
  const { intervalMs, timeoutMs, maxMissed } = config;
  check(intervalMs > 0, 'intervalMs', 'above 0, Infinity for never', intervalMs);
  check(timeoutMs > 0 && Number.isFinite(timeoutMs), 'timeoutMs', 'above 0', timeoutMs);
  check(maxMissed >= 1, 'maxMissed', '1 or more', maxMissed);
}

function check(holds: boolean, field: string, rule: string, value: number): void {
  if (holds) return;
  throw new VCLError('InvalidConfig', `keepalive.${field} must be ${rule}: got ${value}`);
}
