import type { CryptoProvider, VCLConfig } from '@vcl-protocol/core';
import type { CarrierServer } from './carrier-link.js';
import type { CarrierOptions } from './carriers/carrier-options.js';
import type { KeyPair } from './crypto.js';
import type { DatagramNetwork } from './datagram-link.js';
import type { ClientPolicy } from './identity/client-policy.js';
import type { ServerTrust } from './identity/trust.js';
import type { Logger } from './logger.js';
import type { ProviderName } from './platform.js';

/** What both a connection and a listener are bound with. */
export interface CommonOptions {
  /**
   * Who this side is: a key pair, or the path of an identity file, which is made when it is missing.
   * Default: a new identity for this object alone, which peers that remember keys will not know again.
   */
  readonly identity?: KeyPair | string;
  /** Settings of the sessions. Default `VCLConfig.auto()`. */
  readonly config?: Partial<VCLConfig>;
  /**
   * A file that gets the keys of all sessions, for a dissector. Default: the environment variable
   * VCLKEYLOGFILE, else none. Who reads it can read all traffic.
   */
  readonly keyLogFile?: string;
  /** Where log lines go. Default: nowhere. */
  readonly logger?: Logger;
  /** The cryptography. Default: the fastest that loads of sodium-native, node, noble. */
  readonly crypto?: ProviderName | CryptoProvider;
  /** Whether a peer may have this side's own identity. Default false. */
  readonly allowSelf?: boolean;
  /** Silence of the peer after which a session ends, in ms; 0 for never. Default 60,000. */
  readonly idleTimeoutMs?: number;
  /** Ends everything at once when it is aborted. */
  readonly signal?: AbortSignal;
  /** Secrets of 32 bytes under which hellos are answered beside open ones (SPEC 2.5): at most two. */
  readonly invitations?: readonly Uint8Array[];
  /** How carriers other than UDP are offered and reached. All of it has defaults. */
  readonly carriers?: CarrierOptions;
  /** What datagrams travel on instead of UDP; then there are no carriers beside it. */
  readonly network?: DatagramNetwork;
}

/** Options of `VCLConnection.bind`. */
export interface VCLConnectionOptions extends CommonOptions {
  /** Which clients `acceptHandshake` accepts. Without it, this side only connects. */
  readonly clients?: ClientPolicy;
  /** Records all sessions of the connection, one after the other. Default: nothing is recorded. */
  readonly record?: RecordFileOptions;
  /** Allows `setSharedKey` and `getSharedSecret`. Default false. */
  readonly unsafe?: boolean;
}

/** Where the sessions of one connection are recorded (SPEC 11). */
export interface RecordFileOptions {
  /** The file, made with mode 0600. One that holds anything is refused, unless `append` is set. */
  readonly file: string;
  /** Whether messages are recorded in full, or by their hashes only. Default true. */
  readonly payloads?: boolean;
  /** Whether sessions are put after those that the file holds. Default false. */
  readonly append?: boolean;
}

/** Options of `VCLListener.bind`. */
export interface VCLListenerOptions extends CommonOptions {
  /** Which clients are accepted. */
  readonly clients: ClientPolicy;
  /** Records each session in a file of its own. Default: nothing is recorded. */
  readonly record?: RecordDirectoryOptions;
  /**
   * Takes messages that known clients send before their handshake has ended (`earlyData` of
   * `connect`). They are authentic and come once, but no signature covers them yet; in the session
   * they are not handed out again. Needs `delivery: 'authenticated'`. Default: none are taken.
   */
  readonly onEarlyData?: (early: EarlyArrival) => void;
  /** Where carriers are accepted beside the address, such as on an `http.Server` of the application. */
  readonly carrierServers?: readonly CarrierServer[];
  /** Connections that may wait for `accept`; further clients are refused. Default 128. */
  readonly backlog?: number;
  /** Sessions at a time. Default 65,536. */
  readonly maxConnections?: number;
}

/** Where the sessions of a listener are recorded (SPEC 11). */
export interface RecordDirectoryOptions {
  /** The directory, made with mode 0700. Files are named by time and session: `*.vcllog`. */
  readonly directory: string;
  /** Whether messages are recorded in full, or by their hashes only. Default true. */
  readonly payloads?: boolean;
}

/** Options of `connect`. */
export interface ConnectOptions {
  /**
   * Which server is expected: its public key, known hosts, or a function that decides. With a key,
   * the hello is sealed for it, so that only who knows that key can tell what it is; a server with
   * another key cannot read it, stays silent, and the attempt ends with `Timeout`. Default: the known hosts of
   * the user, which take in a host that is new to them and refuse one whose key has changed.
   */
  readonly server?: ServerTrust;
  /** The secret of an invitation, 32 bytes (SPEC 2.5). */
  readonly invitation?: Uint8Array;
  /**
   * Messages that come first. With a ticket of an earlier session of the same identity with this
   * server, they travel with the hello and may be handed over a round trip before the handshake has
   * ended, once, and before any signature covers them (0-RTT, SPEC 4.7); without one they are sent
   * when the session is up. At most 64 messages, 8,192 bytes. Only for what does no harm when the
   * server acts on it before it knows that the handshake succeeds.
   */
  readonly earlyData?: readonly (Uint8Array | string)[];
  /** Gives the attempt up. */
  readonly signal?: AbortSignal;
}

/** Options of operations that wait. */
export interface WaitOptions {
  /** Stops waiting; the operation rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** What came before a handshake has ended. */
export interface EarlyArrival {
  /** Whose ticket it came with: only that client could seal it. */
  readonly peerIdentity: Uint8Array;
  readonly messages: readonly { readonly kind: number; readonly payload: Uint8Array }[];
}
