import type { CryptoProvider } from '@vcl-protocol/core';
import type { KeyPair } from '../crypto.js';
import type { DatagramNetwork } from '../datagram-link.js';
import type { PublicKeyLike } from '../identity/public-key.js';
import type { Logger } from '../logger.js';
import type { ProviderName } from '../platform.js';

/** The wire of the Rust crate vcl-protocol, versions 0.4 to 1.6, which are the same. */
export const LEGACY_WIRE = 'rust-1.5';

/** What every {@link LegacyConnectionOptions} has. */
export interface LegacyCommonOptions {
  /**
   * Has to be written out: this wire is never a default and never fallen back to. It says that you
   * know what docs/legacy-wire.md tells of it.
   */
  readonly wire: typeof LEGACY_WIRE;
  /**
   * Bytes of a message that travel in one packet, 1 to 65,314; a datagram has up to 193 more. Longer
   * messages are cut. Default 1,200.
   */
  readonly fragmentSize?: number;
  /** The longest message sent or put together: 1 byte to 64 MiB. Default 16 MiB. */
  readonly maxMessageBytes?: number;
  /**
   * Packets a second that are sent, with a burst of 32: nobody resends what does not fit into the
   * peer's socket buffer. 1 to 1,000,000. Default 4,000.
   */
  readonly packetsPerSecond?: number;
  /**
   * Whether the peer may change the key. A message of 32 bytes can be turned into such a change on
   * its way (G9), so set it to false when the peer never rotates. Default true.
   */
  readonly acceptRotation?: boolean;
  /**
   * How long a packet that others have overtaken is waited for before the session ends, in ms: 0 to
   * 60,000. Default 1,000.
   */
  readonly gapTimeoutMs?: number;
  /** How long `connect` waits for the answer, in ms: 1 to 600,000. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Silence of the peer after which a session ends, in ms; 0 for never. Default 60,000. */
  readonly idleTimeoutMs?: number;
  /** Where log lines go. Default: nowhere. */
  readonly logger?: Logger;
  /** The cryptography. Default: the fastest that loads of sodium-native, node, noble. */
  readonly crypto?: ProviderName | CryptoProvider;
  /** What datagrams travel on. Default: UDP. */
  readonly network?: DatagramNetwork;
  /** Ends everything at once when it is aborted. */
  readonly signal?: AbortSignal;
}

/** For peers that run the crate as it is published. */
export interface SharedIdentityOptions {
  /**
   * The key pair, or its seed of 32 bytes, that both sides hold, as given to `set_shared_key` there:
   * the crate checks what it receives with its own key, because no key of anybody else ever reaches
   * it (G1, G2). Whoever has it can be either side.
   */
  readonly sharedIdentity: KeyPair | Uint8Array;
}

/**
 * For peers that were taught to check with the key of the other side, and to receive from a peer
 * whose key is known: the crate as it is published accepts nothing that is signed this way (G1).
 */
export interface SeparateIdentityOptions {
  /** What this side signs with. */
  readonly identity: KeyPair;
  /** What the packets of the peer must be signed with. */
  readonly peerKey: PublicKeyLike;
}

/** Options of `LegacyConnection.bind`. */
export type LegacyConnectionOptions = LegacyCommonOptions &
  (SharedIdentityOptions | SeparateIdentityOptions);
