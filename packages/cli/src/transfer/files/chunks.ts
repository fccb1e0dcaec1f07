import type { FileHandle } from 'node:fs/promises';
import { HASH_BYTES } from '../wire/messages.js';
import { hashRange } from './hash-file.js';

const MIN_CHUNK_BYTES = 2 ** 20;
/** Hashes of one file: half a MiB of them at most. */
const MAX_CHUNKS = 16_384;

/** The whole chunks at the beginning of a file, by their hashes. */
export interface ChunkClaim {
  readonly chunkBytes: number;
  /** SHA-256 values one after the other. */
  readonly hashes: Uint8Array;
}

/** No chunk at all. */
export const NO_CHUNKS: ChunkClaim = { chunkBytes: MIN_CHUNK_BYTES, hashes: new Uint8Array(0) };

/**
 * Hashes the chunks that are whole.
 *
 * @param presentBytes how much of the file is there
 * @param fileBytes how long it will be
 */
export async function claimChunks(
  file: FileHandle,
  presentBytes: number,
  fileBytes: number,
): Promise<ChunkClaim> {
  const chunkBytes = chunkBytesFor(fileBytes);
  const count = Math.floor(Math.min(presentBytes, fileBytes) / chunkBytes);
  const hashes = new Uint8Array(count * HASH_BYTES);
  for (let index = 0; index < count; index++) {
    const start = index * chunkBytes;
    hashes.set(await hashRange(file, { start, end: start + chunkBytes }), index * HASH_BYTES);
  }
  return { chunkBytes, hashes };
}

/** The hash claimed for the chunk that begins at `offset`, or undefined. */
export function claimedHash(claim: ChunkClaim, offset: number): Uint8Array | undefined {
  const { chunkBytes, hashes } = claim;
  if (offset % chunkBytes !== 0) return undefined;
  const at = (offset / chunkBytes) * HASH_BYTES;
  return at + HASH_BYTES <= hashes.length ? hashes.subarray(at, at + HASH_BYTES) : undefined;
}

/** Whether a claim can be about a file of this size: else the peer makes it up. */
export function isPlausibleClaim(claim: ChunkClaim, fileBytes: number): boolean {
  const { chunkBytes, hashes } = claim;
  if (hashes.length === 0) return true;
  const count = hashes.length / HASH_BYTES;
  return chunkBytes === chunkBytesFor(fileBytes) && count * chunkBytes <= fileBytes;
}

/** The chunks that a file of this size is compared by: 1 MiB, more from 16 GiB on. */
function chunkBytesFor(fileBytes: number): number {
  let bytes = MIN_CHUNK_BYTES;
  while (fileBytes / bytes > MAX_CHUNKS) bytes *= 2;
  return bytes;
}
