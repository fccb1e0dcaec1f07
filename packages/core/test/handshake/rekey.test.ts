import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/crypto/bytes.js';
import { finishRekey, respondRekey, startRekey } from '../../src/handshake/rekey.js';
import { fromHex, toHex } from '../wire/hex.js';
import { provider } from './support.js';

const crypto = provider();
const LOW_ORDER = '00'.repeat(32);
const SHARE = toHex(crypto.x25519PublicKey(new Uint8Array(32).fill(3)));

describe('a rekey exchange', () => {
  it('gives both sides the same fresh secret', () => {
    const init = startRekey(provider(1), 1);
    const answer = respondRekey(provider(2), 1, init.body);
    const dh = answer && finishRekey(crypto, init, answer.body);
    expect(dh).toHaveLength(32);
    expect(dh).toEqual(answer?.dh);
    const other = respondRekey(provider(3), 1, init.body);
    expect(other?.dh).not.toEqual(answer?.dh);
  });

  it('wipes the secret of the client when it ends, well or not', () => {
    for (const body of [respondRekey(crypto, 7, startRekey(crypto, 7).body)?.body, init7()]) {
      const init = startRekey(crypto, 7);
      expect(init.secret).not.toEqual(new Uint8Array(32));
      finishRekey(crypto, init, body ?? new Uint8Array());
      expect(init.secret).toEqual(new Uint8Array(32));
    }
  });

  it('carries the epoch it leads to, however large', () => {
    for (const epoch of [1, 63, 64, 100_000, 2 ** 31]) {
      const init = startRekey(crypto, epoch);
      const answer = respondRekey(crypto, epoch, init.body);
      expect(answer && finishRekey(crypto, init, answer.body)).toEqual(answer?.dh);
    }
  });
});

describe('the body of a rekey message', () => {
  it.each([
    ['one share', `0101001d0020${SHARE}`, true],
    ['a further group that nobody knows', `0102001d0020${SHARE}0a0a0001ff`, true],
    ['an epoch in more bytes than needed', `400101001d0020${SHARE}`, true],
    ['another epoch', `0201001d0020${SHARE}`, false],
    ['no share', '0100', false],
    ['X25519 in second place', `01020a0a0001ff001d0020${SHARE}`, false],
    ['another group only', `01010a0a0020${SHARE}`, false],
    ['X25519 twice', `0102001d0020${SHARE}001d0020${SHARE}`, false],
    ['a share of 31 bytes', `0101001d001f${SHARE.slice(2)}`, false],
    ['a low-order share', `0101001d0020${LOW_ORDER}`, false],
    ['a byte behind', `0101001d0020${SHARE}00`, false],
    ['a byte missing', `0101001d0020${SHARE.slice(2)}`, false],
    ['nothing', '', false],
  ])('with %s is taken: %s', (_name, hex, taken) => {
    const init = startRekey(crypto, 1);
    expect(respondRekey(crypto, 1, fromHex(hex)) !== undefined).toBe(taken);
    expect(finishRekey(crypto, init, fromHex(hex)) !== undefined).toBe(taken);
  });

  it('of any other bytes is refused without an exception', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const tail = concat(Uint8Array.of(1, 1), bytes);
      for (const body of [bytes, tail]) {
        expect(respondRekey(crypto, 1, body)).toBe(undefined);
      }
    });
    fc.assert(property);
  });
});

/** A body that leads to epoch 7 and holds a low-order share. */
function init7(): Uint8Array {
  return fromHex(`0701001d0020${LOW_ORDER}`);
}
