// What is done to logs, as edits: [offset, bytes removed, hex of bytes inserted], one after the other.
import { entriesOf } from './log-entries.mjs';

/** The end of the file is missing from some place on. */
export function truncation(log, random) {
  const offset = random.int(log.length);
  return [[offset, log.length - offset, '']];
}

/** One bit is another. */
export function flip(log, random) {
  const offset = random.int(log.length);
  return [[offset, 1, Buffer.of(log[offset] ^ (1 << random.int(8))).toString('hex')]];
}

/** Two entries, mostly neighbours, stand in each other's place. */
export function swap(log, random) {
  const entries = entriesOf(log);
  const first = random.int(entries.length - 1);
  const distance = random.chance(0.5) ? 1 : 1 + random.int(entries.length - first - 1);
  const [a, b] = [entries[first], entries[first + distance]];
  // From the back, so that the first offset still holds.
  return [
    [b.offset, b.bytes.length, a.bytes.toString('hex')],
    [a.offset, a.bytes.length, b.bytes.toString('hex')],
  ];
}

/** An entry is missing. */
export function removal(log, random) {
  const entries = entriesOf(log);
  const { offset, bytes } = entries[random.int(entries.length)];
  return [[offset, bytes.length, '']];
}

/** An entry stands in the log again, somewhere behind. */
export function repetition(log, random) {
  const entries = entriesOf(log);
  const first = random.int(entries.length);
  const place = entries[first + random.int(entries.length - first)];
  return [[place.offset + place.bytes.length, 0, entries[first].bytes.toString('hex')]];
}

/** The bytes of an entry are noise, its length and type are not. */
export function noise(log, random) {
  const entries = entriesOf(log);
  const { offset, bytes } = entries[random.int(entries.length)];
  const body = new Uint8Array(bytes.length - 5);
  random.bytes(body);
  return [[offset + 5, body.length, Buffer.from(body).toString('hex')]];
}

/** @returns {Buffer} the log with the edits made */
export function applyEdits(log, edits) {
  let altered = log;
  for (const [offset, removed, inserted] of edits) {
    altered = Buffer.concat([
      altered.subarray(0, offset),
      Buffer.from(inserted, 'hex'),
      altered.subarray(offset + removed),
    ]);
  }
  return altered;
}
