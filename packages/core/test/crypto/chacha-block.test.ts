import { chacha20 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeU32le } from '../../src/crypto/bytes.js';
import { ChaChaMask, SaltStream } from '../../src/crypto/chacha-block.js';
import { bytes, vectors } from './vectors.js';

const array = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe('ChaChaMask', () => {
  test.each(vectors.chachaBlock.vectors)('writes block $counter', (vector) => {
    const out = new Uint8Array(64);
    new ChaChaMask(bytes(vector.key)).block(vector.counter, bytes(vector.nonce), out);
    expect(out).toEqual(bytes(vector.block));
  });

  test.each(vectors.mask.vectors)('masks by the sample $sample', ({ key, sample, mask }) => {
    const datagram = new Uint8Array(40);
    datagram.set(bytes(sample), 7);
    const out = new Uint8Array(64);
    new ChaChaMask(bytes(key)).mask(datagram, 7, out);
    expect(out.subarray(0, 16)).toEqual(bytes(mask));
  });

  test('writes the blocks that a ChaCha20 library writes, whatever came before', () => {
    const blocks = new ChaChaMask(new Uint8Array(32).fill(17));
    const out = new Uint8Array(64);
    fc.assert(
      fc.property(fc.nat({ max: 0xffff_fffe }), array(12), (counter, nonce) => {
        blocks.block(counter, nonce, out);
        const key = new Uint8Array(32).fill(17);
        expect(out).toEqual(chacha20(key, nonce, new Uint8Array(64), undefined, counter));
      }),
    );
  });

  test('masks with the first bytes of the block that the sample names', () => {
    fc.assert(
      fc.property(array(32), fc.nat({ max: 0xffff_ffff }), array(12), (key, counter, nonce) => {
        const sample = new Uint8Array(16);
        writeU32le(sample, 0, counter);
        sample.set(nonce, 4);
        const blocks = new ChaChaMask(key);
        const [mask, block] = [new Uint8Array(64), new Uint8Array(64)];
        blocks.mask(sample, 0, mask);
        blocks.block(counter, nonce, block);
        expect(mask.subarray(0, 16)).toEqual(block.subarray(0, 16));
      }),
    );
  });

  test('forgets its key when wiped', () => {
    const key = new Uint8Array(32).fill(17);
    const [before, after] = [new Uint8Array(64), new Uint8Array(64)];
    const blocks = new ChaChaMask(key);
    blocks.block(0, new Uint8Array(12), before);
    blocks.wipe();
    blocks.block(0, new Uint8Array(12), after);
    // All words zero, constants included, is a fixed point of the rounds.
    expect(after).toEqual(new Uint8Array(64));
    expect(before).not.toEqual(after);
  });
});

describe('SaltStream', () => {
  const key = bytes(vectors.salts.key);

  test.each(vectors.salts.vectors)('gives the salt of message $n', ({ n, salt }) => {
    const out = new Uint8Array(20).fill(255);
    new SaltStream(key).salt(n, out, 2);
    expect(out).toEqual(Uint8Array.of(255, 255, ...bytes(salt), 255, 255));
  });

  test('gives the same salts in any order', () => {
    const stream = new SaltStream(key);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2 ** 31 - 1 }), { minLength: 1 }), (numbers) => {
        for (const n of numbers) {
          const [one, two] = [new Uint8Array(16), new Uint8Array(16)];
          stream.salt(n, one, 0);
          new SaltStream(key).salt(n, two, 0);
          expect(one).toEqual(two);
        }
      }),
    );
  });

  test('never gives one salt to two of the first thousand messages', () => {
    const stream = new SaltStream(key);
    const out = new Uint8Array(16);
    const seen = new Set<string>();
    for (let n = 0; n < 1000; n++) {
      stream.salt(n, out, 0);
      seen.add(out.join());
    }
    expect(seen.size).toBe(1000);
  });

  test('forgets key and cached block when wiped', () => {
    const stream = new SaltStream(key);
    const out = new Uint8Array(16);
    stream.salt(1, out, 0);
    stream.wipe();
    stream.salt(1, out, 0);
    expect(out).toEqual(new Uint8Array(16));
  });
});
