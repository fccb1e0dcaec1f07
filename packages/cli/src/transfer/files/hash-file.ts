import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

/** How much is read at once: large enough that calls cost little, small enough not to stall others. */
const BLOCK_BYTES = 262_144;

/** A part of a file. */
export interface FileRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/**
 * Hands out a part of a file, block by block. A block is good until the next one.
 *
 * @param onBlock resolves, or returns, when the block is not needed any more
 * @returns how many bytes there were: less than asked for when the file is shorter
 */
export async function readRange(
  file: FileHandle,
  range: FileRange,
  onBlock: (block: Uint8Array, offset: number) => void | Promise<void>,
  blockBytes: number = BLOCK_BYTES,
): Promise<number> {
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(blockBytes, range.end - range.start)));
  let at = range.start;
  while (at < range.end) {
    const count = await fill(file, buffer.subarray(0, range.end - at), at);
    if (count === 0) break;
    await onBlock(buffer.subarray(0, count), at);
    at += count;
  }
  return at - range.start;
}

/** The SHA-256 of a part of a file. */
export async function hashRange(file: FileHandle, range: FileRange): Promise<Uint8Array> {
  const hash = createHash('sha256');
  await readRange(file, range, (block) => void hash.update(block));
  return hash.digest();
}

/** Reads until the buffer is full or the file ends. */
async function fill(file: FileHandle, buffer: Uint8Array, position: number): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(
      buffer,
      filled,
      buffer.length - filled,
      position + filled,
    );
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
