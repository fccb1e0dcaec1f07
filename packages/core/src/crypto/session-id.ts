import { concat, u32be, utf8 } from './bytes.js';
import type { CryptoProvider } from './provider.js';

/** What a session id is made of; keys and hash have 32 bytes. */
export interface SessionIdParts {
  /** The protocol version agreed on. */
  readonly version: number;
  readonly clientKey: Uint8Array;
  readonly serverKey: Uint8Array;
  /** The handshake's transcript hash. */
  readonly th: Uint8Array;
}

const LABEL: Uint8Array = utf8('VCL1 session');

/** The session id: 32 bytes that bind both identities and the handshake (SPEC 4.3). */
export function sessionId(
  crypto: Pick<CryptoProvider, 'sha256'>,
  parts: SessionIdParts,
): Uint8Array {
  const { version, clientKey, serverKey, th } = parts;
  return crypto.sha256(concat(LABEL, u32be(version), clientKey, serverKey, th));
}
