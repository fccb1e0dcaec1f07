import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { KeyPair, VCLConnection } from 'vcl-protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { TunnelMessage } from '../src/core/wire/tunnel-message.js';
import { invitationId } from '../src/index.js';
import { sessionConfig } from '../src/link/session-config.js';
import { TunnelSession } from '../src/link/tunnel-session.js';
import {
  addressOf,
  connectedClient,
  peer,
  type ServerSide,
  startClient,
  startServer,
  taken,
  udp4,
  until,
} from './vpn-support.js';

const payload = new TextEncoder().encode('hello');

/** A client that says what it likes. */
async function rawClient({ server, address }: ServerSide, identity: KeyPair) {
  const connection = await VCLConnection.bind('127.0.0.1:0', {
    identity,
    config: sessionConfig(1_420),
  });
  onTestFinished(() => connection.abort());
  await connection.connect(address, { server: server.address.publicKey });
  const said: TunnelMessage[] = [];
  const session = new TunnelSession(connection, {
    onMessage: (message) => said.push(message),
    onEnded: () => {},
  });
  const configure = (name: string) =>
    session.say({
      type: 'configure',
      version: 1,
      mtu: 1_420,
      name,
      addresses: [],
      invitation: undefined,
    });
  return { connection, session, said, configure };
}

/** Passes datagrams on between one client and the server, until it is muted. */
class Relay {
  isMuted = false;
  readonly address: string;

  static async to(port: number): Promise<Relay> {
    const [front, back] = [createSocket('udp4'), createSocket('udp4')];
    onTestFinished(() => {
      front.close();
      back.close();
    });
    front.bind(0, '127.0.0.1');
    back.bind(0, '127.0.0.1');
    await Promise.all([once(front, 'listening'), once(back, 'listening')]);
    return new Relay(front, back, port);
  }

  private constructor(front: Socket, back: Socket, port: number) {
    this.address = `127.0.0.1:${front.address().port}`;
    let client = 0;
    front.on('message', (datagram, from) => {
      client = from.port;
      if (!this.isMuted) back.send(datagram, port, '127.0.0.1');
    });
    back.on('message', (datagram) => {
      if (!this.isMuted) front.send(datagram, client, '127.0.0.1');
    });
  }
}

async function openInvitation({ store }: ServerSide): Promise<void> {
  const id = invitationId(new Uint8Array(randomBytes(32)));
  await store.putInvitation({ id, name: '', expiresAt: undefined, usesLeft: 1 });
}

describe('a key that is removed', () => {
  it('gets no place when its session had been waiting for that of another one', async () => {
    const side = await startServer();
    const identity = KeyPair.generate();
    await side.store.putPeer(peer(identity));
    const relay = await Relay.to(side.server.address.port);
    const first = await rawClient({ ...side, address: relay.address }, identity);
    first.configure('first');
    await until(() => first.said.length === 1);
    relay.isMuted = true;
    const second = await rawClient(side, identity);
    second.configure('second');
    // What was said before is there when this is answered.
    await second.connection.ping();
    await side.store.removePeer(peer(identity).publicKey);
    await until(() => second.session.isEnded);
    expect(second.said.at(-1)).toMatchObject({ type: 'refused' });
    expect(side.server.status().peers).toEqual([]);
  });
});

describe('a client', () => {
  it('has one place, however often it asks', async () => {
    const side = await startServer({ sessionsPerKey: 3 });
    const identity = KeyPair.generate();
    await side.store.putPeer(peer(identity));
    const client = await rawClient(side, identity);
    for (const name of ['a', 'b', 'c']) client.configure(name);
    await until(() => client.said.length > 0);
    await client.connection.ping();
    expect(client.said.map(({ type }) => type)).toEqual(['configured']);
    expect((await side.store.read()).leases).toHaveLength(1);
  });

  it('that is known finds room, however many strangers have come', async () => {
    const side = await startServer();
    await openInvitation(side);
    const strangers = Array.from({ length: 260 }, () => rawClient(side, KeyPair.generate()));
    const came = await Promise.allSettled(strangers);
    expect(came.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(200);
    const client = await connectedClient(side);
    expect(client.events.filter(({ type }) => type === 'attemptFailed')).toEqual([]);
  });

  it('sends nothing before it has its place', async () => {
    const side = await startServer();
    const identity = KeyPair.generate();
    const client = await startClient(side, { identity });
    const packets = Array.from({ length: 10 }, (_, i) => {
      return udp4('10.9.0.99', '10.9.0.1', new Uint8Array([i]));
    });
    client.tun.inject(...packets);
    await side.store.putPeer(peer(identity, { addresses: ['10.9.0.99'] }));
    await until(() => client.tunnel.state === 'connected');
    expect(await taken(side.tun, 10)).toHaveLength(10);
    expect(side.server.status().peers[0]!.drops.foreignSource).toBe(0);
  });

  it('takes packets of the networks that it reaches through the tunnel, and no others', async () => {
    const side = await startServer();
    const client = await connectedClient(side, { routes: ['10.9.0.0/24', '10.50.0.0/16'] });
    const to = addressOf(client);
    const sources = ['10.9.0.1', '192.168.1.1', '10.50.7.7', '8.8.8.8'];
    side.tun.inject(...sources.map((source) => udp4(source, to, payload)));
    const got = await taken(client.tun, 2);
    expect(got.map((packet) => packet.slice(12, 16).join('.'))).toEqual(['10.9.0.1', '10.50.7.7']);
    expect(client.tunnel.stats().droppedForeignSource).toBe(2);
  });
});

describe('addresses that a configuration names', () => {
  it('are the client’s when nobody has them', async () => {
    const side = await startServer();
    const first = await connectedClient(side, {}, {}, { localIp: '10.9.0.60/24' });
    expect(addressOf(first)).toBe('10.9.0.60');
    const second = await connectedClient(side, {}, {}, { localIp: '10.9.0.60' });
    expect(addressOf(second)).not.toBe('10.9.0.60');
  });

  it('are the server’s, or the client does not go on', async () => {
    const side = await startServer();
    await connectedClient(side, {}, {}, { remoteIp: 'fd09::1' });
    const identity = KeyPair.generate();
    await side.store.putPeer(peer(identity));
    const other = await startClient(side, { identity }, {}, { remoteIp: '10.9.0.2' });
    await until(() => other.tunnel.state === 'failed');
    expect(other.tunnel.lastError?.message).toMatch(/remoteIp is 10\.9\.0\.2.*10\.9\.0\.1/);
  });
});
