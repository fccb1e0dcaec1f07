import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { VCLConfig, VCLConnection, VCLError } from '../../src/index.js';
import {
  addressOf,
  expectedToFail,
  join,
  readAll,
  useConnections,
} from '../support/connections.js';
import { stubbornWire } from './support/stubborn-wire.js';

const { bind, listen } = useConnections();
const kept: { destroy(): void }[] = [];
afterEach(() => {
  for (const one of kept.splice(0)) one.destroy();
});

const KINDS = ['tcp', 'ws'] as const;
/** So long would a side that closes wait for one that went without a word. */
const LINGER_MS = 30_000;
/** From before it is connected until after the session is up. */
const TURNS = Array.from({ length: 16 }, (_, i) => i);

function keep<T extends { destroy(): void }>(one: T): T {
  kept.push(one);
  return one;
}

/** Two sides with a session over TCP or a WebSocket. */
async function pairOn(kind: (typeof KINDS)[number]) {
  const server = await bind({ clients: 'any' });
  const client = await bind();
  await joinOn(kind, client, server);
  return { client, server };
}

async function joinOn(
  kind: (typeof KINDS)[number],
  client: VCLConnection,
  server: VCLConnection,
): Promise<void> {
  const accepted = server.acceptHandshake();
  await client.connect(`${kind}://${addressOf(server)}`, { server: server.getPublicKey() });
  await accepted;
}

async function exchange(client: VCLConnection, server: VCLConnection): Promise<void> {
  await client.send('to the server');
  expect((await server.recv()).text()).toBe('to the server');
  await server.send('to the client');
  expect((await client.recv()).text()).toBe('to the client');
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => 'nothing',
    (reason: unknown) => reason,
  );
  return error instanceof VCLError ? error.code : String(error);
}

describe.each(KINDS)('a session over %s', (kind) => {
  it('begins also when the client was there before anybody waited for it', async () => {
    const server = await bind({ clients: 'any' });
    const client = await bind();
    const to = `${kind}://${addressOf(server)}`;
    const connected = client.connect(to, { server: server.getPublicKey() });
    const stranger = keep(connect(server.localAddress().port, '127.0.0.1'));
    await new Promise((resolve) => stranger.once('connect', resolve));
    await server.acceptHandshake();
    await connected;
    await exchange(client, server);
  });

  it('gives its carrier up when the server ends it, also when nobody closes the connection', async () => {
    const server = await bind({ clients: 'any' });
    const wire = keep(await stubbornWire(server.localAddress().port));
    const client = await bind();
    const accepted = server.acceptHandshake();
    const to = `${kind}://127.0.0.1:${wire.port}`;
    await client.connect(to, { server: server.getPublicKey() });
    await accepted;
    const read = readAll(client);
    await server.close();
    expect(await read).toEqual([]);
    expect((await wire.ended.next()).done).toBe(false);
  });

  it('can follow another one on the same objects, on a carrier of its own each time', async () => {
    const client = await bind();
    for (let round = 0; round < 3; round++) {
      const server = await bind({ clients: 'any' });
      const wire = keep(await stubbornWire(server.localAddress().port));
      const accepted = server.acceptHandshake();
      const to = `${kind}://127.0.0.1:${wire.port}`;
      await client.connect(to, { server: server.getPublicKey() });
      await accepted;
      await exchange(client, server);
      const ended = readAll(client);
      await server.close();
      await ended;
      expect((await wire.ended.next()).done).toBe(false);
    }
  });

  it('moves to another carrier by rebind, and loses nothing', async () => {
    const { client, server } = await pairOn(kind);
    for (let round = 0; round < 12; round++) {
      const sent = client.send(`message ${round}`);
      await client.rebind();
      await sent;
      expect((await server.recv()).text()).toBe(`message ${round}`);
    }
    expect(client.carrier()).toBe(kind === 'ws' ? 'websocket' : 'tcp');
  });

  it('cannot be moved when it is over, and says so', async () => {
    const { client, server } = await pairOn(kind);
    const read = readAll(client);
    await server.close();
    await read;
    expect(await codeOf(client.rebind())).toBe('ConnectionClosed');
  });

  it('ends in order when both sides close at once', async () => {
    const { client, server } = await pairOn(kind);
    await Promise.all([client.close(), server.close()]);
    expect([client.isClosed(), server.isClosed()]).toEqual([true, true]);
  });

  it('is closed while it moves, without waiting for the move', async () => {
    const { client } = await pairOn(kind);
    const moved = expectedToFail(client.rebind());
    await client.close();
    expect(['ConnectionClosed', 'nothing']).toContain(await codeOf(moved));
  });
});

describe.each(['udp', ...KINDS])('an attempt over %s', (kind) => {
  it.each(TURNS)(
    'leaves nothing open when it is aborted after %i turns',
    async (turns) => {
      const server = await listen();
      const client = await bind();
      const accepted = expectedToFail(server.accept());
      const to = `${kind}://${addressOf(server)}`;
      const connected = expectedToFail(client.connect(to, { server: server.getPublicKey() }));
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      client.abort();
      expect(['ConnectionClosed', 'nothing']).toContain(await codeOf(connected));
      await client.close();
      await server.close();
      await accepted.catch(() => undefined);
    },
    LINGER_MS,
  );

  it.each(TURNS)(
    'can be given up after %i turns, and made again',
    async (turns) => {
      const server = await listen();
      const client = await bind();
      const to = `${kind}://${addressOf(server)}`;
      const given = new AbortController();
      const { signal } = given;
      const first = expectedToFail(client.connect(to, { server: server.getPublicKey(), signal }));
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      given.abort(new Error('given up'));
      const isUp = await first.then(
        () => true,
        () => false,
      );
      if (!isUp) await client.connect(to, { server: server.getPublicKey() });
      await client.send('at last');
      const texts: string[] = [];
      while (texts.length === 0) {
        // Those that were given up end at once, without a message.
        const packet = await (await server.accept()).recv().catch(() => undefined);
        if (packet !== undefined) texts.push(packet.text());
      }
      expect(texts).toEqual(['at last']);
      await Promise.all([client.close(), server.close()]);
    },
    LINGER_MS,
  );
});

describe('a listener', () => {
  it('closes at once although strangers have connected and say nothing, or half', async () => {
    const server = await listen();
    const { port } = server.localAddress();
    const strangers = [[], [0], [1, 200, 7], [0, 1, 7]].map(async (bytes) => {
      const socket = keep(connect(port, '127.0.0.1'));
      socket.on('error', () => undefined);
      socket.resume();
      const ended = new Promise((resolve) => socket.once('close', resolve));
      await new Promise((resolve) => socket.once('connect', resolve));
      socket.write(Uint8Array.from(bytes));
      return ended;
    });
    const client = await bind();
    await client.connect(addressOf(server), { server: server.getPublicKey() });
    await server.close();
    for (const stranger of strangers) await stranger;
  });

  it('tells where it is bound, whoever is connected', async () => {
    const server = await listen({}, 'tcp://0.0.0.0:0');
    const before = server.localAddress();
    const client = await bind();
    await client.connect(`tcp://127.0.0.1:${before.port}`, { server: server.getPublicKey() });
    await server.accept();
    expect(server.localAddress()).toEqual(before);
    expect(before.address).toBe('0.0.0.0');
  });
});

describe('a side that accepts', () => {
  it('can connect to another one as well, over a carrier', async () => {
    const [one, other] = [await bind({ clients: 'any' }), await bind({ clients: 'any' })];
    const { port } = one.localAddress();
    await joinOn('tcp', one, other);
    await exchange(one, other);
    expect(one.localAddress().port).toBe(port);
    await Promise.all([one.close(), other.close()]);
  });
});

describe('carriers', () => {
  it.each(['auto', 'tcp', 'ws'])('lead to IPv6 addresses, %s', async (scheme) => {
    const server = await bind({ clients: 'any' }, '[::1]:0');
    const client = await bind({}, '[::1]:0');
    const accepted = server.acceptHandshake();
    const to = `${scheme}://${addressOf(server)}`;
    await client.connect(to, { server: server.getPublicKey() });
    await accepted;
    await exchange(client, server);
  });

  it('have one port with UDP, also when many are bound at once', async () => {
    const all = await Promise.all(Array.from({ length: 40 }, () => bind({ clients: 'any' })));
    expect(new Set(all.map((one) => one.localAddress().port)).size).toBe(40);
  });

  it('need a certificate for wss, and say what to set', async () => {
    const error: unknown = await VCLConnection.bind('wss://127.0.0.1:0', { clients: 'any' }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'InvalidConfig' });
    expect(String(error)).toContain('carriers.tls.cert');
  });

  it('carry what the preset for a tunnel sends, sealed and linked as on UDP', async () => {
    const both = { config: VCLConfig.vpn() };
    const [server, client] = [await bind({ ...both, clients: 'any' }), await bind(both)];
    await join(client, server);
    await client.send('hello');
    const packet = await server.recv();
    expect([packet.text(), packet.verified]).toEqual(['hello', true]);
    expect([client.carrier(), server.carrier()]).toEqual(['tcp', 'tcp']);
  });

  it('are found by themselves where UDP is not answered, and not used where it is', async () => {
    const both = await listen();
    const streamsOnly = await listen({}, 'tcp://127.0.0.1:0');
    const carriers: (string | undefined)[] = [];
    for (const server of [both, streamsOnly]) {
      const client = await bind();
      const to = `auto://${addressOf(server)}`;
      await client.connect(to, { server: server.getPublicKey() });
      carriers.push(client.carrier());
    }
    expect(carriers).toEqual(['udp', 'tcp']);
  });
});
