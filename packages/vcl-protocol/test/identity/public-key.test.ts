import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyPair } from '../../src/crypto.js';
import {
  decodePublicKey,
  encodePublicKey,
  fingerprint,
  readPublicKey,
  toPublicKey,
} from '../../src/identity/public-key.js';
import { chooseProvider } from '../../src/node/crypto/choose.js';

const KEY = KeyPair.fromSeed(new Uint8Array(32).fill(7)).publicKey;
const TEXT = 'vcl-ed25519:6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw';
const SMALL_ORDER = Uint8Array.of(1, ...new Uint8Array(31));

describe('the text form of a public key', () => {
  it('is the prefix and base64url', () => {
    expect(encodePublicKey(KEY)).toBe(TEXT);
    expect(decodePublicKey(TEXT)).toEqual(Uint8Array.from(KEY));
  });

  it('comes back as it was', () => {
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(bytes, (key) => {
        expect(readPublicKey(encodePublicKey(key))).toEqual(key);
      }),
    );
  });

  it.each([
    ['no prefix', TEXT.slice('vcl-ed25519:'.length)],
    ['another prefix', TEXT.replace('vcl-ed25519', 'ssh-ed25519')],
    ['a character short', TEXT.slice(0, -1)],
    ['a character long', `${TEXT}A`],
    ['padding', `${TEXT}=`],
    ['base64 instead of base64url', TEXT.replaceAll('-', '+').replace('vcl+', 'vcl-')],
    ['bits left over in the last character', `${TEXT.slice(0, -1)}x`],
    ['white space', `${TEXT} `],
    ['a character that decoders skip', TEXT.replace('6k', '6\n')],
    ['nothing', ''],
    ['the prefix only', 'vcl-ed25519:'],
  ])('is refused with %s', (_, text) => {
    expect(() => decodePublicKey(text)).toThrow(
      expect.objectContaining({
        code: 'InvalidKey',
        message: expect.stringContaining("'vcl-ed25519:' and 43 characters of base64url"),
      }),
    );
  });

  it('is refused for a key that anybody could sign for', () => {
    expect(() => decodePublicKey(encodePublicKey(SMALL_ORDER))).toThrow('not a usable Ed25519 key');
  });

  it('exists for 32 bytes only', () => {
    expect(() => encodePublicKey(KEY.subarray(1))).toThrow('got 31 bytes');
  });
});

describe('toPublicKey', () => {
  it('takes both forms and copies bytes', () => {
    const given = Uint8Array.from(KEY);
    const taken = toPublicKey(given);
    given.fill(0);
    expect(taken).toEqual(toPublicKey(TEXT));
  });

  it('checks bytes as it checks text', () => {
    expect(() => toPublicKey(SMALL_ORDER)).toThrow(expect.objectContaining({ code: 'InvalidKey' }));
    expect(() => toPublicKey(new Uint8Array(64))).toThrow('got 64 bytes');
    expect(() => toPublicKey(5 as never)).toThrow('got a value of type number');
  });

  it.each(['node', 'noble'] as const)('judges alike with provider %s', (name) => {
    const provider = chooseProvider(name);
    expect(toPublicKey(TEXT, provider)).toEqual(Uint8Array.from(KEY));
    expect(() => toPublicKey(SMALL_ORDER, provider)).toThrow('not a usable Ed25519 key');
  });
});

it('fingerprint is SHA-256 in base64 without padding, as OpenSSH writes it', () => {
  const digest = createHash('sha256').update(KEY).digest('base64');
  expect(fingerprint(KEY)).toBe(`SHA256:${digest.slice(0, 43)}`);
  expect(fingerprint(KEY)).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
});
