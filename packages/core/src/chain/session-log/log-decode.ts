import { Reader } from '../../wire/reader.js';
import type { ChainDirection, ChainLane } from '../lane.js';
import { LEAF_SALT_BYTES } from '../leaf.js';
import { STATEMENT_BYTES, STATEMENT_SIGNATURE_BYTES } from '../statement.js';
import {
  type EndEntry,
  type EpochEntry,
  type GapEntry,
  LOG_PROTOCOL_VERSION,
  type LogEntry,
  LogEntryType,
  type MessageEntry,
  type SessionEntry,
  type StatementEntry,
} from './log-entry.js';

const LANE_LOSSY = 1;

/**
 * Reads the body of an entry (SPEC 11.1). Byte strings are views into it.
 *
 * @returns undefined when it is malformed or of unknown type
 */
export function decodeLogEntry(type: number, body: Uint8Array): LogEntry | undefined {
  const r = new Reader().reset(body, 0, body.length);
  const entry = decodeBody(type, r);
  return r.done ? entry : undefined;
}

function decodeBody(type: number, r: Reader): LogEntry | undefined {
  switch (type) {
    case LogEntryType.SESSION:
      return decodeSession(r);
    case LogEntryType.MESSAGE:
      return decodeMessage(r);
    case LogEntryType.GAP:
      return decodeGap(r);
    case LogEntryType.STATEMENT:
      return decodeStatement(r);
    case LogEntryType.EPOCH:
      return decodeEpoch(r);
    case LogEntryType.END:
      return decodeEnd(r);
    default:
      return undefined;
  }
}

function decodeSession(r: Reader): SessionEntry | undefined {
  const version = r.u32();
  const recorder = r.u8();
  const evidence = r.u8();
  const payloads = r.u8();
  const keys = {
    clientKey: r.bytes(32),
    serverKey: r.bytes(32),
    clientSigner: r.bytes(32),
    serverSigner: r.bytes(32),
    th: r.bytes(32),
  };
  const startedTimeMs = r.u64();
  const previousCount = r.u8();
  if (version !== LOG_PROTOCOL_VERSION) return undefined;
  if (Math.max(recorder, evidence, payloads, previousCount) > 1) return undefined;
  return {
    type: 'session',
    version,
    recorder: recorder === 0 ? 'client' : 'server',
    evidence: evidence === 0 ? 'identity' : 'session',
    payloads: payloads === 1 ? 'kept' : 'redacted',
    ...keys,
    startedTimeMs,
    previous:
      previousCount === 0
        ? undefined
        : { sid: r.bytes(32), ownHash: r.bytes(32), seenHash: r.bytes(32) },
  };
}

function decodeMessage(r: Reader): MessageEntry | undefined {
  const place = decodePlace(r);
  const kind = r.u16();
  const n = r.u64();
  const length = r.u64();
  const leaf = r.bytes(32);
  if (place === undefined) return undefined;
  if (r.remaining === 0)
    return { type: 'message', ...place, kind, n, length, leaf, shown: undefined };
  // A length that is not the payload's is for the verifier to report, as it is this entry's fault.
  const shown = { salt: r.bytes(LEAF_SALT_BYTES), payload: r.bytes(r.remaining) };
  return { type: 'message', ...place, kind, n, length, leaf, shown };
}

function decodeGap(r: Reader): GapEntry | undefined {
  const place = decodePlace(r);
  if (place === undefined || place.lane !== LANE_LOSSY) return undefined;
  return { type: 'gap', ...place, n: r.u64(), length: r.u64(), leaf: r.bytes(32) };
}

function decodeStatement(r: Reader): StatementEntry {
  return {
    type: 'statement',
    statement: r.bytes(STATEMENT_BYTES),
    signature: r.bytes(STATEMENT_SIGNATURE_BYTES),
  };
}

function decodeEpoch(r: Reader): EpochEntry {
  return { type: 'epoch', epoch: r.u32(), eth: r.bytes(32) };
}

function decodeEnd(r: Reader): EndEntry | undefined {
  const closeCode = r.u16();
  const remote = r.u8();
  const messages = [
    [r.u64(), r.u64()],
    [r.u64(), r.u64()],
  ] as const;
  if (remote > 1) return undefined;
  return { type: 'end', closeCode, remote: remote === 1, messages, checksum: r.bytes(32) };
}

function decodePlace(
  r: Reader,
): { readonly direction: ChainDirection; readonly lane: ChainLane } | undefined {
  const direction = r.u8();
  const lane = r.u8();
  if (direction > 1 || lane > 1) return undefined;
  return { direction: direction === 0 ? 0 : 1, lane: lane === 0 ? 0 : 1 };
}
