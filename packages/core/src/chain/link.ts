import { concat, utf8 } from '../crypto/bytes.js';
import type { CryptoProvider } from '../crypto/provider.js';
import type { StateCarrier } from '../state-carrier.js';
import { type ChainDirection, type ChainLane, HASH_BYTES } from './lane.js';

const GENESIS_LABEL: Uint8Array = utf8('VCL1 genesis');
const LINK_MARKER = 0x01;
const LEAF_OFFSET = 1 + HASH_BYTES;

/**
 * `link[0]` of a lane: bound to the session, hence to both identities and the handshake (SPEC 8.2).
 *
 * @param sid the 32-byte session id (SPEC 4.3)
 */
export function genesis(
  crypto: Pick<CryptoProvider, 'sha256'>,
  sid: Uint8Array,
  direction: ChainDirection,
  lane: ChainLane,
): Uint8Array {
  return crypto.sha256(concat(GENESIS_LABEL, sid, Uint8Array.of(direction, lane)));
}

/** `0x01 || link || leaf`, ready to be hashed: of the call under way. */
const input = new Uint8Array(LEAF_OFFSET + HASH_BYTES);
input[0] = LINK_MARKER;

/** The running link of a lane: `link[n+1] = SHA-256(0x01 || link[n] || leaf[n])` (SPEC 8.2). */
export class LinkFolder {
  readonly #crypto: Pick<CryptoProvider, 'sha256'>;
  #link: Uint8Array;

  /** @param link the 32 bytes to start from; copied */
  constructor(crypto: Pick<CryptoProvider, 'sha256'>, link: Uint8Array) {
    this.#crypto = crypto;
    this.#link = link.slice();
  }

  /** The link as it stands, 32 bytes of their own. */
  get link(): Uint8Array {
    return this.#link.slice();
  }

  /** Links the next leaf, 32 bytes. */
  fold(leaf: Uint8Array): void {
    input.set(this.#link, 1);
    input.set(leaf, LEAF_OFFSET);
    this.#link = this.#crypto.sha256(input);
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#link = state.bytes(this.#link);
  }
}
