/** A numeric address and a port. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/** Bounds of a connection and of a server. */
export interface QuicLimits {
  /** Silence that ends a connection, ms. */
  readonly idleTimeoutMs: number;
  /** Silence after which the side that dialed asks, ms. */
  readonly keepAliveMs: number;
  /** From connecting to the first bytes on the stream, ms. */
  readonly handshakeTimeoutMs: number;
  /** Connections of a server. */
  readonly maxConnections: number;
  /** So many unfinished handshakes make a server ask for a proof of the address (Retry). */
  readonly retryAbove: number;
}

/** Connects: the id becomes that of a carrier. */
export interface DialCommand {
  readonly op: 'dial';
  readonly peer: Place;
  /** The address to send from; undefined for the system's choice. */
  readonly localAddress: string | undefined;
  /** The name to show (SNI); undefined for none. */
  readonly serverName: string | undefined;
  readonly alpn: readonly string[];
  /** Certificates to verify against, PEM; undefined to verify none here. */
  readonly ca: string | undefined;
  /** A session to resume, base64. */
  readonly session: string | undefined;
  /** Whether bytes of the stream may leave before the handshake has ended. */
  readonly isEarly: boolean;
  readonly limits: QuicLimits;
}

/** Accepts connections: the id becomes that of a server. */
export interface ListenCommand {
  readonly op: 'listen';
  readonly at: Place;
  readonly alpn: readonly string[];
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
  readonly limits: QuicLimits;
}

/** What the child is told. */
export type Command =
  | DialCommand
  | ListenCommand
  /** Ends a carrier when what was sent has arrived; stops a server. */
  | { readonly op: 'close' }
  /** Ends a carrier at once. */
  | { readonly op: 'destroy' }
  /** Moves a carrier to a new socket. */
  | { readonly op: 'rebind' };

/** What the child tells. */
export type Report =
  /** A server is bound. */
  | { readonly event: 'bound'; readonly local: Place }
  /** The server that the id names was asked in; the carrier's id is `carrier`. */
  | {
      readonly event: 'accepted';
      readonly carrier: number;
      readonly local: Place;
      readonly peer: Place;
      readonly maxDatagramBytes: number;
      /** Whether its first bytes came before the handshake had ended. */
      readonly isEarly: boolean;
    }
  /** Bytes of the stream leave from here on, before the handshake has ended. */
  | { readonly event: 'early'; readonly local: Place; readonly maxDatagramBytes: number }
  /** The handshake has ended. `chain`: certificates of the peer, DER in base64, its own first. */
  | {
      readonly event: 'established';
      readonly local: Place;
      readonly chain: readonly string[];
      readonly maxDatagramBytes: number;
      readonly isResumed: boolean;
    }
  /** A server has dropped so many packets or connections of clients. */
  | { readonly event: 'dropped'; readonly reason: string; readonly count: number }
  /** A session to resume later, base64. */
  | { readonly event: 'session'; readonly session: string }
  /** The carrier sends from another address. */
  | { readonly event: 'rebound'; readonly local: Place }
  /** The carrier stays where it is. */
  | { readonly event: 'notRebound'; readonly reason: string }
  /** The peer has ended its stream. */
  | { readonly event: 'finished' }
  /** The carrier or server is gone; `reason` unless that was anybody's wish. */
  | { readonly event: 'closed'; readonly reason?: string; readonly code?: string };

/** Reads a control message; undefined when it is none. */
export function parseControl<T extends Command | Report>(payload: Uint8Array): T | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
}
