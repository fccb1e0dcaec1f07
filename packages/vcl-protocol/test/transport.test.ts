import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { TransportMode, VCLConfig } from '@vcl-protocol/core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AsyncQueue } from '../src/async-queue.js';
import { VCLTransport } from '../src/transport.js';
import { makeCertificate } from './carriers/support/certificate.js';
import { pattern } from './support/connections.js';

const ANY = '127.0.0.1:0';
const open: { close(): unknown }[] = [];
let tls = { cert: '', key: '' };
beforeAll(async () => {
  tls = await makeCertificate();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function keep<T extends { close(): unknown }>(opening: Promise<T>): Promise<T> {
  const one = await opening;
  open.push(one);
  return one;
}

function at(transport: VCLTransport): string {
  const { address, port } = transport.localAddress();
  return `${address}:${port}`;
}

const KINDS = {
  TCP: {
    bind: () => VCLTransport.bindTcp(ANY),
    connect: (address: string) => VCLTransport.connectTcp(address),
    mode: TransportMode.Tcp,
  },
  WebSocket: {
    bind: () => VCLTransport.bindWs(ANY),
    connect: (address: string) => VCLTransport.connectWs(`ws://${address}`),
    mode: TransportMode.WebSocket,
  },
  'WebSocket over TLS': {
    bind: () => VCLTransport.bindWs(ANY, { tls }),
    connect: (address: string) =>
      VCLTransport.connectWs(`wss://${address}`, { tls: { ca: tls.cert } }),
    mode: TransportMode.WebSocket,
  },
} as const;

async function pair(kind: keyof typeof KINDS) {
  const listener = await keep(KINDS[kind].bind());
  const [server, client] = await Promise.all([
    keep(listener.accept()),
    keep(KINDS[kind].connect(at(listener))),
  ]);
  return { listener, server, client };
}

async function udpPair() {
  const server = await keep(VCLTransport.bindUdp(ANY));
  const client = await keep(VCLTransport.connectUdp(at(server)));
  return { server, client };
}

describe.each(['TCP', 'WebSocket', 'WebSocket over TLS'] as const)('a transport of %s', (kind) => {
  it('keeps the bounds of messages, both ways, whoever speaks first', async () => {
    const { server, client } = await pair(kind);
    const lengths = [1, 2, 1_024, 65_535, 7];
    for (const [from, to] of [
      [server, client],
      [client, server],
    ] as const) {
      await Promise.all(lengths.map((length) => from.sendRaw(pattern(length))));
      for (const length of lengths) {
        const { data, from: sender } = await to.recvRaw();
        expect(data).toEqual(pattern(length));
        expect(sender).toEqual(to.peerAddress());
      }
    }
  });

  it('knows what it is and who is there', async () => {
    const { listener, server, client } = await pair(kind);
    for (const one of [listener, server, client]) expect(one.mode()).toBe(KINDS[kind].mode);
    expect(client.isTcp()).toBe(kind === 'TCP');
    expect(client.isWebSocket()).toBe(kind !== 'TCP');
    expect([client.isUdp(), client.isQuic()]).toEqual([false, false]);
    expect(client.peerAddress()).toEqual(listener.localAddress());
    expect(server.remoteAddress()).toEqual(client.localAddress());
    expect(listener.peerAddress()).toBeUndefined();
  });

  it('refuses what the other side would refuse', async () => {
    const { client, server } = await pair(kind);
    for (const length of [0, 65_536]) {
      await expect(client.sendRaw(new Uint8Array(length))).rejects.toMatchObject({
        code: 'MessageTooBig',
      });
    }
    await client.sendRaw('still there');
    expect(new TextDecoder().decode((await server.recvRaw()).data)).toBe('still there');
  });

  it('holds the sender up while nobody receives, and loses nothing', async () => {
    const { client, server } = await pair(kind);
    const message = pattern(60_000);
    let sent = 0;
    let isHeldUp = false;
    const sending = (async () => {
      for (; sent < 400; sent++) await client.sendRaw(message);
    })();
    // Once no message left for many turns of the event loop, the sender waits.
    for (let before = -1, still = 0; !isHeldUp && sent < 400; before = sent) {
      await new Promise((resolve) => setImmediate(resolve));
      still = before === sent ? still + 1 : 0;
      isHeldUp = still > 2_000;
    }
    expect(isHeldUp).toBe(true);
    for (let i = 0; i < 400; i++) expect((await server.recvRaw()).data.length).toBe(60_000);
    await sending;
    expect(server.dropped()).toBe(0);
  });

  it('delivers what was sent before the end, then says that it is closed', async () => {
    const { client, server } = await pair(kind);
    await client.sendRaw('one');
    void client.sendRaw('two');
    await client.close();
    expect((await server.recvRaw()).data.length).toBe(3);
    expect((await server.recvRaw()).data.length).toBe(3);
    const closed = { code: 'ConnectionClosed' };
    await expect(server.recvRaw()).rejects.toMatchObject(closed);
    await expect(server.sendRaw('x')).rejects.toMatchObject(closed);
    await expect(client.recvRaw()).rejects.toMatchObject(closed);
    await expect(client.sendRaw('x')).rejects.toMatchObject(closed);
  });

  it('stops waiting when it is told to, and loses no message by that', async () => {
    const { client, server } = await pair(kind);
    const controller = new AbortController();
    const waiting = server.recvRaw({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await client.sendRaw('later');
    expect((await server.recvRaw()).data.length).toBe(5);
  });

  it('accepts others while one client is slow', async () => {
    const listener = await keep(KINDS[kind].bind());
    const { address, port } = listener.localAddress();
    const slow = connect(port, address);
    slow.on('error', () => undefined);
    await once(slow, 'connect');
    if (kind !== 'TCP') slow.write(kind === 'WebSocket' ? 'GET /vcl HT' : '\x16\x03');
    const clients = [1, 2, 3].map(async (n) => {
      const client = await keep(KINDS[kind].connect(at(listener)));
      await client.sendRaw(pattern(n));
    });
    // Of TCP the slow client is accepted as well, since it may be the server that speaks first.
    const lengths = new AsyncQueue<number>();
    for (let accepted = 0; accepted < (kind === 'TCP' ? 4 : 3); accepted++) {
      const server = await keep(listener.accept());
      const push = ({ data }: { data: Uint8Array }) => void lengths.push(data.length);
      server.recvRaw().then(push, () => undefined);
    }
    await Promise.all(clients);
    const came = [await lengths.next(), await lengths.next(), await lengths.next()];
    expect(came.map(({ value }) => value).sort()).toEqual([1, 2, 3]);
    slow.destroy();
  });

  it('ends for who waits to accept', async () => {
    const { listener } = await pair(kind);
    const closed = expect(listener.accept()).rejects.toMatchObject({ code: 'ConnectionClosed' });
    await listener.close();
    await closed;
    await expect(KINDS[kind].connect(at(listener))).rejects.toMatchObject({ code: 'IoError' });
  });

  it('says what a listener cannot do, and what only a listener can', async () => {
    const { listener, client } = await pair(kind);
    const wrong = { code: 'InvalidConfig' };
    await expect(listener.sendRaw('x')).rejects.toMatchObject(wrong);
    await expect(listener.recvRaw()).rejects.toThrow('accept() a client');
    await expect(client.accept()).rejects.toMatchObject(wrong);
    expect(() => client.setPeer('127.0.0.1:9')).toThrow('only UDP');
  });
});

describe('a transport of UDP', () => {
  it('carries messages to the peer and back to the first who sends', async () => {
    const { server, client } = await udpPair();
    expect(server.peerAddress()).toBeUndefined();
    await expect(server.sendRaw('x')).rejects.toMatchObject({ code: 'NoPeerAddress' });
    for (const length of [1, 1_200, 65_507]) {
      await client.sendRaw(pattern(length));
      expect((await server.recvRaw()).data).toEqual(pattern(length));
    }
    await server.sendRaw('back');
    expect((await client.recvRaw()).from).toEqual(server.localAddress());
    expect([client.mode(), client.isUdp()]).toEqual([TransportMode.Udp, true]);
    for (const length of [0, 65_508]) {
      await expect(client.sendRaw(new Uint8Array(length))).rejects.toMatchObject({
        code: 'MessageTooBig',
      });
    }
  });

  it('drops what comes from others, and counts it', async () => {
    const { server, client } = await udpPair();
    await client.sendRaw('first');
    await server.recvRaw();
    const stranger: Socket = createSocket('udp4');
    const { address, port } = server.localAddress();
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => stranger.send(`forged ${i}`, port, address, resolve));
    }
    stranger.close();
    await client.sendRaw('second');
    expect(new TextDecoder().decode((await server.recvRaw()).data)).toBe('second');
    expect(server.dropped()).toBe(3);
  });

  it('takes another peer', async () => {
    const { server, client } = await udpPair();
    const other = await keep(VCLTransport.bindUdp('localhost:0'));
    client.setPeer(at(other));
    await client.sendRaw('hello');
    expect((await other.recvRaw()).from.port).toBe(client.localAddress().port);
    client.setPeer(server.localAddress());
    await client.sendRaw('hello again');
    expect((await server.recvRaw()).data.length).toBe(11);
  });

  it('keeps a bounded number of messages that nobody receives', async () => {
    const { server, client } = await udpPair();
    await client.sendRaw(pattern(10));
    for (let i = 0; i < 60; i++) {
      await client.sendRaw(pattern(60_000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    while (server.dropped() === 0) {
      await client.sendRaw(pattern(60_000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await server.recvRaw()).data.length).toBe(10);
  });

  it('does not accept, and ends for who waits', async () => {
    const { server, client } = await udpPair();
    await expect(server.accept()).rejects.toMatchObject({ code: 'InvalidConfig' });
    const closed = expect(server.recvRaw()).rejects.toMatchObject({ code: 'ConnectionClosed' });
    await server.close();
    await closed;
    await client.close();
    await expect(client.sendRaw('x')).rejects.toMatchObject({ code: 'ConnectionClosed' });
  });
});

describe('a transport by configuration', () => {
  it.each([
    ['vpn', VCLConfig.vpn(), '', TransportMode.Tcp],
    ['gaming', VCLConfig.gaming(), '', TransportMode.Udp],
    ['auto', VCLConfig.auto(), '', TransportMode.Udp],
    ['auto and reliable', { transport: 'auto', reliability: 'reliable' }, '', TransportMode.Tcp],
    ['auto by address', VCLConfig.vpn(), 'auto://', TransportMode.Tcp],
    ['websocket', { transport: 'websocket', reliability: 'reliable' }, '', TransportMode.WebSocket],
    ['gaming, but an address of ws', VCLConfig.gaming(), 'ws://', TransportMode.WebSocket],
    ['vpn, but an address of udp', VCLConfig.vpn(), 'udp://', TransportMode.Udp],
  ] as const)('is what it says: %s', async (_, config, scheme, mode) => {
    const bound = await keep(VCLTransport.fromConfigServer(`${scheme}${ANY}`, config));
    const client = await keep(VCLTransport.fromConfigClient(`${scheme}${at(bound)}`, config));
    expect([bound.mode(), client.mode()]).toEqual([mode, mode]);
    await client.sendRaw('hello');
    const server = bound.isUdp() ? bound : await keep(bound.accept());
    expect((await server.recvRaw()).data.length).toBe(5);
  });

  it('is closed at the end of its scope', async () => {
    let waiting: Promise<unknown>;
    {
      await using transport = await VCLTransport.bindUdp(ANY);
      waiting = transport.recvRaw();
      waiting.catch(() => undefined);
    }
    await expect(waiting).rejects.toMatchObject({ code: 'ConnectionClosed' });
  });

  it('refuses an address for something else', async () => {
    const wrong = { code: 'InvalidConfig' };
    await expect(VCLTransport.bindTcp('ws://127.0.0.1:0')).rejects.toMatchObject(wrong);
    await expect(VCLTransport.connectWs('tcp://127.0.0.1:9')).rejects.toMatchObject(wrong);
    await expect(VCLTransport.bindWs('wss://127.0.0.1:0')).rejects.toMatchObject(wrong);
  });

  it('resolves names', async () => {
    const bound = await keep(VCLTransport.bindTcp('localhost:0'));
    const { port } = bound.localAddress();
    const client = await keep(VCLTransport.connectTcp(`localhost:${port}`));
    expect(client.peerAddress()?.port).toBe(port);
    const lost = VCLTransport.connectUdp('no-such-host.invalid:9');
    await expect(lost).rejects.toMatchObject({ code: 'IoError' });
  });
});
