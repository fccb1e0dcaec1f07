import type { Signer } from '@vcl-protocol/core';
import type { HeartbeatOptions } from './child-process.js';
import type { QuicLimits } from './pipe/control.js';
import type { QuicSessionStore } from './session-store.js';

/** What both sides may set. */
export interface QuicOptions {
  /** Application protocols to show (ALPN), best first. Default `h3`. */
  readonly alpn?: readonly string[];
  /** Silence that ends a connection, ms. Default 30,000. */
  readonly idleTimeoutMs?: number;
  /** How the process that runs QUIC is watched; counts when it is started. */
  readonly heartbeat?: HeartbeatOptions;
}

/**
 * How to connect. At least one of `serverKey`, `ca` and `isIdentityCheckedLater` says whom to believe:
 * nobody else is.
 */
export interface DialQuicOptions extends QuicOptions {
  /** Gives up. */
  readonly signal?: AbortSignal;
  /** How long it may take, ms. Default 10,000. */
  readonly timeoutMs?: number;
  /** Server name to show (SNI). Default: the host, or none for a numeric address. */
  readonly servername?: string;
  /** The VCL identity that the server must prove, 32 bytes. */
  readonly serverKey?: Uint8Array;
  /** Authorities that the certificate must come from, PEM, or `system`; its name is checked, too. */
  readonly ca?: string;
  /**
   * The caller compares {@link QuicLink.claimedIdentity} with the identity in the session's own
   * handshake, and ends the link when it is another.
   */
  readonly isIdentityCheckedLater?: boolean;
  /** Sessions to resume and to keep. Default: none. */
  readonly sessions?: QuicSessionStore;
  /** Whether, with a session, the link is there at once and what is sent first leaves as 0-RTT. Default false. */
  readonly early?: boolean;
  /** Records to send first. */
  readonly earlyRecords?: readonly Uint8Array[];
  /** The numeric address to send from. Default: the system's choice. */
  readonly localAddress?: string;
  /** Silence after which the peer is asked for a sign of life, ms. Default 10,000. */
  readonly keepAliveMs?: number;
}

/** How to accept. */
export interface ListenQuicOptions extends QuicOptions {
  /** A numeric address. */
  readonly address: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** The identity that claims the certificate. */
  readonly signer: Signer;
  /** The name in the certificate that is made when none is given. Default: the address. */
  readonly servername?: string;
  /** Certificate chain, PEM. Default: one that is made at the start. */
  readonly cert?: string;
  /** Its key, PEM. */
  readonly key?: string;
  /**
   * So many packets or connections were dropped: `unknown` or `junk` packets, connections that were
   * `silent` for too long, `evicted` for others or refused as there were too many (`full`), and those
   * that do not speak VCL (`greeting`).
   */
  readonly onDrop?: (reason: string, count: number) => void;
  /** Connections at a time. Default 1,024. */
  readonly maxConnections?: number;
  /** So many unfinished handshakes make each further client prove its address first. Default 64. */
  readonly retryAbove?: number;
  /** How long a client may say nothing, ms. Default 10,000. */
  readonly handshakeTimeoutMs?: number;
}

const DEFAULTS: QuicLimits = {
  idleTimeoutMs: 30_000,
  keepAliveMs: 10_000,
  handshakeTimeoutMs: 10_000,
  maxConnections: 1_024,
  retryAbove: 64,
};

/** Default of {@link QuicOptions.alpn}. */
export const DEFAULT_ALPN: readonly string[] = ['h3'];

/** Default of {@link DialQuicOptions.timeoutMs}. */
export const DIAL_TIMEOUT_MS = 10_000;

/** What was set, and the defaults. */
export function limitsOf(
  options: {
    readonly [Name in keyof QuicLimits]?: number | undefined;
  },
): QuicLimits {
  const chosen = (name: keyof QuicLimits): number => options[name] ?? DEFAULTS[name];
  return {
    idleTimeoutMs: chosen('idleTimeoutMs'),
    keepAliveMs: chosen('keepAliveMs'),
    handshakeTimeoutMs: chosen('handshakeTimeoutMs'),
    maxConnections: chosen('maxConnections'),
    retryAbove: chosen('retryAbove'),
  };
}
