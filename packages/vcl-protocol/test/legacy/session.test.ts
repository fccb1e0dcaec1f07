import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyPair, LegacyConnection } from '../../src/legacy/index.js';
import { MemoryNetwork } from '../../src/memory-link.js';
import { ANY_PORT, eventTypes, readTexts, SEED, useLegacyWorld } from './support.js';

const { bind, crate, withServer, withClient } = useLegacyWorld();

describe('connect', () => {
  it('with nobody ends with Timeout, and may be tried again', async () => {
    const network = new MemoryNetwork();
    const ours = await bind(network, { connectTimeoutMs: 20 });
    await expect(ours.connect('127.0.0.1:9')).rejects.toMatchObject({ code: 'Timeout' });
    const server = await crate(network);
    const accepting = server.accept();
    await ours.connect(server.address);
    await accepting;
    expect(ours.remoteAddress()).toEqual(server.remote);
  });

  it('sends one hello of 36 bytes, and no second one', async () => {
    const network = new MemoryNetwork();
    const [ours, silent] = [await bind(network, { connectTimeoutMs: 20 }), await crate(network)];
    await expect(ours.connect(silent.address)).rejects.toMatchObject({ code: 'Timeout' });
    expect(silent.arrived.map((datagram) => datagram.length)).toEqual([36]);
  });

  it('takes no answer from elsewhere, and none with a useless key (G4, G5)', async () => {
    const network = new MemoryNetwork();
    const [ours, server, stranger] = [
      await bind(network),
      await crate(network),
      await crate(network),
    ];
    const connecting = ours.connect(server.address);
    const answer = Uint8Array.of(1, 0, 0, 0, ...new Uint8Array(32).fill(9));
    stranger.sendRaw(answer, ours.localAddress());
    server.sendRaw(answer.fill(0, 4), ours.localAddress());
    server.sendRaw(new Uint8Array(3), ours.localAddress());
    await server.accept();
    await connecting;
    expect(ours.metrics().droppedByReason.get('handshake')).toBe(2);
  });

  it('can be given up', async () => {
    const ours = await bind(new MemoryNetwork());
    const controller = new AbortController();
    const connecting = ours.connect('127.0.0.1:9', { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(connecting).rejects.toThrow('enough');
  });
});

describe('acceptHandshake', () => {
  it('is not disturbed by junk, where the crate gives up (G13)', async () => {
    const network = new MemoryNetwork();
    const [ours, client, scanner] = [
      await bind(network),
      await crate(network),
      await crate(network),
    ];
    const accepting = ours.acceptHandshake();
    for (const length of [0, 4, 35, 36, 37, 200]) {
      scanner.sendRaw(new Uint8Array(length).fill(2), ours.localAddress());
    }
    scanner.sendRaw(new Uint8Array(36), ours.localAddress());
    await client.connect(ours.localAddress());
    await accepting;
    expect(ours.metrics().totalDropped()).toBe(7);
  });

  it('has one session at a time, and another one after it, with chains of its own (G28)', async () => {
    const network = new MemoryNetwork();
    const { ours, crate: first } = await withClient(network, { gapTimeoutMs: 0 });
    await expect(ours.acceptHandshake()).rejects.toMatchObject({ code: 'HandshakeFailed' });
    first.send('from the first');
    expect(await readTexts(ours, 1)).toEqual(['from the first']);
    ours.setTimeout(0.001);
    await expect(ours.recv()).rejects.toMatchObject({ code: 'Timeout' });
    ours.setTimeout(60);
    const [second, accepting] = [await crate(network), ours.acceptHandshake()];
    await second.connect(ours.localAddress());
    await accepting;
    second.send('from the second');
    expect(await readTexts(ours, 1)).toEqual(['from the second']);
    expect(ours.metrics().handshakes).toBe(2);
  });
});

describe('a session', () => {
  it('goes on through junk, strangers and hellos, each of which ends one of the crate (G25)', async () => {
    const network = new MemoryNetwork();
    const { ours, crate: server } = await withServer(network);
    const stranger = await crate(network);
    stranger.sendRaw(new Uint8Array(300), ours.localAddress());
    server.sendRaw(new Uint8Array(300).fill(2), ours.localAddress());
    server.sendRaw(new Uint8Array(5), ours.localAddress());
    server.sendRaw(new Uint8Array(36), ours.localAddress());
    await ours.send('still');
    expect(await readTexts(ours, 1)).toEqual(['still!']);
    const dropped = Object.fromEntries(ours.metrics().droppedByReason);
    expect(dropped).toEqual({ stranger: 1, malformed: 2, handshake: 1 });

    server.sendRaw(new Uint8Array(5), server.remote);
    await server.until(() => false);
    expect(server.error?.code).toBe('SerializationError');
  });

  it('goes on through any bytes from the address of the peer', async () => {
    const { ours, crate: server } = await withServer();
    const noise = fc.sample(fc.uint8Array({ maxLength: 300 }), { numRuns: 300, seed: 1 });
    for (const bytes of noise) {
      server.sendRaw(bytes, ours.localAddress());
      server.sendRaw(Buffer.concat([Buffer.from([2, 0, 0, 0, 0]), bytes]), ours.localAddress());
    }
    await ours.send('still');
    expect(await readTexts(ours, 1)).toEqual(['still!']);
    expect(ours.metrics().totalDropped()).toBe(600);
  });

  it('ends when a datagram of the peer is lost, and says why (G21)', async () => {
    let loses = false;
    const network = new MemoryNetwork({ delivers: () => !loses });
    const { ours, crate: client } = await withClient(network, { gapTimeoutMs: 20 });
    const events = eventTypes(ours);
    client.send('first');
    loses = true;
    client.send('lost');
    loses = false;
    client.send('waits in vain');
    expect(await readTexts(ours, 1)).toEqual(['first']);
    await expect(ours.recv()).rejects.toMatchObject({ code: 'ChainValidationFailed' });
    await expect(ours.send('x')).rejects.toMatchObject({ code: 'ConnectionClosed' });
    expect(ours.isClosed()).toBe(true);
    await ours.close();
    expect(await events).toEqual(['PacketReceived', 'Error', 'Disconnected']);
  });

  it('of the crate ends when a datagram of ours is lost or overtaken (G21, G22)', async () => {
    let lost = 0;
    const network = new MemoryNetwork({ delivers: () => lost-- !== 1 });
    const { ours, crate: server } = await withServer(network);
    lost = 1;
    await ours.send('lost');
    await ours.send('refused');
    await server.until(() => false);
    expect([server.received, server.error?.code]).toEqual([[], 'ChainValidationFailed']);
  });

  it('fails on the first packet when the peer of the crate has another key (G1)', async () => {
    const network = new MemoryNetwork();
    const [ours, server] = [await bind(network), await crate(network, new Uint8Array(32).fill(4))];
    const accepting = server.accept();
    await ours.connect(server.address);
    await accepting;
    server.send('from another key');
    void server.serve();
    await ours.send('to another key');
    await server.until(() => false);
    expect(server.error?.code).toBe('SignatureInvalid');
    expect(ours.metrics().packetsDroppedSignature).toBe(1);
  });

  it('between two of ours may have a key for each side', async () => {
    const network = new MemoryNetwork();
    const [a, b] = [KeyPair.generate(), KeyPair.generate()];
    const wire = 'rust-1.5';
    const server = await LegacyConnection.bind(ANY_PORT, {
      wire,
      network,
      identity: a,
      peerKey: b.publicKey,
    });
    const client = await LegacyConnection.bind(ANY_PORT, {
      wire,
      network,
      identity: b,
      peerKey: a.publicKey,
    });
    const accepting = server.acceptHandshake();
    await client.connect(`127.0.0.1:${server.localAddress().port}`);
    await accepting;
    await client.send('hello');
    expect(await readTexts(server, 1)).toEqual(['hello']);
    await Promise.all([client.close(), server.close()]);
  });

  it('tells what happens', async () => {
    const network = new MemoryNetwork();
    const [ours, client] = [await bind(network), await crate(network)];
    const events = eventTypes(ours);
    const accepting = ours.acceptHandshake();
    await client.connect(ours.localAddress());
    await accepting;
    await client.rotateKeys();
    client.ping();
    client.send('x'.repeat(3_000));
    await readTexts(ours, 1);
    await ours.close();
    expect(await events).toEqual([
      'Connected',
      'KeyRotated',
      'PingReceived',
      'PacketReceived',
      'Disconnected',
    ]);
    const metrics = ours.metrics();
    expect([metrics.packetsReceived, metrics.bytesReceived]).toEqual([5, 3_000]);
    expect([metrics.fragmentsReassembled, metrics.keyRotations]).toEqual([1, 1]);
  });

  it('ends after the silence that was set, and not because this side sends (G46)', async () => {
    const { ours } = await withClient(new MemoryNetwork());
    expect(ours.getTimeout()).toBe(60);
    ours.setTimeout(0.02);
    const sending = (async () => {
      for (;;) await ours.send('into the void');
    })();
    await expect(ours.recv()).rejects.toMatchObject({ code: 'Timeout' });
    await expect(sending).rejects.toMatchObject({ code: 'ConnectionClosed' });
    expect(() => ours.setTimeout(-1)).toThrow(expect.objectContaining({ code: 'InvalidConfig' }));
  });

  it('has a key for whoever signs, and an address for both ends', async () => {
    const { ours, crate: client } = await withClient();
    expect(ours.getPublicKey()).toEqual(KeyPair.fromSeed(SEED).publicKey);
    expect(ours.remoteAddress()).toEqual(client.remote);
    const before = ours.lastActivity().getTime();
    await ours.send('x');
    expect(ours.lastActivity().getTime()).toBeGreaterThanOrEqual(before);
  });

  it('refuses what is too long', async () => {
    const { ours } = await withServer(new MemoryNetwork(), { maxMessageBytes: 10 });
    await expect(ours.send(new Uint8Array(11))).rejects.toMatchObject({ code: 'MessageTooBig' });
    await ours.send(new Uint8Array(10));
    expect((await readTexts(ours, 1))[0]?.length).toBe(11);
  });
});

describe('close', () => {
  it('ends loops and waits, without a word to the peer (G48)', async () => {
    const { ours, crate: server } = await withServer();
    await ours.send('last');
    const texts: string[] = [];
    for await (const packet of ours) {
      texts.push(packet.text());
      await ours.close();
    }
    expect(texts).toEqual(['last!']);
    expect(server.arrived.length).toBe(2);
    await expect(ours.recv()).rejects.toMatchObject({ code: 'ConnectionClosed' });
  });

  it('fails what is under way, and everything after it', async () => {
    const { ours } = await withClient();
    const waiting = [ours.recv(), ours.ping(), ours.rotateKeys()];
    const outcomes = Promise.allSettled(waiting);
    await ours.close();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ reason: { code: 'ConnectionClosed' } });
    }
    for (const call of [() => ours.send('x'), () => ours.ping(), () => ours.connect('a:1')]) {
      await expect(call()).rejects.toMatchObject({ code: 'ConnectionClosed' });
    }
    await ours.close();
  });

  it('before any session leaves nothing behind', async () => {
    const network = new MemoryNetwork();
    const ours = await bind(network);
    await expect(ours.send('x')).rejects.toMatchObject({ code: 'NoPeerAddress' });
    await expect(ours.recv()).rejects.toMatchObject({ code: 'NoSharedSecret' });
    expect(ours.isClosed()).toBe(false);
    const accepting = ours.acceptHandshake();
    await Promise.all([
      expect(accepting).rejects.toMatchObject({ code: 'ConnectionClosed' }),
      ours.close(),
    ]);
  });
});
