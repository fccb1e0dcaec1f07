import { describe, expect, it } from 'vitest';
import { OuterKeys } from '../../src/handshake/outer-keys.js';
import { toHex } from '../wire/hex.js';
import { provider, SERVER, STRANGER } from './support.js';

const crypto = provider();
const invitation = new Uint8Array(32).fill(3);

describe('outer keys', () => {
  it('differ by where the secret comes from', () => {
    const keys = [
      OuterKeys.open(crypto),
      OuterKeys.forServerKey(crypto, SERVER.publicKey),
      OuterKeys.forServerKey(crypto, STRANGER.publicKey),
      OuterKeys.fromSecret(crypto, invitation),
    ];
    expect(keys.map((key) => key.kind)).toEqual(['open', 'key', 'key', 'invite']);
    expect(new Set(keys.map((key) => toHex(key.okey))).size).toBe(4);
    expect(new Set(keys.map(maskOf)).size).toBe(4);
  });

  it('are the same for both holders of a secret', () => {
    const [one, other] = [1, 2].map((seed) => OuterKeys.fromSecret(provider(seed), invitation));
    expect(one?.okey).toEqual(other?.okey);
    expect(one && maskOf(one)).toBe(other && maskOf(other));
  });

  it('of a server key are those of its hash', () => {
    const hashed = OuterKeys.fromSecret(crypto, crypto.sha256(SERVER.publicKey));
    expect(OuterKeys.forServerKey(crypto, SERVER.publicKey).okey).toEqual(hashed.okey);
  });

  it('are not made of an invitation that is no secret, or of a wrong length', () => {
    const bad = [new Uint8Array(32), new Uint8Array(31).fill(1), new Uint8Array(0)];
    for (const secret of bad) {
      expect(() => OuterKeys.fromSecret(crypto, secret)).toThrow('32 random bytes');
    }
    expect(() => OuterKeys.forServerKey(crypto, new Uint8Array(33))).toThrow('32 bytes');
  });

  it('are gone when wiped, and the secret they came from is left alone', () => {
    const secret = invitation.slice();
    const keys = OuterKeys.fromSecret(crypto, secret);
    keys.wipe();
    expect(keys.okey).toEqual(new Uint8Array(32));
    expect(keys.secret).toEqual(new Uint8Array(32));
    expect(secret).toEqual(invitation);
  });
});

function maskOf(keys: OuterKeys): string {
  const mask = new Uint8Array(16);
  keys.omask.mask(new Uint8Array(16), 0, mask);
  return toHex(mask);
}
