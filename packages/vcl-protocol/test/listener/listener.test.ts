import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import {
  CloseCode,
  KeyPair,
  MemoryNetwork,
  type VCLConnection,
  VCLListener,
  verifySessionLog,
} from '../../src/index.js';
import { recordingLogger } from '../identity/recording-logger.js';
import { useTemporaryDirectory } from '../identity/temporary-directory.js';
import {
  addressOf,
  expectedToFail,
  pattern,
  readAll,
  useConnections,
} from '../support/connections.js';
import { withResolvers } from '../support/with-resolvers.js';

const { bind, listen } = useConnections();
const path = useTemporaryDirectory();

async function connectTo(listener: VCLListener, options = {}): Promise<VCLConnection> {
  const client = await bind(options);
  await client.connect(addressOf(listener), { server: listener.getPublicKey() });
  return client;
}

describe('a listener', () => {
  it('serves many clients on one socket, each with its own session', async () => {
    const listener = await listen();
    const serving = (async () => {
      const served: Promise<void>[] = [];
      for await (const connection of listener) served.push(echo(connection));
      await Promise.all(served);
    })();
    const clients = await Promise.all(Array.from({ length: 20 }, () => connectTo(listener)));
    const answers = await Promise.all(
      clients.map(async (client, i) => {
        await client.send(`client ${i}`);
        await client.send(pattern(20_000 + i));
        const [text, bytes] = [await client.recv(), await client.recv()];
        return [text.text(), bytes.payload.length];
      }),
    );
    expect(answers).toEqual(clients.map((_, i) => [`client ${i}`, 20_000 + i]));
    expect(listener.connections.size).toBe(20);
    await Promise.all(clients.map((client) => client.close()));
    await listener.close();
    await serving;
    expect(listener.connections.size).toBe(0);
  });

  it('counts all its sessions together, ended ones as well', async () => {
    const listener = await listen();
    for (let i = 0; i < 3; i++) {
      const client = await connectTo(listener);
      const connection = await listener.accept();
      const reading = readAll(connection);
      await client.send('12345');
      await client.close();
      await reading;
    }
    const live = await connectTo(listener);
    const connection = await listener.accept();
    await live.send('12345');
    await connection.recv();
    expect(listener.metrics()).toMatchObject({ handshakes: 4, bytesReceived: 20 });
    expect(listener.metrics()).toMatchObject({ handshakes: 4, bytesReceived: 20 });
  });

  it('lets no handshake wait for the decision about another', async () => {
    const slow = withResolvers<boolean>();
    const slowKey = KeyPair.generate();
    const authorize = (key: Uint8Array) =>
      Buffer.compare(key, slowKey.publicKey) === 0 ? slow.promise : true;
    const listener = await listen({ clients: { authorize } });
    const waiting = connectTo(listener, { identity: slowKey });
    const quick = await connectTo(listener);
    expect((await listener.accept()).peerIdentity).toEqual(quick.getPublicKey());
    slow.resolve(true);
    await waiting;
    expect((await listener.accept()).peerIdentity).toEqual(slowKey.publicKey);
  });

  it('refuses a client about whom nobody decides within its 10 s, and says so', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });
    try {
      const network = new MemoryNetwork();
      const logger = recordingLogger();
      const authorize = () => new Promise<boolean>(() => {});
      const listener = await listen({ network, logger, clients: { authorize } });
      const connecting = expectedToFail(connectTo(listener, { network }));
      await vi.advanceTimersByTimeAsync(10_000);
      await expect(connecting).rejects.toMatchObject({
        code: 'AuthRefused',
        message: expect.stringContaining('no decision was made in time'),
      });
      expect(logger.lines.some(({ message }) => message.includes('did not decide'))).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  it('refuses whom the policy does not admit, and tells the others nothing of it', async () => {
    const friend = KeyPair.generate();
    const listener = await listen({ clients: [friend.publicKey] });
    await expect(connectTo(listener)).rejects.toMatchObject({
      code: 'AuthRefused',
      closeCode: CloseCode.AUTH_REFUSED,
    });
    await connectTo(listener, { identity: friend });
    expect((await listener.accept()).peerIdentity).toEqual(friend.publicKey);
    expect(listener.connections.size).toBe(1);
  });

  it('refuses clients when too many wait for accept', async () => {
    const listener = await listen({ backlog: 2 });
    await connectTo(listener);
    await connectTo(listener);
    await expect(connectTo(listener)).rejects.toMatchObject({
      code: 'AuthRefused',
      message: expect.stringContaining('busy'),
    });
    await listener.accept();
    await connectTo(listener);
  });

  it('counts those whose log files are being opened among the waiting', async () => {
    const listener = await listen({ backlog: 2, record: { directory: path('burst') } });
    const burst = await Promise.allSettled(Array.from({ length: 6 }, () => connectTo(listener)));
    expect(burst.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(listener.connections.size).toBe(2);
  });

  it('is not disturbed by strays', async () => {
    const listener = await listen();
    const stranger = createSocket('udp4').bind(0, '127.0.0.1');
    await once(stranger, 'listening');
    const client = await connectTo(listener);
    const connection = await listener.accept();
    for (let length = 0; length < 1_000; length += 37) {
      const { port } = listener.localAddress();
      await new Promise((sent) => stranger.send(pattern(length), port, '127.0.0.1', sent));
    }
    await client.send('undisturbed');
    expect((await connection.recv()).text()).toBe('undisturbed');
    stranger.close();
  });

  it('outlives sessions that end badly', async () => {
    const listener = await listen();
    const first = await connectTo(listener);
    const connection = await listener.accept();
    first.abort();
    await expect(connection.recv()).rejects.toMatchObject({ code: 'ConnectionClosed' });
    const second = await connectTo(listener);
    await second.send('next');
    expect((await (await listener.accept()).recv()).text()).toBe('next');
  });

  it('follows a client that moves', async () => {
    const listener = await listen();
    const client = await connectTo(listener);
    const connection = await listener.accept();
    await client.rebind();
    await client.send('from elsewhere');
    expect((await connection.recv()).text()).toBe('from elsewhere');
    expect(connection.remoteAddress()).toEqual(client.localAddress());
  });

  it('records each session in a file of its own', async () => {
    const listener = await listen({ record: { directory: path('logs') } });
    for (let i = 0; i < 2; i++) {
      const client = await connectTo(listener);
      const reading = readAll(await listener.accept());
      await client.send(`session ${i}`);
      await client.close();
      await reading;
    }
    await listener.close();
    const names = await readdir(path('logs'));
    expect(names).toHaveLength(2);
    for (const name of names) {
      expect(name).toMatch(/^\d{4}-\d\d-\d\dT[\d-]+\.\d+Z-[0-9a-f]{16}\.vcllog$/);
      expect((await verifySessionLog(path('logs', name))).status).toBe('whole');
      expect((await stat(path('logs', name))).mode & 0o777).toBe(0o600);
    }
  });

  it('refuses a client whose session it cannot record', async () => {
    const logger = recordingLogger();
    const listener = await listen({ logger, record: { directory: path('logs') } });
    const { rm } = await import('node:fs/promises');
    await rm(path('logs'), { recursive: true });
    await expect(connectTo(listener)).rejects.toMatchObject({
      code: 'AuthRefused',
      message: expect.stringContaining('cannot record'),
    });
    expect(logger.lines.some(({ level }) => level === 'error')).toBe(true);
  });
});

describe('closing a listener', () => {
  it('ends accept, iteration and all connections, and frees the address', async () => {
    const listener = await listen();
    const client = await connectTo(listener);
    const connection = await listener.accept();
    const [accepting, reading] = [expectedToFail(listener.accept()), readAll(client)];
    await connection.send('last words');
    await listener.close();
    await expect(accepting).rejects.toMatchObject({ code: 'ConnectionClosed' });
    expect(await reading).toEqual(['last words']);
    expect(connection.isClosed()).toBe(true);
    for await (const _ of listener) throw new Error('nobody can come any more');
    const again = await listen({}, addressOf(listener));
    expect(addressOf(again)).toBe(addressOf(listener));
  });

  it('does not fail because a peer is gone', async () => {
    const listener = await listen();
    const client = await connectTo(listener);
    client.abort();
    await listener.close({ lingerMs: 20 });
    expect(listener.connections.size).toBe(0);
  });

  it('happens at the end of an `await using` block, and once', async () => {
    let left: VCLListener;
    {
      await using listener = await VCLListener.bind('127.0.0.1:0', { clients: 'any' });
      left = listener;
    }
    await left.close();
    await expect(left.accept()).rejects.toMatchObject({ code: 'ConnectionClosed' });
  });

  it('happens at once when the signal of bind is aborted', async () => {
    const controller = new AbortController();
    const listener = await VCLListener.bind('127.0.0.1:0', {
      clients: 'any',
      signal: controller.signal,
    });
    const client = await connectTo(listener);
    const reading = expectedToFail(readAll(client));
    await listener.accept();
    controller.abort();
    await expect(reading).rejects.toMatchObject({ closeCode: CloseCode.APPLICATION });
  });

  it('can be waited for by accept with a signal', async () => {
    const listener = await listen();
    const controller = new AbortController();
    const accepting = expectedToFail(listener.accept({ signal: controller.signal }));
    controller.abort();
    await expect(accepting).rejects.toBe(controller.signal.reason);
  });
});

describe('a connection of a listener', () => {
  it('is closed alone, and has its own events, timeout and metrics', async () => {
    const listener = await listen();
    const clients = [await connectTo(listener), await connectTo(listener)];
    const [first, second] = [await listener.accept(), await listener.accept()];
    const events = first.subscribe();
    first.setTimeout(0.5);
    expect([first.getTimeout(), second.getTimeout()]).toEqual([0.5, 60]);
    await first.close();
    await second.send('still here');
    expect((await clients[1]!.recv()).text()).toBe('still here');
    for await (const event of events) {
      if (event.type === 'Disconnected') expect(event.remote).toBe(false);
    }
    expect(listener.connections).toEqual(new Set([second]));
    expect(first.localAddress()).toEqual(listener.localAddress());
  });

  it('has one session only, and that one does not move', async () => {
    const listener = await listen();
    await connectTo(listener);
    const connection = await listener.accept();
    for (const operation of [
      connection.connect('127.0.0.1:9'),
      connection.acceptHandshake(),
      connection.rebind(),
    ]) {
      await expect(operation).rejects.toMatchObject({ code: 'InvalidConfig' });
    }
  });
});

describe('binding a listener', () => {
  it('needs a policy, and says which there are', async () => {
    for (const options of [{}, undefined]) {
      await expect(VCLListener.bind('127.0.0.1:0', options as never)).rejects.toMatchObject({
        code: 'InvalidConfig',
        message: expect.stringContaining("'any' for everybody"),
      });
    }
  });

  it('refuses an option that belongs to a connection', async () => {
    await expect(listen({ unsafe: true } as object)).rejects.toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringContaining('unsafe is not an option'),
    });
  });
});

async function echo(connection: VCLConnection): Promise<void> {
  for await (const packet of connection) await connection.send(packet.payload);
}
