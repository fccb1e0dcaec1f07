import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import sodium from 'libsodium-wrappers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { encodePublicKey } from '../../src/identity/public-key.js';
import { VCLListener } from '../../src/listener.js';

type Web = typeof import('../../src/web/index.js');

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What the conditions of the packages do with what was built, done with the sources. */
const fromSources: Plugin = {
  name: 'from sources',
  setup({ onResolve }) {
    onResolve({ filter: /^#platform$/ }, () => ({ path: source('../../src/web/platform.ts') }));
    onResolve({ filter: /^@vcl-protocol\/core$/ }, () => ({
      path: source('../../../core/src/index.ts'),
      sideEffects: false,
    }));
  },
};

/** The build for browsers runs in this process, with the WebSocket of ws as that of the page. */
describe('the build for browsers', () => {
  const page = globalThis as { WebSocket?: unknown };
  const former = page.WebSocket;
  let directory: string;
  let web: Web;
  let listener: VCLListener;
  let address: string;
  let server: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'vcl-test-'));
    const outfile = join(directory, 'web.mjs');
    await build({
      entryPoints: [source('../../src/web/index.ts')],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      plugins: [fromSources],
    });
    expect(await readFile(outfile, 'utf8')).not.toContain('"node:');
    page.WebSocket = WebSocket;
    web = await import(pathToFileURL(outfile).href);
    listener = await VCLListener.bind('ws://127.0.0.1:0', { clients: 'any' });
    address = `ws://127.0.0.1:${listener.localAddress().port}/vcl`;
    server = encodePublicKey(listener.getPublicKey());
  });

  afterAll(async () => {
    await listener.close();
    page.WebSocket = former;
    await rm(directory, { recursive: true, force: true });
  });

  it.each(['noble', 'libsodium'] as const)(
    'exchanges messages with Node on %s, and both verify them',
    async (name) => {
      await sodium.ready;
      const crypto = name === 'noble' ? name : web.sodiumProvider(sodium);
      const identity = web.KeyPair.generate();
      const client = await web.VCLConnection.bind('0.0.0.0:0', { crypto, identity });
      const events = client.subscribe();
      const [peer] = await Promise.all([listener.accept(), client.connect(address, { server })]);
      expect(peer.peerIdentity).toEqual(identity.publicKey);

      const file = new Uint8Array(1_000_000).map((_, i) => i * 31);
      await client.send(file);
      const there = await peer.recv();
      await peer.send(there.payload);
      const back = await client.recv();
      expect(Buffer.compare(back.payload, file)).toBe(0);
      await peer.send('the end');
      expect((await client.recv()).text()).toBe('the end');

      for await (const event of events) {
        if (event.type === 'Verified' && event.through >= 1n) break;
      }
      await client.close();
    },
  );

  it('refuses a server with another key, and says what to check', async () => {
    const client = await web.VCLConnection.bind('0.0.0.0:0');
    const texts = new Map<string, string>();
    const knownHosts = new web.StoredKnownHosts({
      getItem: (key) => texts.get(key) ?? null,
      setItem: (key, text) => texts.set(key, text),
    });
    const { port } = listener.localAddress();
    knownHosts.add(`127.0.0.1:${port}`, web.KeyPair.generate().publicKey);
    const connecting = client.connect(address, { server: { knownHosts } });
    await expect(connecting).rejects.toMatchObject({ code: 'IdentityChanged' });
    await client.close();
  });

  it('cannot reach what is no WebSocket', async () => {
    const client = await web.VCLConnection.bind('0.0.0.0:0');
    for (const target of ['tcp://127.0.0.1:1', 'udp://127.0.0.1:1']) {
      await expect(client.connect(target, { server })).rejects.toBeInstanceOf(web.VCLError);
    }
    await client.close();
  });
});
