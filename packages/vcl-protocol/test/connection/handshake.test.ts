import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { CloseCode, type DatagramNetwork, KeyPair, MemoryNetwork } from '../../src/index.js';
import { addressOf, expectedToFail, join, useConnections } from '../support/connections.js';
import { lossyNetwork } from '../support/lossy-network.js';
import { withResolvers } from '../support/with-resolvers.js';

const { bind, pair } = useConnections();

describe('a handshake', () => {
  it('with nobody ends with Timeout after 10 s, and says what may be wrong', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });
    try {
      const client = await bind({ network: new MemoryNetwork() });
      const connecting = expectedToFail(client.connect('127.0.0.1:9'));
      await vi.advanceTimersByTimeAsync(9_900);
      expect(client.isClosed()).toBe(false);
      await vi.advanceTimersByTimeAsync(200);
      await expect(connecting).rejects.toMatchObject({
        code: 'Timeout',
        message: expect.stringContaining('check address and port'),
      });
    } finally {
      vi.useRealTimers();
    }
  });

  it('that ends with Timeout tells what the system said about its datagrams', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });
    try {
      const client = await bind({ network: unreachable(new MemoryNetwork()) });
      const connecting = expectedToFail(client.connect('127.0.0.1:9'));
      await vi.advanceTimersByTimeAsync(10_100);
      await expect(connecting).rejects.toMatchObject({
        code: 'Timeout',
        message: expect.stringContaining('send ENETUNREACH'),
        cause: { message: 'send ENETUNREACH' },
      });
    } finally {
      vi.useRealTimers();
    }
  });

  it('is given up when its signal is aborted', async () => {
    const client = await bind();
    const nobody = await bind();
    const signal = AbortSignal.timeout(20);
    const connecting = client.connect(addressOf(nobody), { signal });
    await expect(connecting).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('can be tried again after it was given up', async () => {
    const server = await bind({ clients: 'any' });
    const client = await bind();
    const controller = new AbortController();
    const first = expectedToFail(client.connect('127.0.0.1:9', { signal: controller.signal }));
    controller.abort();
    await expect(first).rejects.toBe(controller.signal.reason);
    await join(client, server);
    expect(client.isClosed()).toBe(false);
  });

  it('gets through a network that loses half of all datagrams', async () => {
    const { client, server } = await pair({ both: { network: lossyNetwork(0.5, 7) } });
    expect(server.peerIdentity).toEqual(client.getPublicKey());
  });

  it('is not disturbed by junk and strays, before, during and after it', async () => {
    const server = await bind({ clients: 'any' });
    const client = await bind();
    const stranger = createSocket('udp4').bind(0, '127.0.0.1');
    await once(stranger, 'listening');
    const { port } = server.localAddress();
    const disturb = async (): Promise<void> => {
      for (const length of [0, 1, 36, 300, 520, 1200]) {
        await new Promise((sent) => stranger.send(randomBytes(length), port, '127.0.0.1', sent));
      }
    };
    await disturb();
    const joining = join(client, server);
    await disturb();
    await joining;
    await disturb();
    await client.send('undisturbed');
    expect((await server.recv()).text()).toBe('undisturbed');
    expect(server.metrics().totalDropped()).toBeGreaterThan(0);
    stranger.close();
  });

  it('waits for the policy, which may take its time', async () => {
    const asked = withResolvers<void>();
    const admitted = withResolvers<boolean>();
    const authorize = (): Promise<boolean> => {
      asked.resolve();
      return admitted.promise;
    };
    const server = await bind({ clients: { authorize } });
    const client = await bind();
    const order: string[] = [];
    const joining = join(client, server).then(() => order.push('connected'));
    await asked.promise;
    order.push('asked');
    admitted.resolve(true);
    await joining;
    expect(order).toEqual(['asked', 'connected']);
  });

  it('is refused with AuthRefused when the policy says no, and the server waits on', async () => {
    const friend = KeyPair.generate();
    const server = await bind({ clients: [friend.publicKey] });
    const accepting = server.acceptHandshake();
    const options = { server: server.getPublicKey() };
    const stranger = await bind();
    await expect(stranger.connect(addressOf(server), options)).rejects.toMatchObject({
      code: 'AuthRefused',
      closeCode: CloseCode.AUTH_REFUSED,
      message: expect.stringContaining('not admitted'),
    });
    const client = await bind({ identity: friend });
    await client.connect(addressOf(server), options);
    await accepting;
    expect(server.peerIdentity).toEqual(friend.publicKey);
  });

  it('is refused while the server has another client, and the client is told so', async () => {
    const { server } = await pair();
    const second = await bind();
    const connecting = second.connect(addressOf(server), { server: server.getPublicKey() });
    await expect(connecting).rejects.toMatchObject({
      code: 'AuthRefused',
      message: expect.stringContaining('one client at a time'),
    });
  });

  it('is kept waiting for an acceptHandshake that comes a little later', async () => {
    const server = await bind({ clients: 'any' });
    const first = await bind();
    await join(first, server);
    await first.close();
    await expect(server.recv()).rejects.toMatchObject({ code: 'ConnectionClosed' });
    const second = await bind();
    const connecting = second.connect(addressOf(server), { server: server.getPublicKey() });
    await server.acceptHandshake();
    await connecting;
    expect(server.peerIdentity).toEqual(second.getPublicKey());
  });

  it('needs a policy on the accepting side, and says which there are', async () => {
    const server = await bind();
    await expect(server.acceptHandshake()).rejects.toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringMatching(/list of public keys.*authorize.*file.*enroll.*'any'/),
    });
  });

  it('with oneself is refused, unless it is allowed', async () => {
    const identity = KeyPair.generate();
    const server = await bind({ clients: 'any', identity });
    const client = await bind({ identity });
    const accepting = expectedToFail(server.acceptHandshake());
    const trust = { server: () => true };
    await expect(client.connect(addressOf(server), trust)).rejects.toMatchObject({
      code: 'HandshakeFailed',
      message: expect.stringContaining('the identity of this side'),
    });
    server.abort();
    await expect(accepting).rejects.toMatchObject({ code: 'ConnectionClosed' });
    const allowed = await pair({ both: { identity, allowSelf: true } });
    expect(allowed.client.peerIdentity).toEqual(identity.publicKey);
  });

  it('is one at a time', async () => {
    const { client, server } = await pair();
    const advice = { code: 'HandshakeFailed', message: expect.stringContaining('has a session') };
    await expect(client.connect('127.0.0.1:9')).rejects.toMatchObject(advice);
    await expect(server.acceptHandshake()).rejects.toMatchObject(advice);
  });

  it('ends acceptHandshake when its signal is aborted, and another one can be started', async () => {
    const server = await bind({ clients: 'any' });
    const client = await bind();
    const controller = new AbortController();
    const accepting = expectedToFail(server.acceptHandshake({ signal: controller.signal }));
    controller.abort();
    await expect(accepting).rejects.toBe(controller.signal.reason);
    await join(client, server);
    expect(server.isClosed()).toBe(false);
  });

  it('is ended by close on either side', async () => {
    const server = await bind({ clients: 'any' });
    const client = await bind();
    const accepting = expectedToFail(server.acceptHandshake());
    const connecting = expectedToFail(client.connect('127.0.0.1:9'));
    await Promise.all([server.close(), client.close()]);
    await expect(accepting).rejects.toMatchObject({ code: 'ConnectionClosed' });
    await expect(connecting).rejects.toMatchObject({ code: 'ConnectionClosed' });
  });
});

/** The same network, where nothing can be sent. */
function unreachable(network: DatagramNetwork): DatagramNetwork {
  return {
    lookup: (host) => network.lookup(host),
    async open(options) {
      const link = await network.open(options);
      const start = link.start.bind(link);
      link.start = (handler) => {
        start(handler);
        link.send = () => handler.onTrouble(new Error('send ENETUNREACH'));
      };
      return link;
    },
  };
}
