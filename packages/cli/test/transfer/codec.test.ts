import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTransferMessage } from '../../src/transfer/wire/decode.js';
import { encodeTransferMessage, entryBytes } from '../../src/transfer/wire/encode.js';
import { TransferLimits, type TransferMessage } from '../../src/transfer/wire/messages.js';
import { anyMessage } from './support/messages.js';

/** Byte strings of any class as plain arrays. */
function plain(message: TransferMessage | undefined): unknown {
  return JSON.parse(
    JSON.stringify(message ?? null, (_, value) =>
      ArrayBuffer.isView(value) ? Buffer.from(value as Uint8Array).toString('hex') : value,
    ).replaceAll(/\{"type":"Buffer","data":\[([\d,]*)\]\}/g, (_, list: string) =>
      JSON.stringify(Buffer.from(list === '' ? [] : list.split(',').map(Number)).toString('hex')),
    ),
  );
}

const entry = {
  id: 1,
  kind: 'file',
  mode: 0o644,
  mtimeMs: 0,
  bytes: 3,
  path: 'a',
  target: '',
} as const;

describe('messages of the transfer protocol', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(plain(decodeTransferMessage(encodeTransferMessage(message)))).toEqual(
          plain(message),
        );
      }),
    );
  });

  it('do not decode with a byte less', () => {
    fc.assert(
      fc.property(
        anyMessage.filter(({ type }) => type !== 'data'),
        (message) => {
          const bytes = encodeTransferMessage(message);
          expect(decodeTransferMessage(bytes.subarray(0, -1))).toBeUndefined();
          expect(decodeTransferMessage(Buffer.concat([bytes, Buffer.of(0)]))).toBeUndefined();
        },
      ),
    );
  });

  it('are read without an exception whatever the bytes are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 14 }),
        fc.uint8Array({ maxLength: 200 }),
        (code, body) => {
          const message = decodeTransferMessage(Buffer.concat([Buffer.of(code), body]));
          // What decodes is a message, and goes in again.
          if (message !== undefined) expect(encodeTransferMessage(message)[0]).toBe(code);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['nothing', []],
    ['an unknown number', [99]],
    ['a number of no message', [0]],
  ])('are not %s', (_, bytes) => {
    expect(decodeTransferMessage(Uint8Array.from(bytes))).toBeUndefined();
  });

  it('hold no text that is not UTF-8', () => {
    expect(decodeTransferMessage(Uint8Array.from([3, 0, 2, 0xc3, 0x28]))).toBeUndefined();
  });

  it.each([
    ['a directory with a size', { ...entry, kind: 'directory' }],
    ['a file with a target', { ...entry, target: 'b' }],
    ['set-user-id bits', { ...entry, mode: 0o4755 }],
    ['a time that is none', { ...entry, mtimeMs: Number.NaN }],
    ['a path too long', { ...entry, path: 'x'.repeat(TransferLimits.PATH_BYTES + 1) }],
  ] as const)('refuse %s', (_, bad) => {
    expect(
      decodeTransferMessage(encodeTransferMessage({ type: 'offer', entries: [bad] })),
    ).toBeUndefined();
  });

  it('refuse more than a message may hold', () => {
    const zeros = new Uint8Array(TransferLimits.DATA_BYTES + 1);
    const data = { type: 'data', id: 0, offset: 0, zeroBytes: 0, sha256: undefined } as const;
    for (const message of [
      { ...data, bytes: zeros },
      { ...data, bytes: zeros.subarray(0, 0), zeroBytes: zeros.length },
      { ...data, bytes: zeros.subarray(0, 2), offset: TransferLimits.FILE_BYTES - 1 },
      { ...data, bytes: zeros.subarray(0, 1), zeroBytes: 1 },
      { type: 'offer', entries: Array(TransferLimits.ENTRIES + 1).fill(entry) },
      { type: 'offer', entries: [] },
      { type: 'want', id: 0, chunkBytes: 0, more: false, hashes: zeros.subarray(0, 0) },
      { type: 'want', id: 0, chunkBytes: 1, more: false, hashes: zeros.subarray(0, 1025 * 32) },
      { type: 'hello', version: 1, action: 'pull', paths: Array(257).fill('a') },
    ] satisfies TransferMessage[]) {
      expect(decodeTransferMessage(encodeTransferMessage(message))).toBeUndefined();
    }
  });

  it('cut reasons between characters', () => {
    const reason = `x${'é'.repeat(TransferLimits.REASON_BYTES)}`;
    const message = decodeTransferMessage(encodeTransferMessage({ type: 'stop', reason }));
    expect(message?.type === 'stop' && message.reason).toBe(`x${'é'.repeat(511)}`);
  });

  it('say how long an entry is', () => {
    const entries = [{ ...entry, path: 'añb' }];
    expect(encodeTransferMessage({ type: 'offer', entries })).toHaveLength(
      3 + entryBytes(entries[0]!),
    );
  });
});
