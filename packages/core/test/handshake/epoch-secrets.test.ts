import { describe, expect, it } from 'vitest';
import {
  EpochSecrets,
  headerKey,
  packetKey,
  packetSalt,
} from '../../src/handshake/epoch-secrets.js';
import { toHex } from '../wire/hex.js';
import { provider } from './support.js';

const crypto = provider();
const th = new Uint8Array(32).fill(7);
const dh = new Uint8Array(32).fill(8);
const [init, resp] = [Uint8Array.of(1), Uint8Array.of(2)];

function first(): EpochSecrets {
  return EpochSecrets.first(crypto, new Uint8Array(32).fill(6), th);
}

function keysOf(secrets: EpochSecrets): string[] {
  const both = [secrets.directionSecret(0), secrets.directionSecret(1)];
  return [...both, secrets.sharedSecret()].map(toHex);
}

describe('the secrets of an epoch', () => {
  it('differ by direction, epoch and purpose', () => {
    const epoch1 = first().next(crypto, init, resp, dh);
    const epoch2 = epoch1.next(crypto, init, resp, dh);
    expect([first().epoch, epoch1.epoch, epoch2.epoch]).toEqual([0, 1, 2]);
    const keys = [first(), epoch1, epoch2].flatMap(keysOf);
    expect(new Set(keys).size).toBe(9);
  });

  it.each([
    ['the request', Uint8Array.of(9), resp, dh],
    ['the answer', init, Uint8Array.of(9), dh],
    ['the exchange', init, resp, th],
    ['where the bodies meet', Uint8Array.of(1, 2), new Uint8Array(), th],
  ])('depend on %s', (_name, initBody, respBody, shared) => {
    const expected = keysOf(first().next(crypto, init, resp, dh));
    const other = keysOf(first().next(crypto, initBody, respBody, shared));
    expect(other.filter((key) => expected.includes(key))).toEqual([]);
  });

  it('depend on the transcript of the handshake', () => {
    const other = EpochSecrets.first(crypto, new Uint8Array(32).fill(6), dh);
    expect(keysOf(other).filter((key) => keysOf(first()).includes(key))).toEqual([]);
  });

  it('are gone when wiped; what statements need is not', () => {
    const secrets = first();
    const next = secrets.next(crypto, init, resp, dh);
    const before = keysOf(next);
    secrets.wipe();
    expect(secrets.directionSecret(0)).toEqual(new Uint8Array(32));
    expect(secrets.directionSecret(1)).toEqual(new Uint8Array(32));
    expect(secrets.eth).toEqual(th);
    expect(keysOf(next)).toEqual(before);
  });
});

describe('what protects packets', () => {
  it('has a salt for each path and one key and header key for all', () => {
    const secret = first().directionSecret(0);
    const salts = [0, 1, 255, 256, 2 ** 32 - 1].map((path) => packetSalt(crypto, secret, path));
    expect(new Set(salts.map(toHex)).size).toBe(5);
    expect(salts.every((salt) => salt.length === 16)).toBe(true);
    expect(packetKey(crypto, secret)).toHaveLength(32);
    expect(headerKey(crypto, secret)).not.toEqual(packetKey(crypto, secret));
  });
});
