import { Writer } from '../../wire/writer.js';
import type { ChainDirection, ChainLane } from '../lane.js';
import {
  LOG_ENTRY_HEAD_BYTES,
  LOG_KEPT_MESSAGE_BYTES,
  LOG_MESSAGE_BYTES,
  LogEntryType,
  type PreviousSession,
  type SessionEnd,
  type SessionInfo,
} from './log-entry.js';

const SESSION_BYTES = 4 + 1 + 1 + 1 + 5 * 32 + 8 + 1;
const PREVIOUS_BYTES = 3 * 32;
const GAP_BYTES = 1 + 1 + 8 + 8 + 32;
const EPOCH_BYTES = 4 + 32;
const END_BYTES = 2 + 1 + 4 * 8;
const CHECKSUM_BYTES = 32;

/** A SESSION entry, framed (SPEC 11.1). */
export function encodeSessionEntry(info: SessionInfo, payloads: 'kept' | 'redacted'): Uint8Array {
  const { previous } = info;
  const size = SESSION_BYTES + (previous === undefined ? 0 : PREVIOUS_BYTES);
  const { entry, w } = frame(LogEntryType.SESSION, size);
  w.u32(info.version);
  w.u8(info.recorder === 'client' ? 0 : 1);
  w.u8(info.evidence === 'identity' ? 0 : 1);
  w.u8(payloads === 'kept' ? 1 : 0);
  w.bytes(info.clientKey);
  w.bytes(info.serverKey);
  w.bytes(info.clientSigner);
  w.bytes(info.serverSigner);
  w.bytes(info.th);
  w.u64(Math.floor(info.startedTimeMs));
  writePrevious(w, previous);
  return entry;
}

/** Bytes of a framed MESSAGE entry up to salt and payload. */
export const MESSAGE_HEAD_BYTES: number = LOG_ENTRY_HEAD_BYTES + LOG_MESSAGE_BYTES;

/**
 * Writes a framed MESSAGE entry up to salt and payload, which are to follow when they are kept.
 *
 * @param w at least {@link MESSAGE_HEAD_BYTES} long @param length bytes of payload
 */
export function encodeMessageHead(
  w: Writer,
  kept: boolean,
  direction: ChainDirection,
  lane: ChainLane,
  kind: number,
  n: number,
  length: number,
  leaf: Uint8Array,
): void {
  w.u32(1 + (kept ? LOG_KEPT_MESSAGE_BYTES + length : LOG_MESSAGE_BYTES));
  w.u8(LogEntryType.MESSAGE);
  w.u8(direction);
  w.u8(lane);
  w.u16(kind);
  w.u64(n);
  w.u64(length);
  w.bytes(leaf);
}

/** What a GAP entry says. */
export interface LoggedGap {
  readonly direction: ChainDirection;
  readonly lane: ChainLane;
  readonly n: number;
  /** Bytes of the message's payload. */
  readonly length: number;
  readonly leaf: Uint8Array;
}

/** A GAP entry, framed. */
export function encodeGapEntry(gap: LoggedGap): Uint8Array {
  const { entry, w } = frame(LogEntryType.GAP, GAP_BYTES);
  w.u8(gap.direction);
  w.u8(gap.lane);
  w.u64(gap.n);
  w.u64(gap.length);
  w.bytes(gap.leaf);
  return entry;
}

/** A STATEMENT entry, framed. */
export function encodeStatementEntry(statement: Uint8Array, signature: Uint8Array): Uint8Array {
  const { entry, w } = frame(LogEntryType.STATEMENT, statement.length + signature.length);
  w.bytes(statement);
  w.bytes(signature);
  return entry;
}

/** An EPOCH entry, framed. */
export function encodeEpochEntry(epoch: number, eth: Uint8Array): Uint8Array {
  const { entry, w } = frame(LogEntryType.EPOCH, EPOCH_BYTES);
  w.u32(epoch);
  w.bytes(eth);
  return entry;
}

/** A framed END entry up to its checksum, which is to follow. */
export function encodeEndHead(end: SessionEnd): Uint8Array {
  const { entry, w } = frame(LogEntryType.END, END_BYTES, END_BYTES + CHECKSUM_BYTES);
  w.u16(end.closeCode);
  w.u8(end.remote ? 1 : 0);
  for (const [r, l] of end.messages) {
    w.u64(r);
    w.u64(l);
  }
  return entry;
}

/** @param bodyBytes what is written here @param announced what the length says, if more follows */
function frame(
  type: number,
  bodyBytes: number,
  announced: number = bodyBytes,
): { entry: Uint8Array; w: Writer } {
  const entry = new Uint8Array(LOG_ENTRY_HEAD_BYTES + bodyBytes);
  const w = new Writer().reset(entry, 0, entry.length);
  w.u32(1 + announced);
  w.u8(type);
  return { entry, w };
}

function writePrevious(w: Writer, previous: PreviousSession | undefined): void {
  w.u8(previous === undefined ? 0 : 1);
  if (previous === undefined) return;
  w.bytes(previous.sid);
  w.bytes(previous.ownHash);
  w.bytes(previous.seenHash);
}
