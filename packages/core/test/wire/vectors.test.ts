import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ChaChaMask } from '../../src/crypto/chacha-block.js';
import { controlMessage } from '../../src/wire/control-messages.js';
import { Reader } from '../../src/wire/reader.js';
import {
  expandPacketNumber,
  maskRecord,
  packetNumberLength,
  RecordHeader,
  unmaskHeader,
  unmaskOuter,
  writeRecordHeader,
} from '../../src/wire/record-header.js';
import { nearestNumber } from '../../src/wire/truncated.js';
import { Writer } from '../../src/wire/writer.js';
import { CONTROL_MESSAGES } from './control-table.js';
import { type Fields, FRAMES } from './frame-table.js';
import { fromHex, toHex } from './hex.js';

interface Vectors {
  readonly varints: readonly { value: number; hex: string }[];
  readonly refusedVarints: readonly string[];
  readonly longVarints: readonly { value: number; hex: string }[];
  readonly packetNumberLengths: readonly { pn: number; largestAcked: number; length: number }[];
  readonly packetNumbers: readonly {
    largest: number;
    truncated: number;
    lengthBytes: number;
    pn: number;
  }[];
  readonly nearest: readonly { base: number; low16: number; n: number }[];
  readonly frames: readonly { name: string; fields: Fields; hex: string }[];
  readonly controlMessages: readonly {
    name: string;
    type: number;
    fields: Fields;
    body: string;
    message: string;
  }[];
  readonly records: readonly RecordVector[];
}

interface RecordVector {
  readonly epoch: number;
  readonly pn: number;
  readonly pnLength: number;
  readonly cid: string;
  readonly hp: string;
  readonly omask: string;
  readonly sealed: string;
  readonly headerMasked: string;
  readonly masked: string;
}

const file = new URL('../vectors/wire.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;

describe('number vectors', () => {
  it.each(vectors.varints)('varint $value is $hex both ways', ({ value, hex }) => {
    const bytes = new Uint8Array(8);
    const w = new Writer().reset(bytes, 0, 8);
    w.varint(value);
    expect(toHex(bytes.subarray(0, w.pos))).toBe(hex);
    expect(reading(hex).varint()).toBe(value);
  });

  it.each(vectors.longVarints)('the longer form $hex is $value', ({ value, hex }) => {
    const r = reading(hex);
    expect(r.varint()).toBe(value);
    expect(r.done).toBe(true);
  });

  it.each(vectors.refusedVarints)('%s is above 2^53 - 1', (hex) => {
    const r = reading(hex);
    r.varint();
    expect(r.failed).toBe(true);
  });

  it.each(vectors.packetNumberLengths)(
    'packet $pn after the acknowledgement of $largestAcked takes $length bytes',
    ({ pn, largestAcked, length }) => {
      expect(packetNumberLength(pn, largestAcked)).toBe(length);
    },
  );

  it.each(vectors.packetNumbers)(
    'after packet $largest the $lengthBytes bytes of $truncated are $pn',
    ({ largest, truncated, lengthBytes, pn }) => {
      expect(expandPacketNumber(largest, truncated, lengthBytes)).toBe(pn);
    },
  );

  it.each(vectors.nearest)('near $base the bits $low16 are message $n', ({ base, low16, n }) => {
    expect(nearestNumber(base, low16)).toBe(n);
  });
});

describe('frame vectors', () => {
  it('hold every frame', () => {
    const names = new Set(vectors.frames.map(({ name }) => name));
    expect([...names].sort()).toEqual(Object.keys(FRAMES).sort());
  });

  it.each(vectors.frames)('$name $hex', ({ name, fields, hex }) => {
    const codec = FRAMES[name]!;
    const bytes = new Uint8Array(1024);
    const w = new Writer().reset(bytes, 0, bytes.length);
    codec.encode(w, fields);
    expect(toHex(bytes.subarray(0, w.pos))).toBe(hex);
    const r = reading(hex);
    const type = r.varint();
    expect(codec.decode(r, type)).toEqual(codec.decoded?.(fields) ?? fields);
    expect(r.done).toBe(true);
  });
});

describe('control message vectors', () => {
  it('hold every message', () => {
    const names = vectors.controlMessages.map(({ name }) => name);
    expect(new Set(names)).toEqual(new Set(Object.keys(CONTROL_MESSAGES)));
  });

  it.each(vectors.controlMessages)('$name', ({ name, type, fields, body, message }) => {
    const codec = CONTROL_MESSAGES[name]!;
    const plain = withBytes(name, fields);
    expect(codec.type).toBe(type);
    expect(toHex(codec.encode(plain))).toBe(body);
    expect(toHex(controlMessage(type, fromHex(body)))).toBe(message);
    expect(codec.decode(fromHex(body))).toEqual(plain);
  });
});

describe('record vectors', () => {
  it.each(vectors.records)('epoch $epoch packet $pn', (vector) => {
    const hp = new ChaChaMask(fromHex(vector.hp));
    const omask = new ChaChaMask(fromHex(vector.omask));
    const buffer = fromHex(vector.sealed);
    const header = writeRecordHeader(
      buffer,
      fromHex(vector.cid),
      vector.epoch,
      vector.pn,
      vector.pnLength,
    );
    expect(header).toBe(9 + vector.pnLength);
    expect(toHex(buffer)).toBe(vector.sealed);
    maskRecord(buffer, buffer.length, vector.pnLength, hp, omask);
    expect(toHex(buffer)).toBe(vector.masked);
    unmaskOuter(buffer, buffer.length, omask);
    expect(toHex(buffer)).toBe(vector.headerMasked);
    const out = new RecordHeader();
    unmaskHeader(buffer, hp, out);
    expect(toHex(buffer)).toBe(vector.sealed);
    expect(expandPacketNumber(vector.pn - 1, out.truncatedPn, out.pnLength)).toBe(vector.pn);
  });
});

function reading(hex: string): Reader {
  const bytes = fromHex(hex);
  return new Reader().reset(bytes, 0, bytes.length);
}

/** The message of `fields` as the codec has it: byte strings for hex. */
function withBytes(name: string, fields: Fields): unknown {
  if (name === 'SIGNER') return fromHex(fields.key as string);
  if (name === 'REKEY_WANTED') return fields.epoch;
  const plain: Fields = { ...fields };
  for (const key of ['leaf', 'signature', 'id']) {
    if (key in plain) plain[key] = fromHex(plain[key] as string);
  }
  if (Array.isArray(plain.shares)) {
    plain.shares = plain.shares.map(({ group, share }: { group: number; share: string }) => ({
      group,
      share: fromHex(share),
    }));
  }
  return plain;
}
