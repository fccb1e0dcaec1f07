import { describe, expect, it } from 'vitest';
import { pattern, readAll, useConnections } from '../support/connections.js';

const { bind, pair } = useConnections();

describe('rebind', () => {
  it('moves to another socket in the middle of a transfer, and nothing is lost', async () => {
    const { client, server } = await pair();
    const before = client.localAddress();
    const reading = readAll(server);
    for (let i = 0; i < 400; i++) {
      await client.send(pattern(5_000));
      if (i === 200) await client.rebind();
    }
    expect(client.localAddress().port).not.toBe(before.port);
    await client.close();
    expect(await reading).toHaveLength(400);
    expect(server.remoteAddress()).toEqual(client.localAddress());
  });

  it('is told to the server as PathChanged', async () => {
    const { client, server } = await pair();
    const events = server.subscribe();
    await client.rebind();
    await client.ping();
    const { port } = client.localAddress();
    for await (const event of events) {
      if (event.type !== 'PathChanged') continue;
      expect(event.port).toBe(port);
      break;
    }
  });

  it('lets the server go on sending to where the client is now', async () => {
    const { client, server } = await pair();
    await client.rebind();
    await client.ping();
    await server.send('found you');
    expect((await client.recv()).text()).toBe('found you');
  });

  it('can be done again and again', async () => {
    const { client, server } = await pair();
    for (let i = 0; i < 5; i++) {
      await client.rebind();
      await client.send(`${i}`);
      expect((await server.recv()).text()).toBe(`${i}`);
    }
  });

  it('is for the side that connected, and needs a session', async () => {
    const { server } = await pair();
    await expect(server.rebind()).rejects.toMatchObject({ code: 'InvalidConfig' });
    const alone = await bind();
    await expect(alone.rebind()).rejects.toMatchObject({ code: 'NoPeerAddress' });
  });
});
