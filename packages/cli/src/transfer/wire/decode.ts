import { ByteReader } from './byte-reader.js';
import {
  ACTIONS,
  ENTRY_KINDS,
  HASH_BYTES,
  MESSAGE_CODES,
  STATUSES,
  type TransferEntry,
  TransferLimits,
  type TransferMessage,
} from './messages.js';

/**
 * Reads a message of the transfer protocol (docs/transfer.md, Messages). Byte strings in the result
 * are views of `bytes`. Paths are bounded here and nothing more: whether one is fit for a disk is
 * for `pathProblem` to say.
 *
 * @returns undefined for what is no message, has a number out of range or a byte too many
 */
export function decodeTransferMessage(bytes: Uint8Array): TransferMessage | undefined {
  const reader = new ByteReader(bytes);
  const body = BODIES[reader.u8()];
  const message = body?.(reader);
  return reader.isDone ? message : undefined;
}

type Body = (reader: ByteReader) => TransferMessage | undefined;

const { PATH_BYTES, REASON_BYTES, TIME_MS } = TransferLimits;
const MODE_BITS = 0o777;

const BODIES: readonly (Body | undefined)[] = bodiesByCode({
  hello: readHello,
  welcome: (reader) => ({ type: 'welcome', version: reader.u8() }),
  stop: (reader) => ({ type: 'stop', reason: reader.text(REASON_BYTES) }),
  offer: readOffer,
  offered: (reader) => ({ type: 'offered', files: reader.u32(), bytes: reader.u48() }),
  want: readWant,
  compare: (reader) => ({ type: 'compare', id: reader.u32(), sha256: reader.bytes(HASH_BYTES) }),
  compared: readCompared,
  data: readData,
  lost: (reader) => ({ type: 'lost', id: reader.u32(), reason: reader.text(REASON_BYTES) }),
  result: readResult,
  problem: (reader) => ({
    type: 'problem',
    path: reader.text(PATH_BYTES),
    reason: reader.text(REASON_BYTES),
  }),
  settled: () => ({ type: 'settled' }),
});

function bodiesByCode(bodies: Readonly<Record<TransferMessage['type'], Body>>): Body[] {
  const byCode: Body[] = [];
  for (const type of Object.keys(bodies) as TransferMessage['type'][]) {
    byCode[MESSAGE_CODES[type]] = bodies[type];
  }
  return byCode;
}

function readHello(reader: ByteReader): TransferMessage | undefined {
  const version = reader.u8();
  const action = ACTIONS[reader.u8()];
  const count = reader.u16();
  if (action === undefined || count > TransferLimits.PATHS) return undefined;
  const paths: string[] = [];
  while (paths.length < count && !reader.isBad) paths.push(reader.text(PATH_BYTES));
  return { type: 'hello', version, action, paths };
}

function readOffer(reader: ByteReader): TransferMessage | undefined {
  const count = reader.u16();
  if (count === 0 || count > TransferLimits.ENTRIES) return undefined;
  const entries: TransferEntry[] = [];
  while (entries.length < count) {
    const entry = readEntry(reader);
    if (entry === undefined || reader.isBad) return undefined;
    entries.push(entry);
  }
  return { type: 'offer', entries };
}

function readEntry(reader: ByteReader): TransferEntry | undefined {
  const id = reader.u32();
  const kind = ENTRY_KINDS[reader.u8()];
  const mode = reader.u16();
  const mtimeMs = reader.f64();
  const bytes = reader.u48();
  const path = reader.text(PATH_BYTES);
  const target = reader.text(PATH_BYTES);
  const isDated = mtimeMs >= -TIME_MS && mtimeMs <= TIME_MS;
  if (kind === undefined || mode > MODE_BITS || !isDated) return undefined;
  if ((kind !== 'file' && bytes !== 0) || (kind !== 'link' && target !== '')) return undefined;
  return { id, kind, mode, mtimeMs, bytes, path, target };
}

function readWant(reader: ByteReader): TransferMessage | undefined {
  const id = reader.u32();
  const chunkBytes = reader.u48();
  const more = reader.u8();
  const count = reader.u16();
  if (chunkBytes === 0 || more > 1 || count > TransferLimits.HASHES) return undefined;
  const hashes = reader.bytes(count * HASH_BYTES);
  return { type: 'want', id, chunkBytes, more: more === 1, hashes };
}

function readCompared(reader: ByteReader): TransferMessage | undefined {
  const id = reader.u32();
  const same = reader.u8();
  return same > 1 ? undefined : { type: 'compared', id, isSame: same === 1 };
}

function readData(reader: ByteReader): TransferMessage | undefined {
  const id = reader.u32();
  const offset = reader.u48();
  const zeroBytes = reader.u32();
  const isLast = reader.u8();
  const sha256 = isLast === 1 ? reader.bytes(HASH_BYTES) : undefined;
  const bytes = reader.rest();
  if (isLast > 1 || (zeroBytes > 0 && bytes.length > 0)) return undefined;
  if (bytes.length > TransferLimits.DATA_BYTES || zeroBytes > TransferLimits.DATA_BYTES) {
    return undefined;
  }
  if (offset + zeroBytes + bytes.length > TransferLimits.FILE_BYTES) return undefined;
  return { type: 'data', id, offset, zeroBytes, sha256, bytes };
}

function readResult(reader: ByteReader): TransferMessage | undefined {
  const id = reader.u32();
  const status = STATUSES[reader.u8()];
  const reason = reader.text(REASON_BYTES);
  return status && { type: 'result', id, status, reason };
}
