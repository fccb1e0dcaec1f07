// Folders to send, and what must be equal about them on both sides.
import { createHash, randomFillSync } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK_BYTES = 1 << 20;

/**
 * Makes a folder of random files: many small ones, some of middle size, and one large in the middle
 * of the order of names.
 *
 * @param {string} directory where
 * @param {number} bytes how much in all, about
 * @returns {Promise<number>} how much exactly
 */
export async function makeFolder(directory, bytes) {
  const large = Math.floor(bytes * 0.55);
  const middle = Math.floor(bytes * 0.01);
  const small = Math.max(600, Math.floor(bytes / 250_000));
  let total = 0;
  const add = async (name, size) => {
    await writeRandom(join(directory, name), size);
    total += size;
  };
  for (const part of ['a', 'm', 'z', 'm/empty', 'z/deep/er/still']) {
    await mkdir(join(directory, part), { recursive: true });
  }
  for (let i = 0; i < 15; i++) await add(`a/middle-${i}`, middle + i * 7);
  for (let i = 0; i < small / 2; i++) await add(`a/small-${i}`, (i * 97) % 9_000);
  await add('m/large', large);
  for (let i = 0; i < small / 2; i++) await add(`z/deep/small-${i}`, (i * 131) % 16_000);
  for (let i = 0; i < 25; i++) await add(`z/middle-${i}`, middle + i * 11);
  await add('z/deep/er/still/empty', 0);
  return total;
}

/** @param {string} path of a new file with `size` random bytes, last changed in 2020 */
export async function writeRandom(path, size) {
  const file = await open(path, 'w', 0o640);
  try {
    for (let at = 0; at < size; at += BLOCK_BYTES) {
      await file.write(randomFillSync(Buffer.allocUnsafe(Math.min(BLOCK_BYTES, size - at))));
    }
  } finally {
    await file.close();
  }
  await utimes(path, 1_580_000_000, 1_580_000_000);
}

/**
 * What differs between two folders: names, contents by SHA-256, modes and times.
 *
 * @returns {Promise<string[]>} one string for each difference
 */
export async function differences(left, right) {
  const [a, b] = [await listing(left), await listing(right)];
  const problems = [];
  for (const [path, expected] of a) {
    const found = b.get(path);
    if (found === undefined) problems.push(`${path} is missing`);
    else if (found !== expected) problems.push(`${path}: ${expected} was sent, ${found} is there`);
  }
  for (const path of b.keys()) if (!a.has(path)) problems.push(`${path} is too much`);
  return problems;
}

/** @returns {Promise<string>} SHA-256 in hex */
export async function sha256Of(path) {
  const hash = createHash('sha256');
  for await (const block of createReadStream(path, { highWaterMark: BLOCK_BYTES })) {
    hash.update(block);
  }
  return hash.digest('hex');
}

async function listing(directory) {
  const found = new Map();
  for (const path of (await readdir(directory, { recursive: true })).sort()) {
    const stats = await stat(join(directory, path));
    const mode = (stats.mode & 0o777).toString(8);
    if (stats.isDirectory()) found.set(path, 'directory');
    else {
      const digest = await sha256Of(join(directory, path));
      found.set(path, `${digest.slice(0, 16)} ${mode} ${Math.round(stats.mtimeMs)}`);
    }
  }
  return found;
}
