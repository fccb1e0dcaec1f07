import { fromHex } from '@vcl-protocol/core';
import { encodePublicKey, fingerprint } from 'vcl-protocol';

/** The two directions of a session, by number (SPEC 1). */
export const DIRECTION_NAMES = ['client to server', 'server to client'] as const;
/** One of {@link DIRECTION_NAMES}. */
export type DirectionName = (typeof DIRECTION_NAMES)[number];

/** The two lanes of a direction, by number (SPEC 7). */
export const LANE_NAMES = ['reliable', 'lossy'] as const;
/** One of {@link LANE_NAMES}. */
export type LaneName = (typeof LANE_NAMES)[number];

/** A public key in the forms that people compare. */
export interface KeyNames {
  /** `vcl-ed25519:` and base64url. */
  readonly publicKey: string;
  /** `SHA256:` and base64. */
  readonly fingerprint: string;
}

/** The names of a key that a log report gives in hex. */
export function keyNames(keyInHex: string): KeyNames {
  const key = fromHex(keyInHex);
  return { publicKey: encodePublicKey(key), fingerprint: fingerprint(key) };
}
