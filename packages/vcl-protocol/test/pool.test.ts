import { afterEach, describe, expect, it } from 'vitest';
import {
  KeyPair,
  VCLConfig,
  type VCLConnection,
  VCLError,
  VCLPool,
  type VCLPoolOptions,
} from '../src/index.js';
import { addressOf, expectedToFail, useConnections } from './support/connections.js';

const ANY_PORT = '127.0.0.1:0';
const { bind, listen } = useConnections();
const pools: VCLPool[] = [];

afterEach(async () => {
  for (const pool of pools.splice(0)) {
    for (const id of pool.ids()) pool.get(id).abort();
    await pool.closeAll();
  }
});

function poolOf(max: number, options: VCLPoolOptions = {}): VCLPool {
  const pool = new VCLPool(max, options);
  pools.push(pool);
  return pool;
}

/** A pool with sessions to servers that send back what they get. */
async function connected(count: number): Promise<{ pool: VCLPool; ids: number[] }> {
  const listener = await listen();
  void echoAll(listener);
  const pool = poolOf(count);
  const ids = await Promise.all(Array.from({ length: count }, () => pool.bind(ANY_PORT)));
  const server = listener.getPublicKey();
  await Promise.all(ids.map((id) => pool.connect(id, addressOf(listener), { server })));
  return { pool, ids };
}

async function echoAll(listener: AsyncIterable<VCLConnection>): Promise<void> {
  for await (const connection of listener) void echo(connection);
}

async function echo(connection: VCLConnection): Promise<void> {
  try {
    for await (const packet of connection) await connection.send(packet.payload);
  } catch {
    // The test has aborted it.
  }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof VCLError ? error.code : String(error);
}

describe('a pool', () => {
  it('does what the guide shows', async () => {
    const server = await bind({ clients: 'any' });
    const accepted = server.acceptHandshake();
    const pool = poolOf(10);
    const id1 = await pool.bind(ANY_PORT);
    const id2 = await pool.bind(ANY_PORT);
    await pool.connect(id1, addressOf(server), { server: server.getPublicKey() });
    await accepted;
    await pool.send(id1, 'Hello!');
    expect((await server.recv()).text()).toBe('Hello!');
    await server.send('Hello, pool!');
    expect((await pool.recv(id1)).text()).toBe('Hello, pool!');
    expect([pool.len(), pool.isFull(), pool.isEmpty()]).toEqual([2, false, false]);
    expect([pool.ids(), pool.connectionIds()]).toEqual([
      [id1, id2],
      [id1, id2],
    ]);
    await pool.close(id1);
    await pool.closeAll();
    expect([pool.len(), pool.isEmpty()]).toEqual([0, true]);
  });

  it('lets no connection wait for another that reads, sends, pings or changes keys', async () => {
    const { pool, ids } = await connected(3);
    const [quiet = 0, busy = 0, other = 0] = ids;
    let isQuiet = true;
    const never = expectedToFail(pool.recv(quiet).finally(() => (isQuiet = false)));
    for (let i = 0; i < 50; i++) {
      await pool.send(busy, `message ${i}`);
      expect((await pool.recv(busy)).text()).toBe(`message ${i}`);
    }
    expect(await pool.ping(other)).toBeGreaterThanOrEqual(0);
    await pool.rotateKeys(other);
    await pool.send(other, 'with new keys');
    expect((await pool.recv(other)).text()).toBe('with new keys');
    expect(isQuiet).toBe(true);
    await pool.close(quiet);
    expect(await codeOf(never)).toBe('ConnectionClosed');
  });

  it('accepts as well, and two of its connections may talk to each other', async () => {
    const pool = poolOf(2);
    const server = await pool.bind(ANY_PORT, { clients: 'any' });
    const client = await pool.bind(ANY_PORT);
    const accepted = pool.acceptHandshake(server);
    const key = pool.get(server).getPublicKey();
    await pool.connect(client, addressOf(pool.get(server)), { server: key });
    await accepted;
    await Promise.all([pool.send(server, 'down'), pool.send(client, 'up')]);
    const texts = [await pool.recv(client), await pool.recv(server)].map((one) => one.text());
    expect(texts).toEqual(['down', 'up']);
  });

  it('has connections over whatever carrier each is told', async () => {
    const listener = await listen();
    void echoAll(listener);
    const pool = poolOf(3, { carriers: { proxy: 'none' } });
    const server = listener.getPublicKey();
    const carriers = await Promise.all(
      ['udp', 'tcp', 'ws'].map(async (scheme) => {
        const id = await pool.bind(scheme === 'udp' ? ANY_PORT : `tcp://${ANY_PORT}`);
        await pool.connect(id, `${scheme}://${addressOf(listener)}`, { server });
        await pool.send(id, scheme);
        return [(await pool.recv(id)).text(), pool.get(id).carrier()];
      }),
    );
    expect(carriers).toEqual([
      ['udp', 'udp'],
      ['tcp', 'tcp'],
      ['ws', 'websocket'],
    ]);
  });

  it('shows the events of one connection', async () => {
    const { pool, ids } = await connected(2);
    using events = pool.subscribe(ids[0]!);
    await pool.send(ids[1]!, 'not mine');
    await pool.recv(ids[1]!);
    await pool.rotateKeys(ids[0]!);
    expect(await events.recv()).toMatchObject({ type: 'KeyRotated' });
  });
});

describe('the places of a pool', () => {
  it('are as many as were asked for, and are free again when their connections are closed', async () => {
    const pool = poolOf(2);
    const first = await pool.bind(ANY_PORT);
    await pool.bind(ANY_PORT);
    expect(pool.isFull()).toBe(true);
    await expect(pool.bind(ANY_PORT)).rejects.toThrow(
      'the pool has its 2 connections: close one, or make the pool with a larger max',
    );
    await pool.close(first);
    expect(pool.isFull()).toBe(false);
    const third = await pool.bind(ANY_PORT);
    expect(third).toBe(2);
    expect(pool.len()).toBe(2);
  });

  it('are never more, however many are bound at once', async () => {
    const pool = poolOf(5);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => pool.bind(ANY_PORT)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect(pool.ids()).toEqual([0, 1, 2, 3, 4]);
  });

  it('are free again when binding failed', async () => {
    const pool = poolOf(1);
    expect(await codeOf(pool.bind('no address'))).toBe('IoError');
    expect([pool.isFull(), pool.len()]).toEqual([false, 0]);
    expect(await pool.bind(ANY_PORT)).toBe(0);
  });

  it('stay taken by a session that has ended, which can be read to its end', async () => {
    const server = await bind({ clients: 'any' });
    const accepted = server.acceptHandshake();
    const pool = poolOf(1);
    const id = await pool.bind(ANY_PORT);
    await pool.connect(id, addressOf(server), { server: server.getPublicKey() });
    await accepted;
    await server.send('the last words');
    await server.close();
    expect((await pool.recv(id)).text()).toBe('the last words');
    expect(await codeOf(pool.recv(id))).toBe('ConnectionClosed');
    expect([pool.contains(id), pool.isFull()]).toEqual([true, true]);
    await pool.close(id);
    expect([pool.contains(id), pool.isFull()]).toEqual([false, false]);
  });

  it.each([0, -1, 1.5, Number.NaN])('cannot be %s', (max) => {
    expect(() => new VCLPool(max)).toThrow(`max must be a whole number from 1: got ${max}`);
  });
});

describe('a number that no connection has', () => {
  it('is refused by every verb, also when it was used before', async () => {
    const pool = poolOf(1);
    const id = await pool.bind(ANY_PORT);
    await pool.close(id);
    const next = await pool.bind(ANY_PORT);
    expect(next).not.toBe(id);
    const outcomes = await Promise.all([
      codeOf(pool.connect(id, '127.0.0.1:9')),
      codeOf(pool.acceptHandshake(id)),
      codeOf(pool.send(id, 'x')),
      codeOf(pool.recv(id)),
      codeOf(pool.ping(id)),
      codeOf(pool.rotateKeys(id)),
      codeOf(pool.close(id)),
    ]);
    expect(outcomes).toEqual(Array(7).fill('UnknownId'));
    expect(() => pool.subscribe(id)).toThrow('the pool has no connection 0');
    expect(() => pool.get(99)).toThrow('the pool has no connection 99');
    expect(pool.contains(id)).toBe(false);
  });
});

describe('closing', () => {
  it('may be asked for twice at once', async () => {
    const { pool, ids } = await connected(1);
    await Promise.all([pool.close(ids[0]!), pool.close(ids[0]!)]);
    expect(pool.metrics().handshakes).toBe(1);
    expect(pool.isEmpty()).toBe(true);
  });

  it('with an option that is wrong closes nothing', async () => {
    const { pool, ids } = await connected(1);
    expect(await codeOf(pool.close(ids[0]!, { applicationCode: -1 }))).toBe('InvalidConfig');
    expect(await codeOf(pool.closeAll({ applicationCode: -1 }))).toBe('InvalidConfig');
    await pool.send(ids[0]!, 'still here');
    expect((await pool.recv(ids[0]!)).text()).toBe('still here');
  });

  it('takes those along that are being bound, and leaves the pool usable', async () => {
    const pool = poolOf(3);
    await pool.bind(ANY_PORT);
    const late = expectedToFail(pool.bind(ANY_PORT));
    await pool.closeAll();
    expect(await codeOf(late)).toBe('ConnectionClosed');
    expect(pool.len()).toBe(0);
    expect(await pool.bind(ANY_PORT)).toBe(1);
  });

  it('happens at the end of a block', async () => {
    let kept: VCLConnection;
    {
      await using pool = new VCLPool(1);
      kept = pool.get(await pool.bind(ANY_PORT));
    }
    expect(kept.isClosed()).toBe(true);
  });
});

describe('what connections of a pool are bound with', () => {
  it('is the pool’s, unless bind says otherwise', async () => {
    const identity = KeyPair.generate();
    const pool = poolOf(3, { identity, idleTimeoutMs: 5_000, config: VCLConfig.gaming() });
    const usual = pool.get(await pool.bind(ANY_PORT));
    const other = pool.get(await pool.bind(ANY_PORT, { idleTimeoutMs: 7_000 }));
    const third = pool.get(await pool.bindWithConfig(ANY_PORT, VCLConfig.vpn()));
    expect([usual, other, third].map((one) => one.getTimeout())).toEqual([5, 7, 5]);
    expect(usual.getPublicKey()).toEqual(identity.publicKey);
    expect(other.getPublicKey()).toEqual(identity.publicKey);
    expect(third.getConfig()).not.toEqual(usual.getConfig());
  });

  it('is no session log, which is of one connection', () => {
    const options: object = { record: { file: 'all.vcllog' } };
    expect(() => new VCLPool(1, options)).toThrow('record is a file of one connection');
  });
});

describe('the metrics of a pool', () => {
  it('are those of all connections, closed ones included', async () => {
    const { pool, ids } = await connected(3);
    for (const id of ids) {
      await pool.send(id, '12345');
      await pool.recv(id);
    }
    const before = pool.metrics();
    expect(before).toMatchObject({ handshakes: 3, bytesSent: 15, bytesReceived: 15 });
    await pool.close(ids[0]!);
    expect(pool.metrics()).toMatchObject({ handshakes: 3, bytesSent: 15, bytesReceived: 15 });
    expect(pool.metrics()).not.toBe(before);
    await pool.closeAll();
    expect(pool.metrics().handshakes).toBe(3);
  });
});
