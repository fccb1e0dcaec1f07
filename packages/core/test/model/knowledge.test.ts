import { describe, expect, it } from 'vitest';
import { Knowledge } from './knowledge.js';
import {
  apply,
  constant,
  dh,
  encapsulate,
  hash,
  kemKey,
  LOW_ORDER_POINT,
  name,
  point,
  seal,
  sign,
  tuple,
  verifyKey,
} from './term.js';

const x = name('x');
const y = name('y');
const key = name('key');
const nonce = name('nonce');
const secret = name('secret');

describe('terms', () => {
  it('are one object when they are equal', () => {
    expect(tuple(x, hash(y))).toBe(tuple(x, hash(y)));
    expect(tuple(x, y)).not.toBe(tuple(y, x));
    expect(name('x')).not.toBe(constant('x'));
  });

  it('obey the equation of X25519', () => {
    expect(dh(x, point(y))).toBe(dh(y, point(x)));
    expect(dh(x, point(y))).not.toBe(dh(x, point(x)));
  });

  it('make X25519 with a point of small order a public constant', () => {
    expect(dh(x, LOW_ORDER_POINT)).toBe(dh(y, LOW_ORDER_POINT));
    expect(Knowledge.of([]).derivable(dh(x, LOW_ORDER_POINT))).toBe(true);
  });

  it('refuse X25519 with something that is no share', () => {
    expect(() => dh(x, hash(y))).toThrow('not a share');
  });
});

describe('what the adversary derives', () => {
  it('is public constants, but no names, from nothing', () => {
    const nothing = Knowledge.of([]);
    expect(nothing.derivable(hash(constant('a'), constant('b')))).toBe(true);
    expect(nothing.derivable(secret)).toBe(false);
  });

  it('takes tuples apart and puts functions together, never apart', () => {
    const knowledge = Knowledge.of([tuple(x, tuple(y, hash(secret)))]);
    expect(knowledge.derivable(hash(y, x))).toBe(true);
    expect(knowledge.derivable(apply('KDF', hash(secret)))).toBe(true);
    expect(knowledge.derivable(secret)).toBe(false);
  });

  it('opens what is sealed with key and nonce only', () => {
    const text = seal(key, nonce, constant('header'), secret);
    expect(Knowledge.of([text, key]).derivable(secret)).toBe(false);
    expect(Knowledge.of([text, nonce]).derivable(secret)).toBe(false);
    expect(Knowledge.of([text, key, nonce]).derivable(secret)).toBe(true);
  });

  it('opens what it got earlier once the key comes, along chains of keys', () => {
    const outer = seal(hash(x), nonce, constant(''), key);
    const inner = seal(key, nonce, constant(''), secret);
    const before = Knowledge.of([inner, outer, nonce]);
    expect(before.derivable(secret)).toBe(false);
    expect(before.with([x]).derivable(secret)).toBe(true);
    expect(before.derivable(secret)).toBe(false);
  });

  it('makes no ciphertext without the key but repeats what it holds', () => {
    const text = seal(key, nonce, constant(''), x);
    const knowledge = Knowledge.of([text, x, nonce]);
    expect(knowledge.derivable(text)).toBe(true);
    expect(knowledge.holds(text)).toBe(true);
    expect(knowledge.derivable(seal(key, nonce, constant(''), y))).toBe(false);
  });

  it('agrees by X25519 with one scalar and the other share', () => {
    const agreed = dh(x, point(y));
    expect(Knowledge.of([point(x), point(y)]).derivable(agreed)).toBe(false);
    expect(Knowledge.of([x]).derivable(agreed)).toBe(false);
    expect(Knowledge.of([x, point(y)]).derivable(agreed)).toBe(true);
    expect(Knowledge.of([y, point(x)]).derivable(agreed)).toBe(true);
  });

  it('signs with the secret key only and reads the signed message', () => {
    const signature = sign(key, secret);
    expect(Knowledge.of([verifyKey(key), secret]).derivable(signature)).toBe(false);
    expect(Knowledge.of([key, secret]).derivable(signature)).toBe(true);
    expect(Knowledge.of([signature]).derivable(secret)).toBe(true);
    expect(Knowledge.of([signature]).derivable(key)).toBe(false);
  });

  it('decapsulates with the secret only', () => {
    const cipher = encapsulate(kemKey(key), secret);
    expect(Knowledge.of([cipher, kemKey(key)]).derivable(secret)).toBe(false);
    expect(Knowledge.of([cipher, key]).derivable(secret)).toBe(true);
    expect(Knowledge.of([kemKey(key), x]).derivable(encapsulate(kemKey(key), x))).toBe(true);
  });
});
