import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, u16be } from '../../src/crypto/bytes.js';
import { PARAM_FIELDS } from '../../src/handshake/param-fields.js';
import { defaultParams, type TransportParams } from '../../src/handshake/params.js';
import { decodeParams, encodeParams } from '../../src/handshake/params-codec.js';
import { Reader } from '../../src/wire/reader.js';
import { fromHex, toHex } from '../wire/hex.js';
import { params } from './support.js';

const anyParams: fc.Arbitrary<TransportParams> = fc.record({
  idleTimeoutMs: fc.integer({ min: 0, max: 2 ** 32 }),
  maxDatagramBytes: fc.integer({ min: 512, max: 65_535 }),
  maxMessageBytes: fc.integer({ min: 1, max: 25_165_824 }),
  initialCreditReliableBytes: fc.integer({ min: 0, max: 2 ** 30 }),
  initialCreditLossyBytes: fc.integer({ min: 0, max: 2 ** 30 }),
  initialCreditMessages: fc.integer({ min: 1, max: 16_384 }),
  maxAckDelayMs: fc.integer({ min: 0, max: 1000 }),
  maxCids: fc.integer({ min: 2, max: 8 }),
  maxPaths: fc.integer({ min: 1, max: 8 }),
  maxCheckpointRate: fc.integer({ min: 10, max: 2000 }),
  maxUncovered: fc.integer({ min: 64, max: 65_536 }),
  evidence: fc.constantFrom('identity' as const, 'session' as const),
  signing: fc.constantFrom('group' as const, 'message' as const),
  delivery: fc.constantFrom('signed' as const, 'authenticated' as const),
  pq: fc.constantFrom('off' as const, 'prefer' as const, 'require' as const),
  carriers: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 16 }),
  disguise: fc.constant(0),
  psk: fc.oneof(
    fc.constantFrom('none' as const, 'external' as const),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  ),
});

describe('transport parameters', () => {
  it('come back as they were encoded', () => {
    const property = fc.property(anyParams, (any) => {
      expect(decode(encodeParams(any))).toEqual(any);
    });
    fc.assert(property);
  });

  it('that equal their defaults take no bytes', () => {
    expect(toHex(encodeParams(defaultParams()))).toBe('0000');
    expect(decode(fromHex('0000'))).toEqual(defaultParams());
  });

  it('may name a default, and in more bytes than needed', () => {
    expect(decodeBody('0102 4019')).toMatchObject({ idleTimeoutMs: 25 });
    expect(decodeBody('0701 19')).toEqual(defaultParams());
    expect(decodeBody('4007 04 80000001')).toMatchObject({ maxAckDelayMs: 1 });
  });

  it('ignore ids they do not know, grease among them', () => {
    const grease = { param: { id: 27 + 31 * 20, value: fromHex('a1a2a3') } };
    for (const first of [true, false]) {
      const bytes = encodeParams(params({ maxCids: 4 }), { ...grease, first });
      expect(decode(bytes)).toEqual(params({ maxCids: 4 }));
      const [head, tail] = [toHex(bytes.subarray(2, 8)), toHex(bytes.subarray(-6))];
      expect(first ? head : tail).toBe('428703a1a2a3');
    }
    expect(decodeBody('13 00 3f 01 ff')).toEqual(defaultParams());
  });
});

describe('a parameter list', () => {
  it.each([
    ['a known id twice', '0701 01 0701 01'],
    ['an unknown id twice', '1300 1300'],
    ['an id twice in different lengths', '0701 01 4007 01 01'],
    ['a number with a byte behind it', '0702 0101'],
    ['a number cut off', '0701 40'],
    ['a number without bytes', '0700'],
    ['a value cut off', '0702 01'],
    ['an id cut off', '40'],
    ['no carriers', '1000'],
    ['17 carriers', `1011 ${'01'.repeat(17)}`],
    ['an unknown evidence mode', '0c01 02'],
    ['an unknown policy', '0f01 03'],
    ['a disguise', '1101 01'],
    ['an unknown form of pre-shared key', '1201 03'],
    ['a ticket of 15 bytes', `1210 02 ${'00'.repeat(15)}`],
    ['an external key with a byte behind it', '1202 0100'],
  ])('with %s is refused', (_name, body) => {
    expect(decodeBody(body)).toBe(undefined);
  });

  it.each([
    [1, 0, 2 ** 32],
    [2, 512, 65_535],
    [3, 1, 25_165_824],
    [4, 0, 2 ** 30],
    [5, 0, 2 ** 30],
    [6, 1, 16_384],
    [7, 0, 1000],
    [8, 2, 8],
    [9, 1, 8],
    [10, 10, 2000],
    [11, 64, 65_536],
  ])('takes id %i from %i to %i and nothing beyond', (id, min, max) => {
    for (const value of [min, max]) expect(decodeNumber(id, value)).toBeDefined();
    for (const value of [min - 1, max + 1]) {
      if (value >= 0) expect(decodeNumber(id, value)).toBe(undefined);
    }
  });

  it('does not run over its end', () => {
    expect(decode(fromHex('0004 0701'))).toBe(undefined);
    expect(decode(fromHex('0002 0701 01'))).toBe(undefined);
    expect(decode(fromHex('00'))).toBe(undefined);
  });

  it('of any bytes gives parameters in range or nothing', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 60 }), (body) => {
      const decoded = decode(concat(u16be(body.length), body));
      if (decoded !== undefined) expect(() => encodeParams(decoded)).not.toThrow();
    });
    fc.assert(property, { numRuns: 2000 });
  });
});

describe('encoding', () => {
  it.each<Partial<TransportParams>>([
    { idleTimeoutMs: 2 ** 32 + 1 },
    { maxDatagramBytes: 511 },
    { maxAckDelayMs: 1.5 },
    { maxPaths: Number.NaN },
    { carriers: [] },
    { disguise: 1 },
    { psk: new Uint8Array(15) },
  ])('refuses %o and names it', (change) => {
    const [name] = Object.keys(change);
    expect(() => encodeParams(params(change))).toThrow(
      expect.objectContaining({
        code: 'InvalidConfig',
        message: expect.stringContaining(`${name}`),
      }),
    );
  });

  it('knows every parameter once, by the ids 1 to 18', () => {
    expect(PARAM_FIELDS.map((field) => field.id)).toEqual(
      Array.from({ length: 18 }, (_, index) => index + 1),
    );
    const names = PARAM_FIELDS.map((field) => field.name);
    expect([...names].sort()).toEqual(Object.keys(defaultParams()).sort());
  });
});

function decode(bytes: Uint8Array): TransportParams | undefined {
  return decodeParams(new Reader().reset(bytes, 0, bytes.length));
}

function decodeBody(spaced: string): TransportParams | undefined {
  const body = fromHex(spaced.replaceAll(' ', ''));
  return decode(concat(u16be(body.length), body));
}

/** A list of one number in eight bytes, so that each value has one form. */
function decodeNumber(id: number, value: number): TransportParams | undefined {
  const varint = new DataView(new ArrayBuffer(8));
  varint.setBigUint64(0, BigInt(value) | 0xc000000000000000n);
  return decodeBody(`${toHex(Uint8Array.of(id, 8))}${toHex(new Uint8Array(varint.buffer))}`);
}
