import { describe, expect, it } from 'vitest';
import { CloseCode, MemoryNetwork, type VCLEvent } from '../../src/index.js';
import {
  addressOf,
  expectedToFail,
  join,
  pattern,
  readAll,
  useConnections,
} from '../support/connections.js';

const { bind, pair } = useConnections();

describe('an orderly end', () => {
  it('delivers everything that was sent before it', async () => {
    const { client, server } = await pair();
    const reading = readAll(server);
    for (let i = 0; i < 500; i++) await client.send(`${i}`);
    await client.close();
    expect(await reading).toHaveLength(500);
  });

  it('ends a recv that waits on the other side, and its iteration', async () => {
    const { client, server } = await pair();
    const waiting = expectedToFail(server.recv());
    const iterating = readAll(server);
    await client.close();
    await expect(waiting).rejects.toMatchObject({ code: 'ConnectionClosed' });
    expect(await iterating).toEqual([]);
    expect(server.isClosed()).toBe(true);
  });

  it('may come from the server', async () => {
    const { client, server } = await pair();
    await server.send('bye');
    const closing = server.close();
    expect(await readAll(client)).toEqual(['bye']);
    await closing;
  });

  it('may come from both sides at once', async () => {
    const { client, server } = await pair();
    await Promise.all([client.close(), server.close()]);
    expect([client.isClosed(), server.isClosed()]).toEqual([true, true]);
  });

  it('ends the event streams of both sides with Disconnected', async () => {
    const { client, server } = await pair();
    const streams = [client.subscribe(), server.subscribe()];
    await client.close({ reason: 'done' });
    const [mine, theirs] = await Promise.all(streams.map(collect));
    expect(mine?.at(-1)).toMatchObject({ type: 'Disconnected', code: 0, remote: false });
    expect(theirs?.at(-1)).toMatchObject({ type: 'Disconnected', remote: true, reason: 'done' });
  });

  it('hands over what was not read before it', async () => {
    const { client, server } = await pair();
    await client.send('unread');
    await client.close();
    expect(server.isClosed()).toBe(true);
    expect((await server.recv()).text()).toBe('unread');
    await expect(server.recv()).rejects.toMatchObject({ code: 'ConnectionClosed' });
  });

  it('does not wait for this side to read what the peer still sends', async () => {
    const config = { flowWindowSize: 4, receiveWindowMaxBytes: 8_192 };
    const { client, server } = await pair({ both: { config } });
    for (let i = 0; i < 100; i++) await server.send(pattern(1_000));
    await client.close();
    expect(client.isClosed()).toBe(true);
  });

  it('carries a code of the application', async () => {
    const { client, server } = await pair();
    const events = server.subscribe();
    await client.close({ applicationCode: 77, reason: 'maintenance' });
    expect((await collect(events)).at(-1)).toMatchObject({
      code: CloseCode.APPLICATION,
      reason: 'maintenance',
    });
    await expect(server.recv()).rejects.toMatchObject({ code: 'ConnectionClosed' });
  });

  it.each([
    [{ applicationCode: -1 }, 'applicationCode'],
    [{ reason: 'x'.repeat(129) }, '128 bytes'],
    [{ lingerMs: Number.NaN }, 'lingerMs'],
  ])('refuses %j', async (options, what) => {
    const { client } = await pair();
    await expect(client.close(options)).rejects.toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringContaining(what),
    });
    expect(client.isClosed()).toBe(false);
  });

  it('can be asked for again, and before there was a session', async () => {
    const { client } = await pair();
    await Promise.all([client.close(), client.close()]);
    await client.close();
    const never = await bind();
    const events = never.subscribe();
    await never.close();
    expect(await collect(events)).toEqual([]);
  });

  it('that the peer does not confirm is an error of close', async () => {
    let isCut = false;
    const network = new MemoryNetwork({ delivers: () => !isCut });
    const { client } = await pair({ both: { network } });
    isCut = true;
    await client.send('lost');
    await expect(client.close({ lingerMs: 20 })).rejects.toMatchObject({
      code: 'ConnectionClosed',
      message: expect.stringContaining('messages may be lost'),
    });
    expect(client.isClosed()).toBe(true);
  });
});

describe('abort', () => {
  it('ends both sides at once, and the other side with an error', async () => {
    const { client, server } = await pair();
    const reading = expectedToFail(readAll(server));
    const own = readAll(client);
    client.abort();
    expect(await own).toEqual([]);
    await expect(reading).rejects.toMatchObject({
      code: 'ConnectionClosed',
      closeCode: CloseCode.APPLICATION,
    });
  });

  it('makes a close that waits give up', async () => {
    let isCut = false;
    const network = new MemoryNetwork({ delivers: () => !isCut });
    const { client } = await pair({ both: { network } });
    isCut = true;
    const closing = client.close();
    client.abort();
    await closing;
    expect(client.isClosed()).toBe(true);
  });

  it('frees the address at once', async () => {
    const { client } = await pair();
    const address = addressOf(client);
    client.abort();
    await client.close();
    expect(addressOf(await bind({}, address))).toBe(address);
  });

  it('ends a connection without a session, too', async () => {
    const server = await bind({ clients: 'any' });
    const accepting = expectedToFail(server.acceptHandshake());
    const events = server.subscribe();
    server.abort();
    await expect(accepting).rejects.toMatchObject({ code: 'ConnectionClosed' });
    expect(await collect(events)).toEqual([]);
    (await bind()).abort();
  });

  it('happens when the signal of bind is aborted while close waits for a silent peer', async () => {
    let isUp = true;
    const network = new MemoryNetwork({ delivers: () => isUp });
    const controller = new AbortController();
    const { client } = await pair({ both: { network }, client: { signal: controller.signal } });
    isUp = false;
    const closing = client.close();
    controller.abort();
    await expect(closing).resolves.toBeUndefined();
  });

  it('happens when the signal of bind is aborted', async () => {
    const controller = new AbortController();
    const { client, server } = await pair({ client: { signal: controller.signal } });
    controller.abort();
    await expect(server.recv()).rejects.toMatchObject({ code: 'ConnectionClosed' });
    expect(client.isClosed()).toBe(true);
  });
});

describe('a closed connection', () => {
  it('refuses every operation with ConnectionClosed', async () => {
    const { client, server } = await pair();
    await client.close();
    for (const operation of [
      () => client.send('x'),
      () => client.recv(),
      () => client.ping(),
      () => client.rotateKeys(),
      () => client.rebind(),
      () => client.connect(addressOf(server)),
      () => client.acceptHandshake(),
    ]) {
      await expect(operation()).rejects.toMatchObject({ code: 'ConnectionClosed' });
    }
    expect(client.ackPacket(0)).toBe(false);
  });

  it('has no shared secret any more', async () => {
    const { client } = await pair({ both: { unsafe: true } });
    await client.close();
    expect(() => client.getSharedSecret()).toThrow(
      expect.objectContaining({ code: 'NoSharedSecret' }),
    );
  });

  it('refuses to send after the peer has closed, too', async () => {
    const { client, server } = await pair();
    await client.close();
    await expect(server.recv()).rejects.toThrow();
    await expect(server.send('x')).rejects.toMatchObject({ code: 'ConnectionClosed' });
    await expect(server.ping()).rejects.toMatchObject({ code: 'ConnectionClosed' });
  });
});

describe('a session after another', () => {
  it('begins anew on the same two objects, in either direction of time', async () => {
    const server = await bind({ clients: 'any' });
    for (let round = 0; round < 3; round++) {
      const client = await bind();
      await join(client, server);
      expect(server.isClosed()).toBe(false);
      const reading = readAll(server);
      await client.send(`round ${round}`);
      await client.close();
      expect(await reading).toEqual([`round ${round}`]);
    }
    expect(server.metrics().handshakes).toBe(3);
  });

  it('can be had by a client whose server went away', async () => {
    const { client, server } = await pair();
    await server.close();
    await expect(client.recv()).rejects.toMatchObject({ code: 'ConnectionClosed' });
    const next = await bind({ clients: 'any' });
    await join(client, next);
    await client.send('here I am');
    const packet = await next.recv();
    expect([packet.number, packet.text()]).toEqual([0, 'here I am']);
  });

  it('has an event stream of its own', async () => {
    const { client, server } = await pair();
    const first = client.subscribe();
    await server.close();
    expect((await collect(first)).at(-1)?.type).toBe('Disconnected');
    const next = await bind({ clients: 'any' });
    const joining = join(client, next);
    const second = client.subscribe();
    await joining;
    expect(await second.recv()).toMatchObject({ type: 'Connected' });
  });
});

async function collect(events: AsyncIterable<VCLEvent>): Promise<VCLEvent[]> {
  const all: VCLEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}
