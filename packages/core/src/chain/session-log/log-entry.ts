import { utf8 } from '../../crypto/bytes.js';
import type { ChainDirection, ChainLane } from '../lane.js';
import { LEAF_SALT_BYTES } from '../leaf.js';

/** What a session log begins with: its name and the version of its format (SPEC 11.1). */
export const LOG_MAGIC: Uint8Array = utf8('VCLLOG\0\x01');

/** The one protocol version whose sessions can be checked (SPEC 4.1). */
export const LOG_PROTOCOL_VERSION = 0x0000_0001;

/** The largest `length` of an entry: type and body (SPEC 11.1). */
export const MAX_LOG_ENTRY_BYTES: number = 2 ** 25;

/** Bytes before an entry's body: length and type. */
export const LOG_ENTRY_HEAD_BYTES = 5;

/** The types of entries (SPEC 11.1). */
export const LogEntryType = {
  SESSION: 1,
  MESSAGE: 2,
  GAP: 3,
  STATEMENT: 4,
  EPOCH: 5,
  END: 6,
} as const;

/** Bytes of a MESSAGE body without its payload, in a redacted log. */
export const LOG_MESSAGE_BYTES: number = 1 + 1 + 2 + 8 + 8 + 32;

/** Bytes of a MESSAGE body before its payload, in a log that keeps payloads. */
export const LOG_KEPT_MESSAGE_BYTES: number = LOG_MESSAGE_BYTES + LEAF_SALT_BYTES;

/** Names the session that this one continues after a loss of memory (rule C5). */
export interface PreviousSession {
  /** 32 bytes. */
  readonly sid: Uint8Array;
  /** Hash of the recorder's last statement of it; zeros when there was none. */
  readonly ownHash: Uint8Array;
  /** Hash of the last statement it verified; zeros when there was none. */
  readonly seenHash: Uint8Array;
}

/** What a SESSION entry says; all keys and hashes have 32 bytes. */
export interface SessionInfo {
  /** The protocol version agreed on: {@link LOG_PROTOCOL_VERSION}. */
  readonly version: number;
  readonly recorder: 'client' | 'server';
  readonly evidence: 'identity' | 'session';
  readonly clientKey: Uint8Array;
  readonly serverKey: Uint8Array;
  /** Keys that sign statements; in identity evidence the keys themselves. */
  readonly clientSigner: Uint8Array;
  readonly serverSigner: Uint8Array;
  /** The handshake's transcript hash, `eth[0]` (SPEC 4.3). */
  readonly th: Uint8Array;
  /** Unix time in milliseconds. */
  readonly startedTimeMs: number;
  readonly previous?: PreviousSession | undefined;
}

/** A session begins. */
export interface SessionEntry extends SessionInfo {
  readonly type: 'session';
  readonly payloads: 'kept' | 'redacted';
}

/** A message was sent or received. */
export interface MessageEntry {
  readonly type: 'message';
  readonly direction: ChainDirection;
  readonly lane: ChainLane;
  readonly kind: number;
  readonly n: number;
  /** Bytes of payload, as the entry says; the payload that is shown may have others. */
  readonly length: number;
  readonly leaf: Uint8Array;
  /** Absent in a redacted log. */
  readonly shown: { readonly salt: Uint8Array; readonly payload: Uint8Array } | undefined;
}

/** A lossy message was given up by its sender. */
export interface GapEntry {
  readonly type: 'gap';
  readonly direction: ChainDirection;
  readonly lane: ChainLane;
  readonly n: number;
  readonly length: number;
  readonly leaf: Uint8Array;
}

/** A statement was signed or verified. */
export interface StatementEntry {
  readonly type: 'statement';
  /** The 254 bytes of SPEC 8.3. */
  readonly statement: Uint8Array;
  readonly signature: Uint8Array;
}

/** New keys came into use. */
export interface EpochEntry {
  readonly type: 'epoch';
  readonly epoch: number;
  readonly eth: Uint8Array;
}

/** How a session ended, and how many messages were seen of each direction and lane. */
export interface SessionEnd {
  /** A close code (SPEC 9.2). */
  readonly closeCode: number;
  /** Whether the peer closed. */
  readonly remote: boolean;
  /** Messages of direction 0 (R, L) and of direction 1 (R, L). */
  readonly messages: readonly [readonly [number, number], readonly [number, number]];
}

/** A session is over. */
export interface EndEntry extends SessionEnd {
  readonly type: 'end';
  /** See `LogChecksum`. */
  readonly checksum: Uint8Array;
}

/** An entry of a session log, decoded. Byte strings are views. */
export type LogEntry =
  | SessionEntry
  | MessageEntry
  | GapEntry
  | StatementEntry
  | EpochEntry
  | EndEntry;
