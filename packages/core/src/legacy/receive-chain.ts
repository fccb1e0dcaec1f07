import type { CryptoProvider } from '../crypto/provider.js';
import type { LegacyDropReason } from './drop-reason.js';
import type { LegacyNonceSource } from './nonces.js';
import {
  decodeLegacyPacket,
  LEGACY_HASH_BYTES,
  LEGACY_SIGNATURE_BYTES,
  LEGACY_VERSION,
  type LegacyPacket,
  type LegacyPacketType,
  legacyPacketBytes,
  legacyPacketHash,
} from './packet.js';

/** Packets kept that came before one in front of them. The crate keeps none (G22). */
const MAX_AHEAD = 64;
const NO_AAD: Uint8Array = new Uint8Array(0);

/** What a {@link LegacyReceiveChain} works with. */
export interface LegacyReceiveChainOptions {
  readonly crypto: CryptoProvider;
  /** Every packet must be signed by it. */
  readonly peerKey: Uint8Array;
  /** Of this side's own packets, so that they are known when they come back. */
  readonly ownNonces: LegacyNonceSource;
}

/** A packet that has passed all checks. */
export interface LegacyOpenedPacket {
  readonly packetType: LegacyPacketType;
  readonly sequence: number;
  readonly hash: Uint8Array;
  readonly plaintext: Uint8Array;
}

interface Candidate extends LegacyOpenedPacket {
  readonly prevHash: Uint8Array;
}

/**
 * The packets of one direction as they arrive. Nothing changes but for packets that pass every
 * check, where the crate changes first and checks then (G22, G23, G26). What comes a little early
 * waits for what should have come before it; what is lost never comes, as nobody sends it again
 * (G21, G30).
 */
export class LegacyReceiveChain {
  readonly #options: LegacyReceiveChainOptions;
  readonly #candidates = new Map<number, Candidate>();
  #expected = 0;
  #head: Uint8Array = new Uint8Array(LEGACY_HASH_BYTES);
  #newest = -1;

  constructor(options: LegacyReceiveChainOptions) {
    this.#options = options;
  }

  /** The sequence of the packet that has to come next. */
  get expected(): number {
    return this.#expected;
  }

  /** Whether the peer has made a packet behind one that is missing. */
  get hasGap(): boolean {
    return this.#newest >= this.#expected;
  }

  /**
   * Checks a packet, but for the link to one that is not there yet.
   *
   * @param bytes a datagram; copied
   * @param key of the session, 32 bytes
   * @returns undefined when it is kept for {@link take}, else why not
   */
  offer(bytes: Uint8Array, key: Uint8Array): LegacyDropReason | undefined {
    const packet = decodeLegacyPacket(bytes);
    if (packet === undefined || !isRegular(packet, bytes)) return 'malformed';
    if (packet.sequence > BigInt(Number.MAX_SAFE_INTEGER)) return 'chain';
    const sequence = Number(packet.sequence);
    const ahead = sequence - this.#expected;
    if (ahead < 0 || this.#candidates.has(sequence)) return 'replay';
    const { crypto, peerKey, ownNonces } = this.#options;
    const { packetType, prevHash, nonce } = packet;
    if (crypto.equal(nonce, ownNonces.at(sequence))) return 'reflected';
    if (ahead === 0 && !crypto.equal(prevHash, this.#head)) return 'chain';
    const hash = legacyPacketHash(crypto, packet);
    if (!crypto.verify(peerKey, hash, packet.signature)) return 'signature';
    // Before it counts for anything: one key may sign packets of many sessions.
    const plaintext = crypto.xchachaOpen(key, nonce, NO_AAD, packet.payload);
    if (plaintext === undefined) return 'decrypt';
    if (ahead > 0) this.#newest = Math.max(this.#newest, sequence);
    if (ahead > MAX_AHEAD) return 'chain';
    this.#candidates.set(sequence, { packetType, sequence, hash, plaintext, prevHash });
    return undefined;
  }

  /**
   * The next packet in order; the chain moves on by it. To be called until it gives undefined,
   * because one packet may make room for several that wait.
   *
   * @returns undefined when the next packet has not come, `chain` when it does not follow
   */
  take(): LegacyOpenedPacket | 'chain' | undefined {
    const next = this.#candidates.get(this.#expected);
    if (next === undefined) return undefined;
    this.#candidates.delete(this.#expected);
    if (!this.#options.crypto.equal(next.prevHash, this.#head)) return 'chain';
    this.#head = next.hash;
    this.#expected++;
    return next;
  }
}

/** What every packet of the crate is, and what its decoder does not ask for (G10, G11). */
function isRegular(packet: LegacyPacket, bytes: Uint8Array): boolean {
  return (
    packet.version === LEGACY_VERSION &&
    packet.prevHash.length === LEGACY_HASH_BYTES &&
    packet.signature.length === LEGACY_SIGNATURE_BYTES &&
    legacyPacketBytes(packet) === bytes.length
  );
}
