import { writeU64be } from '../crypto/bytes.js';
import { SaltStream } from '../crypto/chacha-block.js';
import { expandLabel } from '../crypto/hkdf.js';
import type { CryptoProvider, Sha256 } from '../crypto/provider.js';
import { VCLError } from '../errors.js';
import type { ChainDirection, ChainLane } from './lane.js';

/** Bytes of a salt (SPEC 8.1). */
export const LEAF_SALT_BYTES = 16;

/** Bytes that are hashed before the payload: marker, lane, kind, n, length and salt (SPEC 8.1). */
export const LEAF_HEADER_BYTES: number = 1 + 1 + 2 + 8 + 8 + LEAF_SALT_BYTES;

/** Where in those bytes the salt stands. */
export const LEAF_SALT_OFFSET: number = LEAF_HEADER_BYTES - LEAF_SALT_BYTES;

const LEAF_MARKER = 0x00;
const SALT_KEY_BYTES = 32;

/** The salts of the leaves of one lane and direction (SPEC 8.1). */
export class LeafSalts {
  readonly #stream: SaltStream;

  /**
   * @param exporter the session's 32-byte exporter secret (SPEC 4.3)
   * @param direction whose messages they are
   */
  constructor(
    crypto: Pick<CryptoProvider, 'hmacSha256'>,
    exporter: Uint8Array,
    direction: ChainDirection,
    lane: ChainLane,
  ) {
    const context = Uint8Array.of(direction, lane);
    const key = expandLabel(crypto, exporter, 'salt', context, SALT_KEY_BYTES);
    this.#stream = new SaltStream(key);
    key.fill(0);
  }

  /** Writes the 16-byte salt of message `n` to `out[offset, offset + 16)`. */
  salt(n: number, out: Uint8Array, offset: number): void {
    this.#stream.salt(n, out, offset);
  }

  /** Fills the key with zeros; the object must not be used afterwards. */
  wipe(): void {
    this.#stream.wipe();
  }
}

/** What a leaf says about a message besides its payload. */
export interface LeafHead {
  readonly lane: ChainLane;
  /** The application's number for the message, 0 to 65,535. */
  readonly kind: number;
  /** The message's number in its lane, below 2^53. */
  readonly n: number;
  /** Bytes of payload. */
  readonly length: number;
  /** 16 bytes. */
  readonly salt: Uint8Array;
}

/**
 * The leaf of a message at hand (SPEC 8.1).
 *
 * @param scratch overwritten; when it holds `LEAF_HEADER_BYTES` and the payload, one call of the
 *   hash does it all
 * @param salt 16 bytes; a view of `scratch` at `LEAF_SALT_OFFSET` will do
 * @returns 32 bytes of their own
 */
export function leafOf(
  crypto: Pick<CryptoProvider, 'sha256' | 'createSha256'>,
  scratch: Uint8Array,
  lane: ChainLane,
  kind: number,
  n: number,
  salt: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  const length = payload.length;
  const end = LEAF_HEADER_BYTES + length;
  if (end > scratch.length) {
    const hasher = new LeafHasher(crypto, { lane, kind, n, length, salt });
    hasher.update(payload);
    return hasher.digest();
  }
  scratch.set(salt, LEAF_SALT_OFFSET);
  writeLeafHead(scratch, lane, kind, n, length);
  scratch.set(payload, LEAF_HEADER_BYTES);
  return crypto.sha256(scratch.subarray(0, end));
}

/** Writes all that is hashed before the payload but the salt (SPEC 8.1) to the start of `out`. */
export function writeLeafHead(
  out: Uint8Array,
  lane: ChainLane,
  kind: number,
  n: number,
  length: number,
): void {
  out[0] = LEAF_MARKER;
  out[1] = lane;
  out[2] = kind >>> 8;
  out[3] = kind;
  writeU64be(out, 4, n);
  writeU64be(out, 12, length);
}

/** A leaf whose payload comes in pieces, so that no single call hashes megabytes (rule C7). */
export class LeafHasher {
  readonly #hash: Sha256;
  #missing: number;

  /** @param head with the length of the whole payload */
  constructor(crypto: Pick<CryptoProvider, 'createSha256'>, head: LeafHead) {
    const bytes = new Uint8Array(LEAF_HEADER_BYTES);
    writeLeafHead(bytes, head.lane, head.kind, head.n, head.length);
    bytes.set(head.salt, LEAF_SALT_OFFSET);
    this.#hash = crypto.createSha256();
    this.#hash.update(bytes);
    this.#missing = head.length;
  }

  /** The next bytes of the payload, in order. */
  update(bytes: Uint8Array): void {
    this.#missing -= bytes.length;
    this.#hash.update(bytes);
  }

  /**
   * The 32-byte leaf; once only.
   *
   * @throws VCLError `ChainValidationFailed` unless exactly the announced length was given
   */
  digest(): Uint8Array {
    if (this.#missing !== 0) {
      throw new VCLError(
        'ChainValidationFailed',
        `the payload lacks ${this.#missing} bytes of the length its leaf names: give all of it`,
      );
    }
    return this.#hash.digest();
  }
}
