import { createServer } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CarrierAddress } from '../../src/carrier-address.js';
import { dialCarrier } from '../../src/node/carriers/dial.js';
import { makeCertificate } from './support/certificate.js';
import { startConnectProxy, startSocksProxy } from './support/proxies.js';
import { take } from './support/recorded-link.js';
import { pairOver, useSharedPorts } from './support/shared-ports.js';

const ports = useSharedPorts();
let tls = { cert: '', key: '' };
beforeAll(async () => {
  tls = await makeCertificate();
});

function target(port: number, scheme: CarrierAddress['scheme'] = 'tcp'): CarrierAddress {
  return { scheme, host: '127.0.0.1', port, path: '/vcl' };
}

function listenAll() {
  return ports.listen({ accepts: ['tcp', 'ws', 'wss'], tls });
}

/** A port of this machine that accepts and then says nothing. */
async function listenSilently(): Promise<number> {
  const server = createServer((socket) => void ports.keep(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ports.keep({ destroy: () => void server.close() });
  return (server.address() as { port: number }).port;
}

describe('dialCarrier', () => {
  it.each(['tcp', 'ws', 'wss'] as const)(
    'reaches one port by its name, over %s',
    async (scheme) => {
      const port = await listenAll();
      const to = { scheme, host: 'localhost', port: port.port.local.port, path: '/vcl?a=b' };
      const link = ports.keep(await dialCarrier(to, { tls: { ca: tls.cert } }));
      expect(link.remote.port).toBe(port.port.local.port);
    },
  );

  it('checks the certificate', async () => {
    const port = await listenAll();
    await expect(port.dial('wss')).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining('not trusted: pass it or its authority as tls.ca'),
    });
    await expect(
      port.dial('wss', { tls: { ca: tls.cert, servername: 'elsewhere.example' } }),
    ).rejects.toThrow('for another name');
    const { client } = await pairOver(port, 'wss', { tls: { rejectUnauthorized: false } });
    expect(client.link.remote.isLost).toBe(false);
  });

  it('says that nothing listens', async () => {
    const port = await ports.listen();
    await port.port.close();
    for (const scheme of ['tcp', 'ws', 'wss'] as const) {
      const { port: number } = port.port.local;
      await expect(dialCarrier(target(number, scheme))).rejects.toMatchObject({
        code: 'IoError',
        message: expect.stringMatching(`${scheme}://127.0.0.1:${number}.* nothing listens there`),
      });
    }
  });

  it('says when the path is wrong, or the origin', async () => {
    const port = await ports.listen();
    const wrong = { ...target(port.port.local.port, 'ws'), path: '/other' };
    await expect(dialCarrier(wrong)).rejects.toThrow('no WebSocket at /other: check the path');
    const stranger = port.dial('ws', { origin: 'https://elsewhere.example' });
    await expect(stranger).rejects.toThrow('does not accept this origin');
  });

  it.each(['ws', 'wss'] as const)(
    'gives up in time on who says nothing, over %s',
    async (scheme) => {
      const silent = await listenSilently();
      await expect(dialCarrier(target(silent, scheme), { timeoutMs: 50 })).rejects.toMatchObject({
        code: 'Timeout',
        message: expect.stringContaining('within 50 ms'),
      });
    },
  );

  it.each(['tcp', 'ws', 'wss'] as const)('stops when it is told to, over %s', async (scheme) => {
    const silent = await listenSilently();
    await expect(
      dialCarrier(target(silent, scheme), { signal: AbortSignal.abort(new Error('enough')) }),
    ).rejects.toThrow('enough');
    const controller = new AbortController();
    const dialing = dialCarrier(target(silent, 'wss'), { signal: controller.signal });
    setImmediate(() => controller.abort(new Error('enough now')));
    await expect(dialing).rejects.toThrow('enough now');
  });

  it('refuses what is not reached over TCP', async () => {
    for (const scheme of ['udp', 'quic', 'auto', undefined] as const) {
      await expect(dialCarrier({ ...target(1), scheme })).rejects.toMatchObject({
        code: 'InvalidConfig',
      });
    }
  });

  it('says that the server speaks no TLS', async () => {
    const port = await ports.listen({ accepts: ['tcp', 'ws'] });
    await expect(port.dial('wss')).rejects.toMatchObject({ code: 'IoError' });
    expect((await port.drops.next()).value).toBe('not-accepted');
  });
});

describe.each([
  ['HTTP', startConnectProxy, 'http'],
  ['SOCKS5', startSocksProxy, 'socks5'],
] as const)('through a proxy of %s', (_, start, scheme) => {
  it.each(['tcp', 'ws', 'wss'] as const)('carries records over %s', async (carrier) => {
    const port = await listenAll();
    const proxy = ports.keep(await start());
    const { client, server } = await pairOver(port, carrier, {
      proxy: `${scheme}://127.0.0.1:${proxy.port}`,
      tls: { ca: tls.cert },
    });
    server.link.send(Uint8Array.of(1, 2, 3));
    server.link.flush();
    expect(await take(client, 1)).toEqual([Uint8Array.of(1, 2, 3)]);
    expect(proxy.asked).toEqual([`127.0.0.1:${port.port.local.port}`]);
  });

  it('leaves names to the proxy', async () => {
    const port = await listenAll();
    const proxy = ports.keep(await start());
    const to = { ...target(port.port.local.port), host: 'localhost' };
    ports.keep(await dialCarrier(to, { proxy: `${scheme}://127.0.0.1:${proxy.port}` }));
    expect(proxy.asked).toEqual([`localhost:${port.port.local.port}`]);
  });

  it('says that the proxy does not answer', async () => {
    const proxy = await start();
    proxy.destroy();
    const dialing = dialCarrier(target(9), { proxy: `${scheme}://127.0.0.1:${proxy.port}` });
    await expect(dialing).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining(`the proxy 127.0.0.1:${proxy.port}: nothing listens there`),
    });
  });

  it('gives up in time on a proxy that says nothing', async () => {
    const silent = await listenSilently();
    const proxy = `${scheme}://127.0.0.1:${silent}`;
    await expect(dialCarrier(target(9), { proxy, timeoutMs: 50 })).rejects.toMatchObject({
      code: 'Timeout',
    });
  });
});

describe('a proxy that wants a password', () => {
  it('gets it by HTTP', async () => {
    const port = await listenAll();
    const right = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
    const proxy = ports.keep(await startConnectProxy(right));
    const at = `127.0.0.1:${proxy.port}`;
    await pairOver(port, 'tcp', { proxy: `http://me:p%40ss@${at}` });
    await expect(port.dial('tcp', { proxy: `http://${at}` })).rejects.toThrow(
      'did not connect to 127.0.0.1',
    );
    await expect(port.dial('tcp', { proxy: `http://${at}` })).rejects.toThrow(
      '407 Proxy Authentication Required: give it the right user and password',
    );
  });

  it('gets it by SOCKS5', async () => {
    const port = await listenAll();
    const proxy = ports.keep(await startSocksProxy('me', 'p@ss'));
    const at = `127.0.0.1:${proxy.port}`;
    await pairOver(port, 'tcp', { proxy: `socks5://me:p%40ss@${at}` });
    await expect(port.dial('tcp', { proxy: `socks5://me:wrong@${at}` })).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining(`the proxy ${at} did not connect to`),
    });
  });

  it.each([
    ['nonsense', 'a proxy is http://'],
    ['ftp://host:21', 'a proxy is http://'],
    ['http://%zz:x@host:1', 'percent-encoded'],
    [`socks5://${'x'.repeat(256)}:x@host:1`, 'at most 255 bytes'],
  ])('is not looked for at %s', async (proxy, advice) => {
    const dialing = dialCarrier(target(9), { proxy });
    await expect(dialing).rejects.toMatchObject({ code: 'InvalidConfig' });
    await expect(dialing).rejects.toThrow(advice);
    await expect(dialing).rejects.not.toThrow('x@host');
  });
});
