import {
  ACTIONS,
  type DataMessage,
  ENTRY_KINDS,
  HASH_BYTES,
  MESSAGE_CODES,
  STATUSES,
  type TransferEntry,
  TransferLimits,
  type TransferMessage,
} from './messages.js';

/** Writes a message of the transfer protocol; reasons are cut to what fits. */
export function encodeTransferMessage(message: TransferMessage): Uint8Array {
  // The one that carries the files: with no copy but the one into its place.
  if (message.type === 'data') return encodeData(message);
  return Buffer.concat([Buffer.of(MESSAGE_CODES[message.type]), ...partsOf(message)]);
}

/** How many bytes an entry takes in a message OFFER. */
export function entryBytes({ path, target }: Pick<TransferEntry, 'path' | 'target'>): number {
  return ENTRY_HEAD_BYTES + 4 + Buffer.byteLength(path) + Buffer.byteLength(target);
}

const ENTRY_HEAD_BYTES = 21;
const DATA_HEAD_BYTES = 16;

function encodeData({ id, offset, zeroBytes, sha256, bytes }: DataMessage): Uint8Array {
  const hashBytes = sha256 === undefined ? 0 : HASH_BYTES;
  const out = Buffer.allocUnsafe(DATA_HEAD_BYTES + hashBytes + bytes.length);
  out[0] = MESSAGE_CODES.data;
  out.writeUInt32BE(id, 1);
  out.writeUIntBE(offset, 5, 6);
  out.writeUInt32BE(zeroBytes, 11);
  out[15] = sha256 === undefined ? 0 : 1;
  if (sha256 !== undefined) out.set(sha256, DATA_HEAD_BYTES);
  out.set(bytes, DATA_HEAD_BYTES + hashBytes);
  return out;
}

function partsOf(message: Exclude<TransferMessage, DataMessage>): Uint8Array[] {
  switch (message.type) {
    case 'hello': {
      const { version, action, paths } = message;
      return [Buffer.of(version, ACTIONS.indexOf(action)), u16(paths.length), ...paths.map(text)];
    }
    case 'welcome':
      return [Buffer.of(message.version)];
    case 'stop':
      return [reasonText(message.reason)];
    case 'offer':
      return [u16(message.entries.length), ...message.entries.flatMap(entryParts)];
    case 'offered':
      // For information: beyond what fits it stays the largest number.
      return [u32(message.files), u48(Math.min(message.bytes, TransferLimits.FILE_BYTES))];
    case 'want': {
      const { id, chunkBytes, more, hashes } = message;
      const count = u16(hashes.length / HASH_BYTES);
      return [u32(id), u48(chunkBytes), Buffer.of(more ? 1 : 0), count, hashes];
    }
    case 'compare':
      return [u32(message.id), message.sha256];
    case 'compared':
      return [u32(message.id), Buffer.of(message.isSame ? 1 : 0)];
    case 'lost':
      return [u32(message.id), reasonText(message.reason)];
    case 'result': {
      const status = Buffer.of(STATUSES.indexOf(message.status));
      return [u32(message.id), status, reasonText(message.reason)];
    }
    case 'problem':
      return [cutText(message.path, TransferLimits.PATH_BYTES), reasonText(message.reason)];
    case 'settled':
      return [];
  }
}

function entryParts(entry: TransferEntry): Uint8Array[] {
  const head = Buffer.allocUnsafe(ENTRY_HEAD_BYTES);
  head.writeUInt32BE(entry.id, 0);
  head[4] = ENTRY_KINDS.indexOf(entry.kind);
  head.writeUInt16BE(entry.mode, 5);
  head.writeDoubleBE(entry.mtimeMs, 7);
  head.writeUIntBE(entry.bytes, 15, 6);
  return [head, text(entry.path), text(entry.target)];
}

function text(value: string): Uint8Array {
  const bytes = Buffer.from(value);
  return Buffer.concat([u16(bytes.length), bytes]);
}

function reasonText(reason: string): Uint8Array {
  return cutText(reason, TransferLimits.REASON_BYTES);
}

/** Cut between characters, so that it stays UTF-8. */
function cutText(value: string, maxBytes: number): Uint8Array {
  const bytes = Buffer.from(value);
  let end = Math.min(bytes.length, maxBytes);
  while (end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end--;
  return text(bytes.toString('utf8', 0, end));
}

function u16(value: number): Uint8Array {
  return Buffer.of(value >>> 8, value & 0xff);
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function u48(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(6);
  bytes.writeUIntBE(value, 0, 6);
  return bytes;
}
