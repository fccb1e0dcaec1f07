import type { ResolvedConfig } from '../config.js';
import type { RecordOptions } from '../connection/connection-options.js';
import type { CryptoProvider, Signer } from '../crypto/provider.js';
import { OuterKeys } from '../handshake/outer-keys.js';
import { defaultParams, type TransportParams } from '../handshake/params.js';
import { MemoryBudget } from '../message/memory-budget.js';

/** What an endpoint is made of. */
export interface EndpointOptions {
  readonly crypto: CryptoProvider;
  readonly identity: Signer;
  readonly config: ResolvedConfig;
  readonly now: number;
  /** Unix time minus `now`, in ms. */
  readonly unixOffsetMs: number;
  /** Whether hellos are answered. Each client then comes up as the event `clientKey` to be decided. */
  readonly accepts: boolean;
  /** Invitations under which hellos are answered besides open ones and those for the server's key: at most two (SPEC 2.5). */
  readonly invitations?: readonly OuterKeys[];
  /** A pre-shared key that both sides were given, 32 bytes. */
  readonly psk?: Uint8Array;
  /** Whether a peer may have this side's identity. Default false. */
  readonly allowSelf?: boolean;
  /** Silence after which a session ends, ms; 0 never. Default 60,000. */
  readonly idleTimeoutMs?: number;
  /** Silence after which a session gives back memory, ms, above 0. Default 2,000. */
  readonly restAfterMs?: number;
  /** Statements a second that 10 % of a core can sign and check, measured by the driver. Default 2,000. */
  readonly signRate?: number;
  readonly verifyRate?: number;
  /** Whether signatures are made and checked within the verbs. Default true. */
  readonly inlineSignatures?: boolean;
  /** Session log of every connection. */
  readonly record?: RecordOptions;
  /** Whether key log lines are produced. Default false. */
  readonly keyLog?: boolean;
  /** Budget for messages that are not whole, shared by a process. Default: one of its own. */
  readonly memory?: MemoryBudget;
  /**
   * Whether tickets are given out and messages taken that come before the handshake has ended, as the
   * event `earlyData` (SPEC 4.7). Only with delivery `authenticated`. Default false.
   */
  readonly earlyData?: boolean;
  /** The carriers this side may use, as {@link Carrier} numbers (SPEC 4.2). Default UDP. */
  readonly carriers?: readonly number[];
  /** Live sessions at a time. Default 65,536. */
  readonly maxConnections?: number;
}

/** Bytes that a datagram is longer than the payload in it, at most (SPEC 6.1). */
const OVERHEAD_BYTES = 32;
/** Budget of a process for messages that are not whole (SPEC 10). */
const PROCESS_MEMORY_BYTES = 48 * 1024 * 1024;
const MIN_RATE = 10;
const MAX_RATE = 2_000;
/** Datagrams of this size are accepted whatever we send ourselves. */
const MIN_DATAGRAM_BYTES = 1_500;

/** What this side tells a peer about itself (SPEC 4.2). @param live sessions that share the budget for checking signatures */
export function localParams(options: EndpointOptions, live: number): TransportParams {
  const { config, idleTimeoutMs = 60_000, verifyRate = MAX_RATE, carriers } = options;
  const wantedBytes = config.flowWindowSize * config.fragmentSize;
  const windowBytes = Math.min(wantedBytes, config.receiveWindowMaxBytes);
  return {
    ...defaultParams(),
    idleTimeoutMs: wholeMs(idleTimeoutMs),
    maxDatagramBytes: Math.max(MIN_DATAGRAM_BYTES, config.fragmentSize + OVERHEAD_BYTES),
    maxMessageBytes: config.maxMessageBytes,
    initialCreditReliableBytes: windowBytes,
    initialCreditLossyBytes: windowBytes,
    maxCheckpointRate: clampRate(verifyRate / (live + 1)),
    evidence: config.evidence,
    signing: config.signing,
    delivery: config.delivery,
    ...(carriers === undefined ? {} : { carriers }),
  };
}

/** The budget for messages that are not whole. */
export function memoryOf({ memory }: EndpointOptions): MemoryBudget {
  return memory ?? new MemoryBudget(PROCESS_MEMORY_BYTES);
}

/** Sessions at a time. */
export function sessionLimit({ maxConnections = 65_536 }: EndpointOptions): number {
  return maxConnections;
}

/** The outer keys under which hellos are answered (SPEC 2.5). */
export function answeredOuters({
  crypto,
  identity,
  invitations = [],
}: EndpointOptions): OuterKeys[] {
  const forKey = OuterKeys.forServerKey(crypto, identity.publicKey);
  return [OuterKeys.open(crypto), forKey, ...invitations];
}

/** Statements a second that all sessions together sign, as far as messages can wait for them. */
export function signingRate({ signRate = MAX_RATE }: EndpointOptions): number {
  return Math.max(MIN_RATE, signRate);
}

/** Statements a second that one session may sign. */
export function sessionSigningRate(options: EndpointOptions): number {
  return clampRate(signingRate(options));
}

/** A timeout as it travels: whole milliseconds, and 0 only for one that is off. */
function wholeMs(ms: number): number {
  return ms > 0 ? Math.max(1, Math.round(ms)) : 0;
}

function clampRate(rate: number): number {
  return Math.min(MAX_RATE, Math.max(MIN_RATE, Math.floor(rate)));
}
