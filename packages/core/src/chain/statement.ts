import { utf8 } from '../crypto/bytes.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { Reader } from '../wire/reader.js';
import { Writer } from '../wire/writer.js';
import { type ChainDirection, HASH_BYTES } from './lane.js';
import { sameBytes } from './same-bytes.js';

/** Bytes of a statement as it is signed (SPEC 8.3). */
export const STATEMENT_BYTES = 254;

/** Bytes of its Ed25519 signature. */
export const STATEMENT_SIGNATURE_BYTES = 64;

/** The flags of a statement: OPEN is number 0 and only that, FINAL the last one (SPEC 8.3). */
export const StatementFlags = { OPEN: 1, FINAL: 2 } as const;

/** The hash that stands for a statement that does not exist: 32 zero bytes (SPEC 8.3). */
export const NO_STATEMENT: Uint8Array = new Uint8Array(HASH_BYTES);

/** What a statement says: everything that is signed (SPEC 8.3). */
export interface Statement {
  /** The session id, 32 bytes. */
  readonly sid: Uint8Array;
  readonly direction: ChainDirection;
  /** A sum of {@link StatementFlags}. */
  readonly flags: number;
  /** The statement's number in its direction, from 0. */
  readonly k: number;
  /** {@link statementHash} of number k - 1, or {@link NO_STATEMENT}. */
  readonly previousHash: Uint8Array;
  /** How many messages of lane R it covers. */
  readonly rThrough: number;
  readonly rLink: Uint8Array;
  /** How many messages of lane L it covers. */
  readonly lThrough: number;
  readonly lLink: Uint8Array;
  /** How many of the peer's statements the signer had verified. */
  readonly seen: number;
  /** {@link statementHash} of the last of them, or {@link NO_STATEMENT}. */
  readonly seenHash: Uint8Array;
  /** The signer's sending epoch. */
  readonly epoch: number;
  /** The transcript hash of that epoch, 32 bytes (SPEC 5.3). */
  readonly eth: Uint8Array;
  /** The signer's Unix time in milliseconds. */
  readonly timeMs: number;
}

const PREFIX: Uint8Array = utf8('VCL1 checkpoint\0');
const KNOWN_FLAGS: number = StatementFlags.OPEN | StatementFlags.FINAL;

/** Writes the 254 bytes that are signed to the start of `out` (SPEC 8.3). */
export function encodeStatement(statement: Statement, out: Uint8Array): void {
  const w = new Writer().reset(out, 0, STATEMENT_BYTES);
  w.bytes(PREFIX);
  w.bytes(statement.sid);
  w.u8(statement.direction);
  w.u8(statement.flags);
  w.u64(statement.k);
  w.bytes(statement.previousHash);
  w.u64(statement.rThrough);
  w.bytes(statement.rLink);
  w.u64(statement.lThrough);
  w.bytes(statement.lLink);
  w.u64(statement.seen);
  w.bytes(statement.seenHash);
  w.u32(statement.epoch);
  w.bytes(statement.eth);
  w.u64(statement.timeMs);
}

/**
 * Reads the 254 bytes; hashes are views into them. Undefined when they are no statement: another
 * length or prefix, a direction that is neither, a flag without meaning, a number above 2^53 - 1.
 */
export function decodeStatement(bytes: Uint8Array): Statement | undefined {
  const r = new Reader().reset(bytes, 0, bytes.length);
  const prefix = r.bytes(PREFIX.length);
  const sid = r.bytes(HASH_BYTES);
  const direction = r.u8();
  const flags = r.u8();
  if (!sameBytes(prefix, PREFIX) || direction > 1 || (flags & ~KNOWN_FLAGS) !== 0) return undefined;
  const statement: Statement = {
    sid,
    direction: direction === 0 ? 0 : 1,
    flags,
    k: r.u64(),
    previousHash: r.bytes(HASH_BYTES),
    rThrough: r.u64(),
    rLink: r.bytes(HASH_BYTES),
    lThrough: r.u64(),
    lLink: r.bytes(HASH_BYTES),
    seen: r.u64(),
    seenHash: r.bytes(HASH_BYTES),
    epoch: r.u32(),
    eth: r.bytes(HASH_BYTES),
    timeMs: r.u64(),
  };
  return r.done ? statement : undefined;
}

/** The hash by which later statements name this one (SPEC 8.3). @param bytes the 254 bytes */
export function statementHash(
  crypto: Pick<CryptoProvider, 'sha256'>,
  bytes: Uint8Array,
): Uint8Array {
  return crypto.sha256(bytes);
}
