import type { CryptoProvider } from '../crypto/provider.js';
import type { ChainDirection, ChainLane } from './lane.js';
import {
  LEAF_HEADER_BYTES,
  LEAF_SALT_BYTES,
  LEAF_SALT_OFFSET,
  LeafHasher,
  LeafSalts,
  leafOf,
} from './leaf.js';

/** What {@link LaneLeaves} needs. */
export interface LaneLeavesOptions {
  readonly crypto: Pick<CryptoProvider, 'hmacSha256' | 'sha256' | 'createSha256'>;
  /** The session's exporter secret (SPEC 4.3). */
  readonly exporter: Uint8Array;
  readonly direction: ChainDirection;
  readonly lane: ChainLane;
}

/** Payloads up to this many bytes are hashed in one call. */
const ONE_SHOT_BYTES = 65_536;
const FIRST_SCRATCH_BYTES = 2_048;

/**
 * The leaves of one lane and direction with the salts that belong to them (SPEC 8.1). Its scratch
 * buffer grows with the largest message so far, up to 64 KiB.
 */
export class LaneLeaves {
  readonly #crypto: LaneLeavesOptions['crypto'];
  readonly #lane: ChainLane;
  readonly #salts: LeafSalts;
  #scratch: Uint8Array = new Uint8Array(FIRST_SCRATCH_BYTES);
  #saltView: Uint8Array = saltOf(this.#scratch);

  constructor(options: LaneLeavesOptions) {
    const { crypto, exporter, direction, lane } = options;
    this.#crypto = crypto;
    this.#lane = lane;
    this.#salts = new LeafSalts(crypto, exporter, direction, lane);
  }

  /** The leaf of a message at hand: 32 bytes. */
  leaf(kind: number, n: number, payload: Uint8Array): Uint8Array {
    this.#reserve(payload.length);
    this.#salts.salt(n, this.#scratch, LEAF_SALT_OFFSET);
    return leafOf(this.#crypto, this.#scratch, this.#lane, kind, n, this.#saltView, payload);
  }

  /** A hasher for a message that comes in pieces. @param length bytes of the whole payload */
  hasher(kind: number, n: number, length: number): LeafHasher {
    return new LeafHasher(this.#crypto, { lane: this.#lane, kind, n, length, salt: this.salt(n) });
  }

  /** The 16-byte salt of message `n`, for the session log. */
  salt(n: number): Uint8Array {
    const out = new Uint8Array(LEAF_SALT_BYTES);
    this.#salts.salt(n, out, 0);
    return out;
  }

  /** Fills keys and scratch with zeros; the object must not be used afterwards. */
  wipe(): void {
    this.#salts.wipe();
    this.#scratch.fill(0);
  }

  #reserve(payloadBytes: number): void {
    if (payloadBytes > ONE_SHOT_BYTES) return;
    const needed = LEAF_HEADER_BYTES + payloadBytes;
    if (needed <= this.#scratch.length) return;
    const size = Math.max(needed, 2 * this.#scratch.length);
    this.#scratch = new Uint8Array(Math.min(size, LEAF_HEADER_BYTES + ONE_SHOT_BYTES));
    this.#saltView = saltOf(this.#scratch);
  }
}

function saltOf(scratch: Uint8Array): Uint8Array {
  return scratch.subarray(LEAF_SALT_OFFSET, LEAF_HEADER_BYTES);
}
