import { Reader } from '../reader.js';
import { varintLength, Writer } from '../writer.js';

/** The group every exchange starts with: X25519 (SPEC 4.1, 6.10). */
const X25519_GROUP = 0x001d;
const X25519_SHARE_BYTES = 32;
/** Statements hold the epoch as a u32 (SPEC 8.3). */
const MAX_EPOCH = 0xffff_ffff;
const MAX_SHARES = 0xff;

/** A fresh public key of an exchange. */
export interface RekeyShare {
  /** The group, as in the handshake (SPEC 4.1). */
  readonly group: number;
  /** The public value; 32 bytes for X25519. */
  readonly share: Uint8Array;
}

/** The body of REKEY_INIT and of REKEY_RESP (SPEC 6.10). */
export interface RekeyMessage {
  /** The epoch the exchange leads to. */
  readonly epoch: number;
  /** The shares, X25519 first. */
  readonly shares: readonly RekeyShare[];
}

/**
 * The body of a REKEY_INIT or REKEY_RESP. RangeError when the first share is not an X25519 key or
 * there are more than 255.
 */
export function encodeRekey(message: RekeyMessage): Uint8Array {
  const { epoch, shares } = message;
  if (!startsWithX25519(shares) || shares.length > MAX_SHARES) {
    throw new RangeError('a rekey has 1 to 255 shares, of which an X25519 key is the first');
  }
  let length = varintLength(epoch) + 1;
  for (const { share } of shares) length += 4 + share.length;
  const body = new Uint8Array(length);
  const w = new Writer().reset(body, 0, length);
  w.varint(epoch);
  w.u8(shares.length);
  for (const { group, share } of shares) {
    w.u16(group);
    w.u16(share.length);
    w.bytes(share);
  }
  return body;
}

/**
 * Reads the body of a REKEY_INIT or REKEY_RESP; shares are views into it. Undefined when it is
 * malformed or does not start with an X25519 key.
 */
export function decodeRekey(body: Uint8Array): RekeyMessage | undefined {
  const r = new Reader().reset(body, 0, body.length);
  const epoch = r.varint();
  const count = r.u8();
  const shares: RekeyShare[] = [];
  for (let i = 0; i < count && !r.failed; i++) {
    const group = r.u16();
    shares.push({ group, share: r.bytes(r.u16()) });
  }
  if (!r.done || epoch > MAX_EPOCH || !startsWithX25519(shares)) return undefined;
  return { epoch, shares };
}

/** The body of a REKEY_WANTED. @param epoch the epoch wanted */
export function encodeRekeyWanted(epoch: number): Uint8Array {
  const body = new Uint8Array(varintLength(epoch));
  new Writer().reset(body, 0, body.length).varint(epoch);
  return body;
}

/** Reads the body of a REKEY_WANTED: the epoch wanted. Undefined when it is malformed. */
export function decodeRekeyWanted(body: Uint8Array): number | undefined {
  const r = new Reader().reset(body, 0, body.length);
  const epoch = r.varint();
  return r.done && epoch <= MAX_EPOCH ? epoch : undefined;
}

function startsWithX25519(shares: readonly RekeyShare[]): boolean {
  const first = shares[0];
  return first?.group === X25519_GROUP && first.share.length === X25519_SHARE_BYTES;
}
