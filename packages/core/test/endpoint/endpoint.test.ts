import { describe, expect, it } from 'vitest';
import type { Connection } from '../../src/connection/connection.js';
import { STRANGER } from '../handshake/support.js';
import {
  admit,
  CLIENT_ADDRESS,
  deliver,
  finishOf,
  greeting,
  Host,
  SERVER_ADDRESS,
} from './support.js';

/** A session that is up on both sides. */
function connected() {
  const { client, server, hello, attempt } = greeting();
  server.take(hello, 0, CLIENT_ADDRESS);
  server.take(finishOf(client, server.sent(0)), 0, CLIENT_ADDRESS);
  const serverSide = admit(server)!;
  deliver(client, server, 0);
  return { client, server, attempt, clientSide: client.last('connected').connection, serverSide };
}

/** Lets both endpoints live on without anything to say to each other until `until`. */
function pass(hosts: readonly Host[], from: number, until: number): void {
  for (let now = from; now <= until; ) {
    for (const host of hosts) {
      if (host.endpoint.pollTimeout() <= now) host.endpoint.handleTimeout(now);
    }
    deliver(hosts[0]!, hosts[1]!, now);
    const next = Math.min(...hosts.map((host) => host.endpoint.pollTimeout()));
    expect(next).toBeGreaterThan(now);
    now = next;
  }
}

describe('an endpoint', () => {
  it('routes records to their session and counts what belongs to nobody', () => {
    const { client, server, serverSide } = connected();
    for (const length of [0, 1, 28, 29, 300, 520, 1_200]) {
      server.take(new Uint8Array(length).fill(7), 1, CLIENT_ADDRESS);
    }
    expect(server.endpoint.drops.get('unknown')).toBe(7);
    client.last('connected').connection.send(Uint8Array.of(1), { reliability: 'reliable' }, 2);
    deliver(client, server, 2);
    expect(serverSide.pollMessage(3)?.payload).toEqual(Uint8Array.of(1));
  });

  it('forgets a session that has ended, with all its ids', () => {
    const { client, server, clientSide, serverSide } = connected();
    clientSide.close({}, 10);
    pass([client, server], 10, 60_000);
    expect([clientSide.isClosed, serverSide.isClosed]).toEqual([true, true]);
    for (const { endpoint } of [client, server]) {
      expect([endpoint.connectionCount, endpoint.cids.size]).toEqual([0, 0]);
      expect(endpoint.pollTimeout()).toBe(Number.POSITIVE_INFINITY);
    }
  });

  it('names each session that moved, once until it moves again', () => {
    const { client, server, serverSide } = connected();
    const ready = (): Connection[] => {
      const all: Connection[] = [];
      for (let one = server.endpoint.pollReady(); one; one = server.endpoint.pollReady())
        all.push(one);
      return all;
    };
    expect(ready()).toEqual([serverSide]);
    expect(ready()).toEqual([]);
    client.last('connected').connection.ping(5);
    client.last('connected').connection.ping(5);
    deliver(client, server, 5);
    expect(ready()).toEqual([serverSide]);
  });

  it('tells a refused server that nobody comes, and gives the ids back', () => {
    const { client, server, hello, attempt } = greeting();
    server.take(hello, 0, CLIENT_ADDRESS);
    for (const { bytes } of server.sent(0)) client.take(bytes, 0, SERVER_ADDRESS);
    client.sent(0);
    client.endpoint.refuseServer(attempt, 'an unknown key');
    client.sent(0);
    expect(client.last('connectFailed').error).toMatchObject({ code: 'AuthRefused' });
    expect(client.endpoint.cids.size).toBe(0);
    expect(client.endpoint.pollTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  it('gives an attempt up that nobody answers, after ten seconds', () => {
    const { client } = greeting();
    for (
      let now = client.endpoint.pollTimeout();
      now < 20_000;
      now = client.endpoint.pollTimeout()
    ) {
      client.endpoint.handleTimeout(now);
      client.sent(now);
    }
    expect(client.last('connectFailed').error).toMatchObject({ code: 'Timeout' });
    expect(client.endpoint.cids.size).toBe(0);
  });

  it('closes a session whose attempt is given up behind the finish', () => {
    const { client, server, hello, attempt } = greeting();
    server.take(hello, 0, CLIENT_ADDRESS);
    server.take(finishOf(client, server.sent(0)), 0, CLIENT_ADDRESS);
    const serverSide = admit(server)!;
    client.endpoint.abortConnect(attempt);
    deliver(client, server, 1);
    expect(serverSide.isEnded).toBe(true);
    pass([client, server], 1, 60_000);
    expect([client.endpoint.cids.size, server.endpoint.cids.size]).toEqual([0, 0]);
  });

  it('finds only the server it has pinned', () => {
    const client = new Host(false);
    const server = new Host(true);
    client.endpoint.connect(SERVER_ADDRESS, { serverKey: STRANGER.publicKey }, 0);
    deliver(client, server, 0);
    expect(server.endpoint.drops.get('unknown')).toBeGreaterThan(0);
    expect(server.endpoint.halfOpenCount).toBe(0);
  });
});

describe('records that come before their session', () => {
  it('wait, ten of them, for the decision about the client', () => {
    const { client, server, hello } = greeting();
    server.take(hello, 0, CLIENT_ADDRESS);
    const answer = server.sent(0);
    const finish = finishOf(client, answer);
    const [record] = closeOf(client);
    server.take(finish, 0, CLIENT_ADDRESS);
    for (let i = 0; i < 12; i++) server.take(record!, 0, CLIENT_ADDRESS);
    expect(server.endpoint.drops.get('early-record')).toBe(2);
    const session = admit(server)!;
    expect(session.isEnded).toBe(true);
    expect(session.drops.get('closed') + session.drops.get('replay')).toBe(9);
  });

  it('wait, two of them, for the proof of its key', () => {
    const { client, server, hello } = greeting();
    server.take(hello, 0, CLIENT_ADDRESS);
    const finish = finishOf(client, server.sent(0));
    const [record] = closeOf(client);
    for (let i = 0; i < 12; i++) server.take(record!, 0, CLIENT_ADDRESS);
    expect(server.endpoint.drops.get('early-record')).toBe(10);
    server.take(finish, 0, CLIENT_ADDRESS);
    expect(admit(server)!.isEnded).toBe(true);
  });

  it('are dropped when they are longer than any record may be', () => {
    const { client, server, hello } = greeting();
    server.take(hello, 0, CLIENT_ADDRESS);
    finishOf(client, server.sent(0));
    const [record] = closeOf(client);
    const long = new Uint8Array(1_501);
    long.set(record!);
    server.take(long, 0, CLIENT_ADDRESS);
    expect(server.endpoint.drops.get('early-record')).toBe(1);
  });
});

/** A record of a client that has sent its finish: it gives up and says so. */
function closeOf(client: Host): Uint8Array[] {
  client.endpoint.abortConnect(client.last('serverKey').attempt);
  return client.sent(0).map(({ bytes }) => bytes);
}
