import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ControlType,
  controlMessage,
  decodeGap,
  decodeLeafWanted,
  decodeRekeyWanted,
  decodeSigner,
  decodeStatement,
  encodeGap,
  encodeLeafWanted,
  encodeSigner,
  encodeStatement,
  MAX_CONTROL_BODY_BYTES,
} from '../../src/wire/control-messages.js';
import { CONTROL_MESSAGES } from './control-table.js';
import { fromHex, toHex } from './hex.js';

const KEY = '11'.repeat(32);
const SIGNATURE = '22'.repeat(64);

describe.each(Object.entries(CONTROL_MESSAGES))('%s', (name, codec) => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(codec.arbitrary, (message) => {
        expect(codec.decode(codec.encode(message))).toEqual(message);
      }),
    );
  });

  it('is refused when bytes are missing or follow', () => {
    fc.assert(
      fc.property(codec.arbitrary, (message) => {
        const body = codec.encode(message);
        expect(codec.decode(body.subarray(0, body.length - 1))).toBeUndefined();
        expect(codec.decode(Uint8Array.of(...body, 0))).toBeUndefined();
      }),
    );
  });

  it('has the type of the specification', () => {
    expect(codec.type).toBe(ControlType[name as keyof typeof ControlType]);
  });
});

describe('strictness of control messages', () => {
  it('refuses a GAP and a LEAF_WANTED of any lane but L', () => {
    expect(decodeGap(fromHex(`010000${KEY}`))).toBeDefined();
    expect(decodeLeafWanted(fromHex('0100'))).toBeDefined();
    for (const lane of ['00', '02', 'ff']) {
      expect(decodeGap(fromHex(`${lane}0000${KEY}`))).toBeUndefined();
      expect(decodeLeafWanted(fromHex(`${lane}00`))).toBeUndefined();
    }
  });

  it('refuses a LEAF_WANTED of more than 256 numbers', () => {
    expect(decodeLeafWanted(fromHex(`014100${'07'.repeat(256)}`))?.numbers).toHaveLength(256);
    expect(decodeLeafWanted(fromHex(`014101${'07'.repeat(257)}`))).toBeUndefined();
    expect(() => encodeLeafWanted({ lane: 1, numbers: Array<number>(257).fill(1) })).toThrow(
      RangeError,
    );
  });

  it('does not loop over a count that is not there', () => {
    expect(decodeLeafWanted(fromHex('0140ff'))).toBeUndefined();
  });

  it('refuses a REKEY_WANTED above 2^32 - 1', () => {
    expect(decodeRekeyWanted(fromHex('c0000000ffffffff'))).toBe(2 ** 32 - 1);
    expect(decodeRekeyWanted(fromHex('c000000100000000'))).toBeUndefined();
  });

  it('refuses a STATEMENT with a flag that has no meaning or an epoch above 2^32 - 1', () => {
    const rest = `0000000000${'00'.repeat(8)}${SIGNATURE}`;
    expect(decodeStatement(fromHex(`03${rest}`))?.flags).toBe(3);
    expect(decodeStatement(fromHex(`04${rest}`))).toBeUndefined();
    const late = `0000000000c000000100000000${'00'.repeat(8)}${SIGNATURE}`;
    expect(decodeStatement(fromHex(late))).toBeUndefined();
  });

  it('refuses to write leaves, keys and signatures of a wrong length', () => {
    const short = new Uint8Array(31);
    expect(() => encodeGap({ lane: 1, n: 0, length: 0, leaf: short })).toThrow(RangeError);
    expect(() => encodeSigner(short)).toThrow(RangeError);
    const numbers = { flags: 0, k: 1, rThrough: 0, lThrough: 0, seen: 0, epoch: 0, timeMs: 0 };
    expect(() => encodeStatement({ ...numbers, signature: short })).toThrow(RangeError);
  });

  it('gives a signer key that no longer depends on the bytes it came from', () => {
    const body = fromHex(KEY);
    const key = decodeSigner(body)!;
    body.fill(0);
    expect(toHex(key)).toBe(KEY);
  });
});

describe('controlMessage', () => {
  it('puts type and length before the body', () => {
    expect(toHex(controlMessage(6, fromHex('02')))).toBe('060102');
    expect(toHex(controlMessage(4, new Uint8Array(64)).subarray(0, 3))).toBe('044040');
  });

  it('refuses a body above 16,384 bytes', () => {
    expect(controlMessage(4, new Uint8Array(MAX_CONTROL_BODY_BYTES)).length).toBe(16_389);
    expect(() => controlMessage(4, new Uint8Array(MAX_CONTROL_BODY_BYTES + 1))).toThrow(RangeError);
  });
});
