import { VCLError } from '@vcl-protocol/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { KeyPair } from '../../src/crypto.js';
import { encodePublicKey, fingerprint } from '../../src/identity/public-key.js';
import { decideServer } from '../../src/identity/trust.js';
import { silentLogger } from '../../src/logger.js';
import { KnownHosts } from '../../src/node/identity/known-hosts.js';
import { recordingLogger } from './recording-logger.js';
import { useTemporaryDirectory } from './temporary-directory.js';

const A = KeyPair.fromSeed(new Uint8Array(32).fill(1)).publicKey;
const B = KeyPair.fromSeed(new Uint8Array(32).fill(2)).publicKey;
const HOST = 'server.example:8080';
const inside = useTemporaryDirectory();

describe('a pinned key', () => {
  it.each([
    ['bytes', A],
    ['text', encodePublicKey(A)],
  ])('given as %s accepts that server and no other', async (_, server) => {
    const logger = recordingLogger();
    const decide = decideServer(server, logger);
    expect(await decide(A, HOST)).toBe(true);
    await expect(decide(B, HOST)).rejects.toMatchObject({
      code: 'IdentityChanged',
      message: expect.stringContaining(`expected ${fingerprint(A)}, it showed ${fingerprint(B)}`),
    });
    expect(logger.lines).toEqual([]);
  });

  it('is checked before anything is connected', () => {
    const invalid = expect.objectContaining({ code: 'InvalidKey' });
    expect(() => decideServer('vcl-ed25519:oops', silentLogger)).toThrow(invalid);
    expect(() => decideServer(new Uint8Array(32), silentLogger)).toThrow(invalid);
  });
});

describe('trust on first use', () => {
  it('warns once with the fingerprint, then knows the server', async () => {
    const logger = recordingLogger();
    const decide = decideServer({ knownHosts: inside('known_hosts') }, logger);
    const answers = await Promise.all([decide(A, HOST), decide(A, HOST), decide(A, HOST)]);
    expect(answers).toEqual([true, true, true]);
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        fields: { host: HOST, fingerprint: fingerprint(A) },
        message: expect.stringContaining('first connection to this server'),
      },
    ]);
    const later = decideServer({ knownHosts: inside('known_hosts') }, logger);
    expect(await later(A, HOST)).toBe(true);
    expect(logger.lines).toHaveLength(1);
  });

  it('refuses a server whose key has changed, and remembers the old one', async () => {
    const hosts = new KnownHosts(inside('known_hosts'));
    const decide = decideServer({ knownHosts: hosts }, silentLogger);
    await decide(A, HOST);
    await expect(decide(B, HOST)).rejects.toMatchObject({
      code: 'IdentityChanged',
      message: expect.stringContaining(`remove line 1 of ${inside('known_hosts')}`),
    });
    expect(await decide(A, HOST)).toBe(true);
  });

  describe('by default', () => {
    afterEach(() => {
      vi.unstubAllEnvs();
    });

    it('uses the known hosts of the user', async () => {
      vi.stubEnv('VCL_HOME', inside('home'));
      const decide = decideServer(undefined, silentLogger);
      expect(await decide(A, HOST)).toBe(true);
      expect(await new KnownHosts(inside('home', 'known_hosts')).lookup(HOST, A)).toBe('match');
    });
  });
});

describe('a function', () => {
  it('is asked with key and host, now or later', async () => {
    const ask = vi.fn((key: Uint8Array, _host: string) => Promise.resolve(key[0] === A[0]));
    const decide = decideServer(ask, silentLogger);
    expect([await decide(A, HOST), await decide(B, HOST)]).toEqual([true, false]);
    expect(ask.mock.calls[0]).toEqual([Uint8Array.from(A), HOST]);
    expect(await decideServer(() => true, silentLogger)(A, HOST)).toBe(true);
  });

  it.each([undefined, null, 1, 'yes', {}])('that answers %j has not said yes', async (answer) => {
    expect(await decideServer(() => answer as never, silentLogger)(A, HOST)).toBe(false);
  });

  it('cannot change the key', async () => {
    const given = Uint8Array.from(A);
    await decideServer((key) => key.fill(0).length > 0, silentLogger)(given, HOST);
    expect(given).toEqual(Uint8Array.from(A));
  });

  it('that throws refuses, with its own error as the cause', async () => {
    const cause = new Error('database down');
    const decide = decideServer(() => {
      throw cause;
    }, silentLogger);
    await expect(decide(A, HOST)).rejects.toMatchObject({ code: 'AuthRefused', cause });
    const own = new VCLError('IdentityChanged', 'not mine');
    const decideOwn = decideServer(() => Promise.reject(own), silentLogger);
    await expect(decideOwn(A, HOST)).rejects.toBe(own);
  });
});

it.each([null, 7, true, {}, { knownHosts: undefined }, { knownHosts: '' }, { knownhosts: 'x' }])(
  'refuses %j and names the forms',
  (server) => {
    expect(() => decideServer(server as never, silentLogger)).toThrow(
      expect.objectContaining({
        code: 'InvalidConfig',
        message: expect.stringMatching(/public key.*knownHosts.*function/),
      }),
    );
  },
);
