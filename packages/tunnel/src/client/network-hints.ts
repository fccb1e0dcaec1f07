import { KeepalivePreset } from '../core/keepalive/keepalive-config.js';

/** How traffic may be disguised; the modes of the guide. */
export const ObfuscationMode = {
  None: 'none',
  Padding: 'padding',
  SizeNormalization: 'size-normalization',
  TlsMimicry: 'tls-mimicry',
  Http2Mimicry: 'http2-mimicry',
  Full: 'full',
} as const;
/** One of the {@link ObfuscationMode} values. */
export type ObfuscationMode = (typeof ObfuscationMode)[keyof typeof ObfuscationMode];

/** What is known about a kind of network. */
export interface NetworkHint {
  readonly keepalive: KeepalivePreset;
  /** The disguise that fits it. */
  readonly mode: ObfuscationMode;
}

const MOBILE: NetworkHint = { keepalive: KeepalivePreset.Mobile, mode: ObfuscationMode.Full };
const HOME: NetworkHint = { keepalive: KeepalivePreset.Home, mode: ObfuscationMode.TlsMimicry };
const OFFICE: NetworkHint = {
  keepalive: KeepalivePreset.Corporate,
  mode: ObfuscationMode.Http2Mimicry,
};
const UNKNOWN: NetworkHint = { keepalive: KeepalivePreset.Home, mode: ObfuscationMode.Padding };

/** One table for everything that depends on where somebody is. */
const HINTS: ReadonlyMap<string, NetworkHint> = new Map([
  ['mobile', MOBILE],
  ['mts', MOBILE],
  ['beeline', MOBILE],
  ['megafon', MOBILE],
  ['tele2', MOBILE],
  ['home', HOME],
  ['broadband', HOME],
  ['corporate', OFFICE],
  ['office', OFFICE],
  ['work', OFFICE],
]);

/** What fits a network, by the name of its kind or its operator; an unknown one gets the cautious middle. */
export function networkHint(hint: string): NetworkHint {
  return HINTS.get(hint.trim().toLowerCase()) ?? UNKNOWN;
}

/** The disguise that fits a network: `full` for `mts`, `tls-mimicry` for `home`, `padding` for what is unknown. */
export function recommendedMode(hint: string): ObfuscationMode {
  return networkHint(hint).mode;
}
