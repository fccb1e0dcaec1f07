import type { SigningBudget } from '../chain/signing-budget.js';
import type { ResolvedConfig } from '../config.js';
import type { CryptoProvider, Signer } from '../crypto/provider.js';
import type { HandshakeResult } from '../handshake/handshake-result.js';
import type { OuterKeys } from '../handshake/outer-keys.js';
import type { TransportParams } from '../handshake/params.js';
import type { MemoryBudget } from '../message/memory-budget.js';
import type { CidIssuer } from '../path/connection-ids.js';
import type { RemoteAddress } from '../path/remote-address.js';

import type { EarlySession } from './early-session.js';

/** What a session log of this connection keeps (SPEC 11). */
export interface RecordOptions {
  /** Whether entries hold payloads, or salted hashes only. */
  readonly payloads: 'kept' | 'redacted';
  /** True when the file has sessions already. Default false. */
  readonly append?: boolean;
}

/** What a connection is made of once its handshake has derived keys. */
export interface ConnectionOptions {
  readonly crypto: CryptoProvider;
  readonly config: ResolvedConfig;
  readonly handshake: HandshakeResult;
  readonly outer: OuterKeys;
  readonly identity: Signer;
  readonly remote: RemoteAddress;
  /** What this side told the peer. */
  readonly localParams: TransportParams;
  readonly cids: CidIssuer;
  /** The process's budget for messages that are not whole. */
  readonly memory: MemoryBudget;
  readonly now: number;
  /** Unix time minus `now`, in ms. */
  readonly unixOffsetMs: number;
  /** Statements a second that this side can afford to sign (SPEC 8.4). */
  readonly ownCheckpointRate: number;
  /** What the endpoint spends on signing for all its sessions. Default: none to keep to. */
  readonly signingBudget?: SigningBudget | undefined;
  /** Whether signatures are made and checked within the verbs; else as jobs. */
  readonly inlineSignatures: boolean;
  readonly record: RecordOptions | undefined;
  /** Whether lines for the key log are produced (SPEC 5.4). */
  readonly keyLog: boolean;
  /** Silence after which the session gives back what it can make again, ms, above 0. Default 2,000. */
  readonly restAfterMs?: number | undefined;
  /** Tickets and messages that went before the handshake. Default: none. */
  readonly early?: EarlySession | undefined;
  /** Called when there is something to send or to wait for though no verb of the endpoint ran. */
  readonly wake: () => void;
}

/** Counters of a connection. */
export class ConnectionCounters {
  packetsSent = 0;
  bytesSent = 0;
  packetsReceived = 0;
  bytesReceived = 0;
  packetsLost = 0;
  packetsRetransmitted = 0;
  messagesSent = 0;
  messagesReceived = 0;
  /** Messages that took more than one datagram. */
  fragmentedSent = 0;
  fragmentedReceived = 0;
  keyRotations = 0;
  /** Message bytes in packets that were acknowledged. */
  payloadBytesAcked = 0;
  /** Message bytes that arrived, repeats included. */
  payloadBytesReceived = 0;

  onSent(bytes: number): void {
    this.packetsSent++;
    this.bytesSent += bytes;
  }

  onReceived(bytes: number): void {
    this.packetsReceived++;
    this.bytesReceived += bytes;
  }
}
