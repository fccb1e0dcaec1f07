/**
 * Numbers that name versions, suites and groups on the wire (SPEC 4.1), and the lengths of the
 * fields that all handshake messages share.
 */

/** Version 1, the only one so far. */
export const VERSION_1 = 0x0000_0001;
/** X25519, Ed25519, XChaCha20-Poly1305, SHA-256. */
export const SUITE_1 = 0x0001;
/** The key exchange group X25519 (RFC 7748). */
export const GROUP_X25519 = 0x001d;

/** Bytes of a public key, a secret, a SHA-256 hash or a hello's random. */
export const KEY_BYTES = 32;
/** Bytes of a connection id. */
export const CID_BYTES = 8;
/** Bytes of an attempt id: the start of the client's random (SPEC 3.1). */
export const ATTEMPT_BYTES = 8;
/** Bytes of an Ed25519 signature. */
export const SIGNATURE_BYTES = 64;
/** Bytes of a Poly1305 tag. */
export const TAG_BYTES = 16;
/** No bytes, where a field or a context is empty. */
export const EMPTY: Uint8Array = new Uint8Array(0);

/** How long an attempt lives on either side, in milliseconds (SPEC 4.5). */
export const ATTEMPT_LIFETIME_MS = 10_000;

/** Who speaks: the *client* sent the first hello (SPEC 1). */
export type Role = 'client' | 'server';
