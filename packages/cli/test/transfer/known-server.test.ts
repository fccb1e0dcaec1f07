import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePublicKey, KeyPair } from 'vcl-protocol';
import { describe, expect, it } from 'vitest';
import { KnownServer, type KnownServerOptions } from '../../src/transfer/session/known-server.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const NEVER = new AbortController().signal;
const key = KeyPair.generate().publicKey;
const other = KeyPair.generate().publicKey;

function serverOf(
  options: Partial<KnownServerOptions> = {},
): KnownServer & { readonly path: string } {
  const knownHostsPath = join(temporaryDirectory(), 'known_hosts');
  const server = new KnownServer({
    knownHostsPath,
    serverKey: undefined,
    acceptNew: false,
    ask: undefined,
    ...options,
  });
  return Object.assign(server, { path: options.knownHostsPath ?? knownHostsPath });
}

async function decide(server: KnownServer, shown: Uint8Array): Promise<boolean> {
  const { trust } = server;
  if (typeof trust !== 'function') throw new Error('it is pinned');
  return await trust(shown, 'host:1');
}

describe('a server that is new', () => {
  it('is refused where nobody can be asked, with a way to go on', async () => {
    const server = serverOf();
    expect(await decide(server, key)).toBe(false);
    await expect(server.settle(NEVER)).rejects.toMatchObject({
      code: 'AuthRefused',
      message: expect.stringContaining(`--server-key ${encodePublicKey(key)}`),
    });
    // The next failure has another reason.
    expect(await server.settle(NEVER)).toBe(false);
  });

  it('is asked about, and remembered', async () => {
    const questions: string[] = [];
    const ask = async (question: string): Promise<boolean> => questions.push(question) > 0;
    const server = serverOf({ ask });
    expect(await decide(server, key)).toBe(false);
    expect(await server.settle(NEVER)).toBe(true);
    expect(questions[0]).toContain(encodePublicKey(key));
    expect(await decide(server, key)).toBe(true);
    expect(readFileSync(server.path, 'utf8')).toBe(`host:1 ${encodePublicKey(key)}\n`);
  });

  it('is refused when the answer is no', async () => {
    const server = serverOf({ ask: async () => false });
    await decide(server, key);
    await expect(server.settle(NEVER)).rejects.toThrow('was not accepted');
  });

  it('is remembered without a question when that is wanted', async () => {
    const server = serverOf({ acceptNew: true });
    expect(await decide(server, key)).toBe(true);
    expect(await decide(server, key)).toBe(true);
  });
});

describe('a server that is known', () => {
  it('is refused with another key, whatever the options say', async () => {
    const knownHostsPath = join(temporaryDirectory(), 'known_hosts');
    writeFileSync(knownHostsPath, `host:1 ${encodePublicKey(key)}\n`);
    for (const options of [{ acceptNew: true }, { ask: async () => true }]) {
      const server = serverOf({ knownHostsPath, ...options });
      await expect(decide(server, other)).rejects.toMatchObject({ code: 'IdentityChanged' });
      expect(await server.settle(NEVER)).toBe(false);
    }
  });
});

describe('a server whose key is named', () => {
  it('is pinned to it', () => {
    expect(serverOf({ serverKey: encodePublicKey(key) }).trust).toEqual(key);
  });

  it('must have a key that is one', () => {
    expect(() => serverOf({ serverKey: 'vcl-ed25519:x' })).toThrow('a public key is');
  });
});
