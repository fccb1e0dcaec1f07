import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { CarrierServer } from '../../src/carrier-link.js';
import { clientConfig } from '../../src/quic/child/configuration.js';
import type { ListenQuicOptions } from '../../src/quic/index.js';
import { dialQuic, MemoryQuicSessionStore } from '../../src/quic/index.js';
import { loadNative } from '../../src/quic/native.js';
import { makeCertificate } from '../../src/quic/tls/self-signed.js';
import { noChild } from './support/built.js';
import { Heard, Listener, signerOf } from './support/listener.js';
import { LIMITS } from './support/native-pair.js';

const MIB = 1 << 20;
const opened: Listener[] = [];

async function listen(options?: Partial<ListenQuicOptions>): Promise<Listener> {
  const listener = await Listener.open(options);
  opened.push(listener);
  return listener;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ server }) => server.close()));
});

describe.skipIf(noChild !== undefined)('QUIC links', () => {
  it('carry records of any length both ways, whole and in order', async () => {
    const [a, b] = (await (await listen()).pair()).map((link) => new Heard(link));
    const lengths = [1, 2, 255, 256, 1_023, 1_350, 16_384, 65_535, 3];
    for (const length of lengths) a?.link.send(new Uint8Array(length).fill(length));
    a?.link.flush();
    // The first record that a client sends is short (SPEC 13.1); this one is.
    await b?.until((heard) => heard.records.length === lengths.length);
    expect(b?.records.map(({ length }) => length)).toEqual(lengths);
    for (const record of b?.records ?? []) b?.link.send(record);
    b?.link.flush();
    await a?.until((heard) => heard.records.length === lengths.length);
    expect(a?.records).toEqual(b?.records);
  });

  it('know both of their ends', async () => {
    const listener = await listen();
    const [a, b] = await listener.pair();
    expect(a.remote).toMatchObject({ address: '127.0.0.1', isOrdered: true, carrier: 4 });
    expect(a.remote.port).toBe(listener.server.local.port);
    expect(b.remote.port).toBe(a.local.port);
    expect(b.lossySide?.remote.orderedSide).toBe(b.remote);
    expect(b.lossySide?.remote).toMatchObject({ isOrdered: false, carrier: 4 });
  });

  it('carry records on their own that may be lost', async () => {
    const [a, b] = await (await listen()).pair();
    const size = a.lossySide?.remote.maxRecordBytes ?? 0;
    expect(size).toBeGreaterThanOrEqual(1_200);
    if (a.lossySide === undefined || b.lossySide === undefined) throw new Error('no lossy side');
    const heard = new Heard(b.lossySide);
    a.lossySide.send(new Uint8Array(size + 1));
    a.lossySide.send(new Uint8Array(size).fill(9));
    a.lossySide.flush();
    await heard.until(({ records }) => records.length > 0);
    expect(heard.records).toEqual([new Uint8Array(size).fill(9)]);
  });

  it('hand over what came before the start', async () => {
    const [a, b] = await (await listen()).pair();
    a.send(Buffer.from('one'));
    a.send(Buffer.from('two'));
    await a.close();
    const heard = new Heard(b);
    await heard.until(({ ending }) => ending !== undefined);
    expect(heard.texts).toEqual(['one', 'two']);
  });

  it('are closed on the other side behind the last record', async () => {
    const [a, b] = await (await listen()).pair();
    const heard = new Heard(b);
    a.send(Buffer.from('x'));
    for (let i = 0; i < 50; i++) a.send(new Uint8Array(20_000));
    await a.close();
    await heard.until(({ ending }) => ending !== undefined);
    expect(heard.records).toHaveLength(51);
    expect(heard.ending?.error).toBeUndefined();
    expect(a.remote.isLost && b.remote.isLost && b.lossySide?.remote.isLost).toBe(true);
  });

  it('are lost when the other side destroys them', async () => {
    const [a, b] = await (await listen()).pair();
    const heard = new Heard(a);
    b.destroy();
    await heard.until(({ ending }) => ending !== undefined);
    expect(a.remote.isLost && a.lossySide?.remote.isLost).toBe(true);
  });

  it('are full when the peer does not read, and drain when it does', async () => {
    const [a, b] = await (await listen()).pair();
    const writer = new Heard(a);
    let sent = 0;
    a.send(Buffer.from('first'));
    while (sent < 64 * MIB && !a.remote.isFull) {
      a.send(new Uint8Array(16_384));
      sent += 16_384;
      if (a.remote.isFull)
        await Promise.race([writer.until((one) => !one.link.remote.isFull), soon()]);
    }
    expect(a.remote.isFull).toBe(true);
    expect(sent).toBeLessThan(8 * MIB);
    const reader = new Heard(b);
    await reader.until(({ records }) => records.length === 1 + sent / 16_384);
    await writer.until(({ link }) => !link.remote.isFull);
    expect(writer.drains).toBeGreaterThan(0);
  });

  it('move to another socket with records under way', async () => {
    const [a, b] = await (await listen()).pair();
    const heard = new Heard(b);
    const before = a.local.port;
    const moved = a.rebind();
    for (let i = 0; i < 100; i++) a.send(Buffer.from(`record ${i}`));
    a.flush();
    await moved;
    expect(a.local.port).not.toBe(before);
    for (let i = 100; i < 200; i++) a.send(Buffer.from(`record ${i}`));
    a.flush();
    await heard.until(({ records }) => records.length === 200);
    expect(heard.texts).toEqual(Array.from({ length: 200 }, (_, i) => `record ${i}`));
  });

  it('begin early on a session: the first record arrives before the handshake has ended', async () => {
    const listener = await listen();
    const sessions = new MemoryQuicSessionStore();
    const options = { serverKey: listener.signer.publicKey, sessions, early: true };
    const [first, other] = await listener.pair(options);
    expect(first.wasEarly).toBe(false);
    const heard = new Heard(first);
    other.send(Buffer.from('hello'));
    other.flush();
    await heard.until(({ records }) => records.length > 0);
    const [second, early] = await listener.pair({
      ...options,
      earlyRecords: [Buffer.from('sent first')],
    });
    expect(second.wasEarly && early.wasEarly).toBe(true);
    expect(second.claimedIdentity).toEqual(listener.signer.publicKey);
    const reader = new Heard(early);
    second.send(Buffer.from('sent next'));
    second.flush();
    await reader.until(({ records }) => records.length === 2);
    expect(reader.texts).toEqual(['sent first', 'sent next']);
  });

  it('refuse a client whose first record is too long', async () => {
    const [a, b] = await (await listen()).pair();
    const [client, server] = [new Heard(a), new Heard(b)];
    a.send(new Uint8Array(1_024));
    a.flush();
    await server.until(({ ending }) => ending !== undefined);
    expect(server.ending?.error).toMatchObject({ code: 'InvalidPacket' });
    await client.until(({ ending }) => ending !== undefined);
    expect(server.records).toHaveLength(0);
  });
});

describe.skipIf(noChild !== undefined)('silence', () => {
  it('ends a link, unless its client asks for signs of life', async () => {
    const listener = await listen();
    const serverKey = listener.signer.publicKey;
    const limits = { serverKey, idleTimeoutMs: 400 };
    const [kept] = await listener.pair({ ...limits, keepAliveMs: 50 });
    const [silent, other] = await listener.pair(limits);
    const [a, b] = [new Heard(silent), new Heard(other)];
    await a.until(({ ending }) => ending !== undefined);
    await b.until(({ ending }) => ending !== undefined);
    expect(a.ending?.error?.message).toContain('nothing came for too long');
    // It was connected before the silent one, and has said as little.
    expect(kept.remote.isLost).toBe(false);
  });

  it('before the first word ends a connection, which makes room and is counted', async () => {
    const dropped: string[] = [];
    const counted = new Promise<void>((resolve) => {
      const onDrop = (reason: string): void => {
        dropped.push(reason);
        resolve();
      };
      void listen({ handshakeTimeoutMs: 50, onDrop }).then(({ server }) => sendFirst(server));
    });
    await counted;
    expect(dropped).toEqual(['silent']);
  });
});

describe.skipIf(noChild !== undefined)('dialQuic', () => {
  it('refuses to believe anybody unasked', async () => {
    const dialed = dialQuic({ host: '127.0.0.1', port: 1 }, {});
    await expect(dialed).rejects.toMatchObject({ code: 'InvalidConfig' });
  });

  it('refuses a server with another identity than the pinned one', async () => {
    const listener = await listen();
    const dialed = listener.dial({ serverKey: signerOf(2).publicKey });
    await expect(dialed).rejects.toMatchObject({ code: 'HandshakeFailed' });
  });

  it('tells which identity a server claims when the caller compares it later', async () => {
    const listener = await listen();
    const [link] = await listener.pair({ isIdentityCheckedLater: true });
    expect(link.claimedIdentity).toEqual(listener.signer.publicKey);
  });

  it('believes the authorities it is given, and no others', async () => {
    const { cert, key } = makeCertificate('127.0.0.1');
    const listener = await listen({ cert, key });
    const [link] = await listener.pair({ ca: cert });
    expect(link.claimedIdentity).toEqual(listener.signer.publicKey);
    const { cert: other } = makeCertificate('127.0.0.1');
    await expect(listener.dial({ ca: other })).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining('TLS alert'),
    });
  });

  it('checks the name in a certificate that an authority vouches for', async () => {
    const { cert, key } = makeCertificate('vcl.example');
    const listener = await listen({ cert, key });
    await listener.pair({ ca: cert, servername: 'vcl.example' });
    await expect(listener.dial({ ca: cert })).rejects.toMatchObject({ code: 'HandshakeFailed' });
    const asOther = listener.dial({ ca: cert, servername: 'other.example' });
    await expect(asOther).rejects.toMatchObject({ name: 'VCLError' });
  });

  it('needs an application protocol in common', async () => {
    const listener = await listen({ alpn: ['one'] });
    const serverKey = listener.signer.publicKey;
    await expect(listener.dial({ serverKey, alpn: ['two'] })).rejects.toMatchObject({
      code: 'IoError',
    });
    const [link] = await listener.pair({ serverKey, alpn: ['two', 'one'] });
    expect(link.remote.isLost).toBe(false);
  });

  it('gives up when it is told to', async () => {
    const listener = await listen();
    const stop = new AbortController();
    const dialed = listener.dial({ serverKey: listener.signer.publicKey, signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(dialed).rejects.toThrow('enough');
  });

  it('says that nothing listens there', async () => {
    const dialed = dialQuic({ host: '127.0.0.1', port: 1 }, { isIdentityCheckedLater: true });
    await expect(dialed).rejects.toMatchObject({ code: 'IoError' });
  });
});

describe.skipIf(noChild !== undefined)('listenQuic', () => {
  it('says that the port is taken', async () => {
    const { server } = await listen();
    const again = Listener.open({ port: server.local.port });
    await expect(again).rejects.toMatchObject({
      code: 'IoError',
      cause: expect.objectContaining({ code: 'EADDRINUSE' }),
    });
  });

  it('refuses what is no certificate, or half of one', async () => {
    const { cert } = makeCertificate('a');
    await expect(Listener.open({ cert })).rejects.toMatchObject({ code: 'InvalidConfig' });
    const junk = Listener.open({ cert: 'none', key: 'none' });
    await expect(junk).rejects.toMatchObject({ code: 'InvalidConfig' });
  });

  it('accepts nobody after its end, and leaves those alone that are in', async () => {
    const listener = await Listener.open();
    const [a, b] = await listener.pair();
    await listener.server.close();
    const late = listener.dial({ serverKey: listener.signer.publicKey, timeoutMs: 300 });
    await expect(late).rejects.toMatchObject({ name: 'VCLError' });
    const heard = new Heard(b);
    a.send(Buffer.from('still in'));
    a.flush();
    await heard.until(({ records }) => records.length > 0);
    await Promise.all([a.close(), b.close()]);
  });

  it('takes as many as it may', async () => {
    const listener = await listen({ maxConnections: 1 });
    const [first] = await listener.pair();
    const refused = listener.dial({ serverKey: listener.signer.publicKey, timeoutMs: 300 });
    await expect(refused).rejects.toMatchObject({ code: 'Timeout' });
    await first.close();
    const [second] = await listener.pair();
    expect(second.remote.isLost).toBe(false);
  });

  it('names its version to those who speak another', async () => {
    const { server } = await listen();
    const socket = createSocket('udp4');
    const head = Buffer.from('c01a2a3a4a0801020304050607080808070605040302' + '01', 'hex');
    socket.send(Buffer.concat([head, Buffer.alloc(1_200)]), server.local.port, '127.0.0.1');
    const [answer] = await once(socket, 'message');
    socket.close();
    // A packet of version negotiation has the version 0 (RFC 9000, 17.2.1).
    expect(answer.readUInt32BE(1)).toBe(0);
    expect(answer.includes(Buffer.of(0, 0, 0, 1))).toBe(true);
  });

  it('makes clients prove their addresses when many are half open', async () => {
    const listener = await listen({ retryAbove: 0 });
    const [a, b] = await listener.pair();
    const heard = new Heard(b);
    a.send(Buffer.from('proved'));
    a.flush();
    await heard.until(({ records }) => records.length > 0);
    expect(heard.texts).toEqual(['proved']);
  });
});

/** Begins a handshake, and says nothing more. */
function sendFirst({ local: { port } }: CarrierServer): void {
  const native = loadNative();
  const settings = { alpn: ['h3'], limits: LIMITS, ca: undefined };
  const from = { host: '127.0.0.1', port: 1 };
  const to = { host: '127.0.0.1', port };
  const id = new Uint8Array(16);
  const config = clientConfig(native, settings);
  const connection = native.Connection.connect(undefined, id, from, to, config);
  const packet = Buffer.alloc(1_350);
  const [length] = connection.send(packet) ?? [0];
  const socket = createSocket('udp4');
  socket.send(packet.subarray(0, length), port, '127.0.0.1', () => socket.close());
}

/** Long enough for what is under way to arrive: only how much was sent until then depends on it. */
function soon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 200));
}
