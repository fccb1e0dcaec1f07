import { chacha20 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChaChaMask } from '../../src/crypto/chacha-block.js';
import {
  cidKey,
  expandPacketNumber,
  MIN_RECORD_BYTES,
  maskRecord,
  packetNumberLength,
  RecordHeader,
  unmaskHeader,
  unmaskOuter,
  writeRecordHeader,
} from '../../src/wire/record-header.js';
import { toHex } from './hex.js';

const pnLengths = fc.integer({ min: 1, max: 4 });
const packetNumbers = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const keys = fc.uint8Array({ minLength: 32, maxLength: 32 });
const records = fc.record({
  cid: fc.uint8Array({ minLength: 8, maxLength: 8 }),
  epoch: fc.nat(9),
  pn: packetNumbers,
  pnLength: pnLengths,
  sealed: fc.uint8Array({ minLength: 19, maxLength: 60 }),
  hp: keys,
  omask: keys,
});

describe('record masks', () => {
  it('are undone in the reverse order and give the header back', () => {
    const out = new RecordHeader();
    fc.assert(
      fc.property(records, (record) => {
        const clear = clearRecord(record);
        const buffer = clear.slice();
        const hp = new ChaChaMask(record.hp);
        const omask = new ChaChaMask(record.omask);
        maskRecord(buffer, buffer.length, record.pnLength, hp, omask);
        expect(unmaskOuter(buffer, buffer.length, omask)).toBe(true);
        expect(toHex(buffer.subarray(1, 9))).toBe(toHex(record.cid));
        expect(unmaskHeader(buffer, hp, out)).toBe(true);
        expect(toHex(buffer)).toBe(toHex(clear));
        expect(out).toEqual(
          Object.assign(new RecordHeader(), {
            pnLength: record.pnLength,
            epochBits: record.epoch % 4,
            truncatedPn: record.pn % 2 ** (8 * record.pnLength),
            headerLength: 9 + record.pnLength,
          }),
        );
      }),
    );
  });

  it('are those of an independent ChaCha20', () => {
    fc.assert(
      fc.property(records, (record) => {
        const buffer = clearRecord(record);
        // The twin refuses the last block counter, after which it could not count on.
        fc.pre(buffer.subarray(13, 17).some((byte) => byte !== 0xff));
        const expected = maskedByTwin(buffer, record.pnLength, record.hp, record.omask);
        const hp = new ChaChaMask(record.hp);
        maskRecord(buffer, buffer.length, record.pnLength, hp, new ChaChaMask(record.omask));
        expect(toHex(buffer)).toBe(toHex(expected));
      }),
    );
  });

  it('restore a datagram when the outer mask is applied twice', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 29, maxLength: 80 }), keys, (datagram, key) => {
        const omask = new ChaChaMask(key);
        const buffer = datagram.slice();
        unmaskOuter(buffer, buffer.length, omask);
        expect(toHex(buffer.subarray(13))).toBe(toHex(datagram.subarray(13)));
        unmaskOuter(buffer, buffer.length, omask);
        expect(toHex(buffer)).toBe(toHex(datagram));
      }),
    );
  });

  it('leave a datagram alone that is too short for a record', () => {
    const omask = new ChaChaMask(new Uint8Array(32));
    const buffer = new Uint8Array(64);
    expect(MIN_RECORD_BYTES).toBe(1 + 8 + 4 + 16);
    for (const length of [0, 1, 28]) {
      expect(unmaskOuter(buffer, length, omask)).toBe(false);
      expect(unmaskOuter(buffer.slice(0, length), 64, omask)).toBe(false);
      expect(unmaskHeader(buffer.slice(0, length), omask, new RecordHeader())).toBe(false);
    }
    expect(buffer.every((byte) => byte === 0)).toBe(true);
    expect(unmaskOuter(buffer, 29, omask)).toBe(true);
    expect(() => maskRecord(buffer, 28, 1, omask, omask)).toThrow(RangeError);
  });

  it('show the early bit and the reserved bits of a foreign header', () => {
    const hp = new ChaChaMask(new Uint8Array(32));
    const buffer = new Uint8Array(40);
    const out = new RecordHeader();
    unmaskHeader(buffer, hp, out);
    const maskByte = buffer[0]!;
    for (const first of [0x08, 0x05, 0xff]) {
      const datagram = new Uint8Array(40);
      datagram[0] = first ^ maskByte;
      unmaskHeader(datagram, hp, out);
      expect([out.early, out.reservedBits]).toEqual([(first & 8) !== 0, first & 7]);
    }
  });
});

describe('cidKey', () => {
  it('is the last 6 bytes of the id as a number', () => {
    const bytes = Uint8Array.of(9, 0xff, 0xff, 0x80, 0x01, 0x02, 0x03, 0x04, 0x05);
    expect(cidKey(bytes, 1)).toBe(0x800102030405);
    expect(cidKey(new Uint8Array(8).fill(0xff), 0)).toBe(2 ** 48 - 1);
  });
});

describe('truncated packet numbers', () => {
  it('are recovered by a receiver that has at least what it acknowledged', () => {
    fc.assert(
      fc.property(packetNumbers, fc.nat(2 ** 31 - 1), fc.nat(2 ** 31 - 1), (pn, back, seen) => {
        const largestAcked = Math.max(-1, pn - 1 - back);
        const length = packetNumberLength(pn, largestAcked);
        const received = Math.min(largestAcked + seen, pn - 1);
        const truncated = pn % 2 ** (8 * length);
        expect(expandPacketNumber(received, truncated, length)).toBe(pn);
      }),
    );
  });

  it('are recovered by a receiver that is ahead, when packets came in another order', () => {
    fc.assert(
      fc.property(packetNumbers, fc.nat(100), pnLengths, (pn, ahead, length) => {
        const largest = Math.min(pn + ahead, 2 ** 48 - 1);
        expect(expandPacketNumber(largest, pn % 2 ** (8 * length), length)).toBe(pn);
      }),
    );
  });

  it('give a number from 0 to 2^48 - 1 with these low bytes, whatever comes', () => {
    fc.assert(
      fc.property(packetNumbers, fc.nat(2 ** 31 - 1), pnLengths, (largest, bits, length) => {
        const truncated = bits % 2 ** (8 * length);
        const pn = expandPacketNumber(largest, truncated, length);
        expect(pn % 2 ** (8 * length)).toBe(truncated);
        expect(pn).toBeGreaterThanOrEqual(0);
        expect(pn).toBeLessThan(2 ** 48);
      }),
    );
  });
});

interface RecordCase {
  readonly cid: Uint8Array;
  readonly epoch: number;
  readonly pn: number;
  readonly pnLength: number;
  readonly sealed: Uint8Array;
}

function clearRecord({ cid, epoch, pn, pnLength, sealed }: RecordCase): Uint8Array {
  const buffer = new Uint8Array(13 + sealed.length);
  const headerLength = writeRecordHeader(buffer, cid, epoch, pn, pnLength);
  buffer.set(sealed, headerLength);
  return buffer.subarray(0, Math.max(headerLength + sealed.length, MIN_RECORD_BYTES));
}

/** SPEC 3.3 read aloud: slow, and built on another ChaCha20. */
function maskedByTwin(
  record: Uint8Array,
  pnLength: number,
  hp: Uint8Array,
  omask: Uint8Array,
): Uint8Array {
  const out = record.slice();
  const sample = record.slice(13, 29);
  const header = twinBlock(hp, sample);
  out[0]! ^= header[0]!;
  for (let i = 0; i < pnLength; i++) out[9 + i]! ^= header[1 + i]!;
  const outer = twinBlock(omask, sample);
  for (let i = 0; i < 13; i++) out[i]! ^= outer[i]!;
  return out;
}

function twinBlock(key: Uint8Array, sample: Uint8Array): Uint8Array {
  const counter = new DataView(sample.buffer).getUint32(0, true);
  return chacha20(key, sample.slice(4), new Uint8Array(64), undefined, counter);
}
