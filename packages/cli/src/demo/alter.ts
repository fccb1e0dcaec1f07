import { createReadStream } from 'node:fs';
import { constants, copyFile, open, stat } from 'node:fs/promises';
import { decodeLogEntry, LogParser, type MessageEntry, VCLError } from '@vcl-protocol/core';

/** The byte of a session log to change, and the message it belongs to. */
export interface PlannedAlteration {
  /** Where in the file the byte is. */
  readonly byteOffset: number;
  /** Where in the file the entry of the message begins. */
  readonly entryOffset: number;
  readonly direction: 0 | 1;
  readonly lane: 0 | 1;
  /** The number of the message in its lane. */
  readonly message: number;
}

/**
 * Copies a session log and changes one bit of the payload of a message in the middle.
 *
 * @returns what was changed
 * @throws VCLError `IoError` when no message in the log has a payload; system errors as they are
 */
export async function alterCopy(log: string, copy: string): Promise<PlannedAlteration> {
  const planned = await planAlteration(log);
  await copyFile(log, copy, constants.COPYFILE_FICLONE);
  const file = await open(copy, 'r+');
  try {
    const byte = new Uint8Array(1);
    await file.read(byte, 0, 1, planned.byteOffset);
    byte[0]! ^= 1;
    await file.write(byte, 0, 1, planned.byteOffset);
  } finally {
    await file.close();
  }
  return planned;
}

/**
 * Chooses the middle byte of the first payload that begins in the second half of the file, or else
 * of the last one before.
 *
 * @throws VCLError `IoError` when no message in the log has a payload
 */
export async function planAlteration(log: string): Promise<PlannedAlteration> {
  const middle = (await stat(log)).size / 2;
  const parser = new LogParser();
  let planned: PlannedAlteration | undefined;
  for await (const piece of createReadStream(log, { highWaterMark: PIECE_BYTES })) {
    parser.push(piece);
    for (let raw = parser.next(); raw !== undefined; raw = parser.next()) {
      const entry = decodeLogEntry(raw.type, raw.body);
      if (entry?.type !== 'message') continue;
      planned = planFor(entry, raw.offset, raw.bytes.length) ?? planned;
      if (planned !== undefined && planned.byteOffset >= middle) return planned;
    }
  }
  if (planned !== undefined) return planned;
  throw new VCLError('IoError', `${log} holds no payload to alter: record with payloads`);
}

const PIECE_BYTES = 2 ** 20;

function planFor(
  entry: MessageEntry,
  entryOffset: number,
  entryBytes: number,
): PlannedAlteration | undefined {
  const { direction, lane, n, shown } = entry;
  if (shown === undefined || shown.payload.length === 0) return undefined;
  // The payload is the end of its entry.
  const payloadOffset = entryOffset + entryBytes - shown.payload.length;
  const byteOffset = payloadOffset + (shown.payload.length >>> 1);
  return { byteOffset, entryOffset, direction, lane, message: n };
}
