import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { encodePublicKey, fingerprint, KeyPair, KnownHosts } from '../../src/index.js';
import { recordingLogger } from '../identity/recording-logger.js';
import { useTemporaryDirectory } from '../identity/temporary-directory.js';
import { addressOf, expectedToFail, join, useConnections } from '../support/connections.js';

const { bind } = useConnections();
const path = useTemporaryDirectory();
afterEach(() => vi.unstubAllEnvs());

describe('trust in a server', () => {
  it('is by default given on first use, remembered, and told once with the fingerprint', async () => {
    vi.stubEnv('VCL_HOME', path('home'));
    const logger = recordingLogger();
    const server = await bind({ clients: 'any' });
    for (let time = 0; time < 2; time++) {
      const client = await bind({ logger });
      await Promise.all([server.acceptHandshake(), client.connect(addressOf(server))]);
      await client.close();
      await expect(server.recv()).rejects.toMatchObject({ code: 'ConnectionClosed' });
    }
    const known = await readFile(path('home', 'known_hosts'), 'utf8');
    expect(known).toBe(`${addressOf(server)} ${encodePublicKey(server.getPublicKey())}\n`);
    const warnings = logger.lines.filter(({ level }) => level === 'warn');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.fields.fingerprint).toBe(fingerprint(server.getPublicKey()));
  });

  it('is refused at once when a known host shows another key, and the message says what to do', async () => {
    const hosts = new KnownHosts(path('known_hosts'));
    const server = await bind({ clients: 'any' });
    const accepting = expectedToFail(server.acceptHandshake());
    await hosts.add(addressOf(server), KeyPair.generate().publicKey);
    const client = await bind();
    const connecting = client.connect(addressOf(server), { server: { knownHosts: hosts } });
    await expect(connecting).rejects.toMatchObject({
      code: 'IdentityChanged',
      message: expect.stringMatching(/remove line 1 of .*known_hosts and connect again/),
    });
    server.abort();
    await expect(accepting).rejects.toMatchObject({ code: 'ConnectionClosed' });
    expect(server.peerIdentity).toBeUndefined();
  });

  it('is given to a pinned key, in either form', async () => {
    for (const form of [(key: Uint8Array) => key, encodePublicKey]) {
      const server = await bind({ clients: 'any' });
      const client = await bind();
      await join(client, server, { server: form(server.getPublicKey()) });
      expect(client.peerIdentity).toEqual(server.getPublicKey());
    }
  });

  it('is not given when another key is pinned: to that hello the server stays silent', async () => {
    const server = await bind({ clients: 'any' });
    const accepting = expectedToFail(server.acceptHandshake());
    const client = await bind();
    const signal = AbortSignal.timeout(100);
    const pinned = KeyPair.generate().publicKey;
    await expect(client.connect(addressOf(server), { server: pinned, signal })).rejects.toThrow();
    expect(server.metrics().handshakes).toBe(0);
    server.abort();
    await expect(accepting).rejects.toThrow();
  });

  it('may be left to a function, which sees key and host', async () => {
    const server = await bind({ clients: 'any' });
    const client = await bind();
    const seen: unknown[] = [];
    const ask = (key: Uint8Array, host: string) => {
      seen.push([encodePublicKey(key), host]);
      return true;
    };
    await join(client, server, { server: ask });
    expect(seen).toEqual([[encodePublicKey(server.getPublicKey()), addressOf(server)]]);
  });

  it('is refused by a function that says no, without showing the identity of this side', async () => {
    const server = await bind({ clients: 'any' });
    const accepting = expectedToFail(server.acceptHandshake());
    const client = await bind();
    const connecting = client.connect(addressOf(server), { server: async () => false });
    await expect(connecting).rejects.toMatchObject({ code: 'AuthRefused' });
    expect(server.peerIdentity).toBeUndefined();
    server.abort();
    await expect(accepting).rejects.toThrow();
  });

  it('lets a client with an invitation in, under which strangers see nothing', async () => {
    const invitation = randomBytes(32);
    const server = await bind({ clients: 'any', invitations: [invitation] });
    const client = await bind();
    await join(client, server, { server: () => true, invitation });
    expect(client.peerIdentity).toEqual(server.getPublicKey());
  });
});

describe('the identity of this side', () => {
  it('is made in the file that is named, and the same the next time', async () => {
    const first = await bind({ identity: path('me.key') });
    const second = await bind({ identity: path('me.key') });
    expect(second.getPublicKey()).toEqual(first.getPublicKey());
  });

  it('is new for each connection by default', async () => {
    const [first, second] = [await bind(), await bind()];
    expect(second.getPublicKey()).not.toEqual(first.getPublicKey());
  });

  it('may be a key pair, which stays the caller’s', async () => {
    const identity = KeyPair.generate();
    const connection = await bind({ identity });
    expect(connection.getPublicKey()).toEqual(identity.publicKey);
    await connection.close();
    expect(identity.sign(new Uint8Array(1))).toHaveLength(64);
  });
});

describe('a shared key', () => {
  const key = randomBytes(32);

  it('is mixed in when both sides have it, and gives both the same secret', async () => {
    const server = await bind({ clients: 'any', unsafe: true });
    const client = await bind({ unsafe: true });
    for (const side of [client, server]) side.setSharedKey(key);
    await join(client, server);
    expect(client.getSharedSecret()).toEqual(server.getSharedSecret());
    expect(client.getSharedSecret()).toHaveLength(32);
    await client.rotateKeys();
    await client.send('under new keys');
    await server.recv();
    expect(client.getSharedSecret()).toEqual(server.getSharedSecret());
  });

  it('that one side lacks keeps them apart', async () => {
    const server = await bind({ clients: 'any', unsafe: true });
    server.setSharedKey(key);
    const accepting = expectedToFail(server.acceptHandshake());
    const client = await bind();
    const signal = AbortSignal.timeout(100);
    const options = { server: server.getPublicKey(), signal };
    await expect(client.connect(addressOf(server), options)).rejects.toThrow();
    server.abort();
    await expect(accepting).rejects.toThrow();
  });

  it('and the secret are only for who says unsafe', async () => {
    const { setSharedKey, getSharedSecret } = await bind().then((connection) => ({
      setSharedKey: () => connection.setSharedKey(key),
      getSharedSecret: () => connection.getSharedSecret(),
    }));
    const advice = { code: 'InvalidConfig', message: expect.stringContaining('unsafe: true') };
    expect(setSharedKey).toThrow(expect.objectContaining(advice));
    expect(getSharedSecret).toThrow(expect.objectContaining(advice));
  });

  it('has 32 bytes that are not all zero, and is set before the handshake', async () => {
    const server = await bind({ clients: 'any', unsafe: true });
    const client = await bind({ unsafe: true });
    for (const bad of [new Uint8Array(32), key.subarray(1)]) {
      expect(() => client.setSharedKey(bad)).toThrow(
        expect.objectContaining({ code: 'InvalidKey' }),
      );
    }
    expect(() => client.getSharedSecret()).toThrow(
      expect.objectContaining({ code: 'NoSharedSecret' }),
    );
    await join(client, server);
    expect(() => client.setSharedKey(key)).toThrow(
      expect.objectContaining({ code: 'InvalidConfig' }),
    );
  });
});
