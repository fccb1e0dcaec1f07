import fc from 'fast-check';
import {
  HASH_BYTES,
  type TransferEntry,
  TransferLimits,
  type TransferMessage,
} from '../../../src/transfer/wire/messages.js';

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const u48 = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const sha256 = fc.uint8Array({ minLength: HASH_BYTES, maxLength: HASH_BYTES });
const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const version = fc.integer({ min: 0, max: 255 });

const entry: fc.Arbitrary<TransferEntry> = fc
  .record({
    id: u32,
    kind: fc.constantFrom('file', 'directory', 'link', 'stream'),
    mode: fc.integer({ min: 0, max: 0o777 }),
    mtimeMs: fc.double({ min: -1e12, max: 4e12, noNaN: true }),
    bytes: u48,
    path: text,
    target: text,
  })
  .map((one) => ({
    ...one,
    bytes: one.kind === 'file' ? one.bytes : 0,
    target: one.kind === 'link' ? one.target : '',
  }));

/** Any message that can be written. */
export const anyMessage: fc.Arbitrary<TransferMessage> = fc.oneof(
  fc.record({
    type: fc.constant('hello' as const),
    version,
    action: fc.constantFrom('push' as const, 'pull' as const),
    paths: fc.array(text, { maxLength: 5 }),
  }),
  fc.record({ type: fc.constant('welcome' as const), version }),
  fc.record({ type: fc.constant('stop' as const), reason: text }),
  fc.record({
    type: fc.constant('offer' as const),
    entries: fc.array(entry, { minLength: 1, maxLength: 5 }),
  }),
  fc.record({ type: fc.constant('problem' as const), path: text, reason: text }),
  fc.record({ type: fc.constant('offered' as const), files: u32, bytes: u48 }),
  fc.record({
    type: fc.constant('want' as const),
    id: u32,
    chunkBytes: fc.integer({ min: 1, max: 2 ** 48 - 1 }),
    more: fc.boolean(),
    hashes: fc
      .array(sha256, { maxLength: 3 })
      .map((hashes) => Uint8Array.from(hashes.flatMap((h) => [...h]))),
  }),
  fc.record({ type: fc.constant('compare' as const), id: u32, sha256 }),
  fc.record({ type: fc.constant('compared' as const), id: u32, isSame: fc.boolean() }),
  fc.record({
    type: fc.constant('data' as const),
    id: u32,
    offset: fc.integer({ min: 0, max: 2 ** 47 }),
    zeroBytes: fc.constant(0),
    sha256: fc.option(sha256, { nil: undefined }),
    bytes: fc.uint8Array({ maxLength: 100 }),
  }),
  fc.record({
    type: fc.constant('data' as const),
    id: u32,
    offset: fc.constant(0),
    zeroBytes: fc.integer({ min: 1, max: TransferLimits.DATA_BYTES }),
    sha256: fc.constant(undefined),
    bytes: fc.constant(new Uint8Array(0)),
  }),
  fc.record({ type: fc.constant('lost' as const), id: u32, reason: text }),
  fc.record({
    type: fc.constant('result' as const),
    id: u32,
    status: fc.constantFrom('stored', 'identical', 'refused', 'failed'),
    reason: text,
  }),
  fc.constant({ type: 'settled' as const }),
);
