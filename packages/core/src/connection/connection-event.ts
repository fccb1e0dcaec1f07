import type { Ticket } from '../handshake/early-data.js';
import type { Lane } from '../message/reliability.js';
import type { RemoteAddress } from '../path/remote-address.js';

/** What a connection reports; messages come by `pollMessage`. */
export type ConnectionEvent =
  /** The handshake is done: messages may flow. */
  | { readonly type: 'established' }
  /** At least one message can be taken. */
  | { readonly type: 'readable' }
  /** The send buffer fell below its limit after it had been over it. */
  | { readonly type: 'writable' }
  /** A statement of the peer covers all messages below these numbers. */
  | { readonly type: 'verified'; readonly reliable: number; readonly lossy: number }
  /** The session ended and messages from this number on were delivered without a statement. */
  | { readonly type: 'unverified'; readonly lane: Lane; readonly from: number }
  /** A lossy message of the peer will not come. */
  | {
      readonly type: 'gap';
      readonly n: number;
      readonly length: number;
      /** Its place in the chain (SPEC 8.1). */
      readonly leaf: Uint8Array;
    }
  /** A lossy message of ours was given up (`n` is -1 when it expired before it had a number). */
  | { readonly type: 'abandoned'; readonly n: number; readonly length: number }
  | { readonly type: 'ping' }
  | { readonly type: 'pong'; readonly id: number; readonly latencyMs: number }
  | { readonly type: 'keyRotated'; readonly epoch: number }
  | { readonly type: 'pathChanged'; readonly remote: RemoteAddress }
  /** A path that was opened beside the active one works. */
  | { readonly type: 'pathReady'; readonly remote: RemoteAddress }
  /** The server gave a ticket, with which messages may go before the next handshake has ended. */
  | { readonly type: 'ticket'; readonly ticket: Ticket }
  /** The peer has said all it will say. */
  | { readonly type: 'finished' }
  | {
      readonly type: 'closed';
      /** SPEC 9.2. */
      readonly code: number;
      readonly applicationCode: number;
      readonly reason: string;
      /** Whether the peer ended it. */
      readonly remote: boolean;
    };
