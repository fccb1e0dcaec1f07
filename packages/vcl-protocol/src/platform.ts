import type { CryptoProvider, Signer } from '@vcl-protocol/core';
import type { CarrierAddress } from './carrier-address.js';
import type { CarrierLink, CarrierServer } from './carrier-link.js';
import type { CarrierOptions, QuicCarrierOptions } from './carriers/carrier-options.js';
import type { KeyPair } from './crypto.js';
import type { DatagramNetwork } from './datagram-link.js';
import type {
  ClientDecision,
  ClientPolicy,
  DecideClientOptions,
} from './identity/client-policy.js';
import type { KnownHostStore } from './identity/known-host-store.js';
import type { Logger } from './logger.js';
import type { KeyLog, SessionLog, SessionLogFileOptions } from './session-log.js';

/** The providers of Node by name; browsers have `noble` only, or one that the page hands in. */
export type ProviderName = 'sodium-native' | 'node' | 'noble';

/** How {@link Platform.dialCarrier} connects. */
export interface DialOptions {
  /** Gives up. */
  readonly signal?: AbortSignal;
  /** How long it may take, ms. Default 10,000. */
  readonly timeoutMs?: number;
  /**
   * `http://user:password@host:port`, `socks5://host:port`, `none`, or `environment` for what that
   * says, the default.
   */
  readonly proxy?: string;
  /** For `wss`: which certificates are believed. */
  readonly tls?: DialTlsOptions;
  /** For `quic`. */
  readonly quic?: QuicCarrierOptions;
  /** The identity of the server, when it is known: a carrier that can prove it has to. */
  readonly serverKey?: Uint8Array;
  /** The `Origin` to send in the request of a WebSocket. Default: none. */
  readonly origin?: string;
}

/** How {@link Platform.listenCarriers} listens. */
export interface ListenOptions extends Omit<CarrierOptions, 'quic' | 'proxy'> {
  /** A numeric address. */
  readonly address: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** What is taken, told apart by its first bytes. */
  readonly accepts: readonly ('tcp' | 'ws' | 'wss')[];
  /** Somebody who connected was sent away, and why. */
  readonly onDrop: (reason: string) => void;
}

/** How {@link Platform.listenQuic} listens. */
export interface ListenQuicOptions extends Partial<QuicCarrierOptions> {
  /** A numeric address. */
  readonly address: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** The identity that the certificate is bound to. */
  readonly signer: Signer;
  /** Certificate chain and its key, PEM. Default: made at the start. */
  readonly cert?: string;
  readonly key?: string;
  /** Somebody who connected was sent away, and why. */
  readonly onDrop: (reason: string) => void;
}

/** Which certificates {@link Platform.dialCarrier} believes. */
export interface DialTlsOptions {
  /** Authorities to believe instead of the system's, PEM. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** Whether the certificate is checked. Default true; the session has keys of its own either way. */
  readonly rejectUnauthorized?: boolean;
  /** The name to ask for and to check. Default: the host, unless it is a numeric address. */
  readonly servername?: string;
}

/**
 * What the shared code needs of where it runs. The import `#platform` gives Node's
 * (`node/platform.ts`), or a browser's (`web/platform.ts`) under the condition `browser`; nothing else
 * that is shared knows of either.
 */
export interface Platform {
  /**
   * The provider to use, the same object at every call.
   *
   * @throws VCLError `InvalidConfig` when the one named is unknown or does not load
   */
  chooseProvider(name?: ProviderName): CryptoProvider;
  /** The identity in a file, which is made when it is missing. @throws VCLError */
  loadIdentity(file: string): Promise<KeyPair>;
  /**
   * @param file undefined for the user's own
   * @throws VCLError `InvalidConfig` where there are no files
   */
  openKnownHosts(file: string | undefined): KnownHostStore;
  /**
   * Turns the bind option `clients` into one decision.
   *
   * @throws VCLError `InvalidConfig` when it is none of its forms, or nobody can connect here
   */
  decideClient(
    clients: ClientPolicy | undefined,
    options: DecideClientOptions,
  ): Promise<ClientDecision>;
  /** @throws VCLError `IoError`; `InvalidConfig` where there are no files */
  openSessionLog(options: SessionLogFileOptions): Promise<SessionLog>;
  /** @throws VCLError `IoError`; `InvalidConfig` where there are no files */
  openKeyLog(file: string, logger: Logger): Promise<KeyLog>;
  /** The file that the environment names for the key log, or ''. */
  defaultKeyLogFile(): string;
  /** What datagrams travel on by default; undefined where only carriers connect. */
  datagramNetwork(): DatagramNetwork | undefined;
  /** 4 or 6 for a numeric address of that version of IP, else 0. */
  isIP(text: string): number;
  /**
   * Connects a carrier.
   *
   * @throws VCLError `IoError` that names the address; `InvalidConfig` for a carrier that this
   * platform does not have; the reason of the signal
   */
  dialCarrier(target: CarrierAddress, options: DialOptions): Promise<CarrierLink>;
  /**
   * Accepts carriers at an address.
   *
   * @throws VCLError `IoError` when it cannot be bound; `InvalidConfig` where nobody can connect
   */
  listenCarriers(options: ListenOptions): Promise<CarrierServer>;
  /** Accepts QUIC at an address. @throws VCLError as {@link listenCarriers} does, or without the binary */
  listenQuic(options: ListenQuicOptions): Promise<CarrierServer>;
  /** Runs `turn` after what has arrived until now was heard, and soon. */
  defer(turn: () => void): void;
}
