import { describe, expect, it } from 'vitest';
import { MAX_HALF_OPEN } from '../../src/endpoint/acceptor.js';
import { OuterKeys } from '../../src/handshake/outer-keys.js';
import { provider, SERVER } from '../handshake/support.js';
import {
  admit,
  CLIENT_ADDRESS,
  deliver,
  finishOf,
  greeting,
  Host,
  reseal,
  SERVER_ADDRESS,
} from './support.js';

/** Offsets in CH (SPEC 4.1): behind type, length, random, time and connection id. */
const VERSIONS_OFFSET = 3 + 32 + 8 + 8;
const TIME_OFFSET = 3 + 32;

/** The hello of a client of its own for each number. */
function strangersHello(seed: number): Uint8Array {
  return stranger(seed).sent(0)[0]!.bytes;
}

function stranger(seed: number): Host {
  const client = new Host(false, { crypto: provider(100 + seed) });
  client.endpoint.connect(SERVER_ADDRESS, {}, 0);
  return client;
}

/** Makes the server hold an attempt of a client from an address of its own, by a cookie when it wants one. */
function halfOpen(server: Host, seed: number, now: number): void {
  const client = stranger(seed);
  const from = { address: `10.1.${seed >> 8}.${seed & 255}`, port: 1 };
  for (let round = 0; round < 2; round++) {
    for (const { bytes } of client.sent(now)) server.take(bytes, now, from);
    for (const { bytes } of server.sent(now)) client.take(bytes, now, SERVER_ADDRESS);
  }
}

/** A client that would finish its handshake now. */
function arriving(server: Host, seed: number) {
  const client = stranger(seed);
  const from = { address: `10.2.0.${seed}`, port: 1 };
  server.take(client.sent(0)[0]!.bytes, 0, from);
  return { from, finish: finishOf(client, server.sent(0)) };
}

/** The hello of somebody who read the client's and changed a byte of it. */
function altered(hello: Uint8Array, byte: number): Uint8Array {
  return reseal(hello, ({ flight }) => {
    flight[TIME_OFFSET + 7]! ^= byte;
  });
}

describe('somebody on the path who sends an altered hello ahead of the real one', () => {
  it('does not keep the client from its session', () => {
    const { client, server, hello } = greeting();
    server.take(altered(hello, 1), 0, CLIENT_ADDRESS);
    server.take(altered(hello, 2), 0, CLIENT_ADDRESS);
    const forMallory = server.sent(0);
    expect(forMallory).toHaveLength(2);
    server.take(hello, 0, CLIENT_ADDRESS);
    expect(server.endpoint.halfOpenCount).toBe(3);
    for (const { bytes } of forMallory) client.take(bytes, 0, SERVER_ADDRESS);
    const finish = finishOf(client, server.sent(0));
    server.take(finish, 0, CLIENT_ADDRESS);
    expect(server.endpoint.halfOpenCount).toBe(1);
    expect(admit(server)).toBeDefined();
    deliver(client, server, 0);
    expect(client.last('connected').connection.isEstablished).toBe(true);
  });

  it('does not with the same hello under another outer secret either', () => {
    const { client, server, hello } = greeting();
    const forKey = OuterKeys.forServerKey(provider(1), SERVER.publicKey);
    server.take(
      reseal(hello, () => {}, forKey),
      0,
      CLIENT_ADDRESS,
    );
    expect(server.sent(0)).toHaveLength(1);
    server.take(hello, 0, CLIENT_ADDRESS);
    server.take(finishOf(client, server.sent(0)), 0, CLIENT_ADDRESS);
    expect(admit(server)).toBeDefined();
  });

  it('gets four answers for an attempt and no more', () => {
    const { server, hello } = greeting();
    for (let byte = 1; byte <= 6; byte++) server.take(altered(hello, byte), 0, CLIENT_ADDRESS);
    expect(server.sent(0)).toHaveLength(4);
    expect(server.endpoint.halfOpenCount).toBe(4);
    expect(server.endpoint.drops.get('hello-limit')).toBe(2);
  });

  it('opens nothing more once the client has proved itself', () => {
    const { client, server, hello } = greeting();
    server.take(hello, 0, CLIENT_ADDRESS);
    server.take(finishOf(client, server.sent(0)), 0, CLIENT_ADDRESS);
    server.take(altered(hello, 1), 0, CLIENT_ADDRESS);
    expect(server.sent(0)).toEqual([]);
  });
});

describe('half-open attempts', () => {
  it('do not count any more once they have a session', () => {
    const { client, server, hello } = greeting();
    server.take(hello, 0, CLIENT_ADDRESS);
    expect(server.endpoint.halfOpenCount).toBe(1);
    server.take(finishOf(client, server.sent(0)), 0, CLIENT_ADDRESS);
    admit(server);
    expect([server.endpoint.halfOpenCount, server.endpoint.connectionCount]).toEqual([0, 1]);
    server.endpoint.handleTimeout(10_000);
    expect([server.endpoint.halfOpenCount, server.endpoint.connectionCount]).toEqual([0, 1]);
  });

  it('are not kept for a hello that is refused', () => {
    const { client, server, hello } = greeting();
    const strange = reseal(hello, ({ flight }) => {
      const count = flight[VERSIONS_OFFSET]!;
      for (let i = 0; i < count; i++) flight[VERSIONS_OFFSET + 1 + 4 * i] = 0x77;
    });
    server.take(strange, 0, CLIENT_ADDRESS);
    const answer = server.sent(0);
    expect(answer).toHaveLength(1);
    expect([server.endpoint.halfOpenCount, server.endpoint.cids.size]).toEqual([0, 0]);
    server.take(strange, 0, CLIENT_ADDRESS);
    expect(server.sent(0)).toHaveLength(1);
    expect(client.events).toEqual([]);
  });

  it('end after ten seconds and let their ids go', () => {
    const { server, hello } = greeting();
    server.take(hello, 0, CLIENT_ADDRESS);
    expect([server.endpoint.pollTimeout(), server.endpoint.cids.size]).toEqual([10_000, 1]);
    server.endpoint.handleTimeout(9_999);
    expect(server.endpoint.halfOpenCount).toBe(1);
    server.endpoint.handleTimeout(10_000);
    expect([server.endpoint.halfOpenCount, server.endpoint.cids.size]).toEqual([0, 0]);
    expect(server.endpoint.pollTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  it('cannot be decided about once they have ended', () => {
    const { client, server, hello } = greeting();
    server.take(hello, 0, CLIENT_ADDRESS);
    server.take(finishOf(client, server.sent(0)), 0, CLIENT_ADDRESS);
    server.sent(0);
    server.endpoint.handleTimeout(10_000);
    expect(admit(server, 10_001)).toBeUndefined();
    expect(server.endpoint.connectionCount).toBe(0);
  });

  it('take no room from sessions, as whoever forges addresses can make them', () => {
    const { client, server, hello } = greeting({ maxConnections: 1 });
    for (let i = 0; i < 20; i++) {
      server.take(strangersHello(i), 0, { address: `203.0.113.${i}`, port: 1 });
    }
    expect(server.endpoint.halfOpenCount).toBe(20);
    server.take(hello, 0, CLIENT_ADDRESS);
    const answer = server.sent(0).filter(({ to }) => to.address === CLIENT_ADDRESS.address);
    server.take(finishOf(client, answer), 0, CLIENT_ADDRESS);
    expect(admit(server)).toBeDefined();
  });

  it('give way, the oldest first, to a client that shows a cookie', () => {
    const { server } = greeting();
    for (let i = 0; i < MAX_HALF_OPEN; i++) halfOpen(server, i, i * 5);
    expect(server.endpoint.halfOpenCount).toBe(MAX_HALF_OPEN);
    expect(server.endpoint.drops.get('half-open-evicted')).toBe(0);
    halfOpen(server, MAX_HALF_OPEN, 6_000);
    expect(server.endpoint.halfOpenCount).toBe(MAX_HALF_OPEN);
    expect(server.endpoint.drops.get('half-open-evicted')).toBe(1);
    expect(server.endpoint.pollTimeout()).toBe(10_005);
  });
});

describe('a server with as many sessions as may be', () => {
  it('leaves hellos without an answer and counts them', () => {
    const { client, server, hello } = greeting({ maxConnections: 1 });
    server.take(hello, 0, CLIENT_ADDRESS);
    server.take(finishOf(client, server.sent(0)), 0, CLIENT_ADDRESS);
    admit(server);
    server.sent(0);
    server.take(strangersHello(1), 0, { address: '203.0.113.1', port: 1 });
    expect(server.sent(0)).toEqual([]);
    expect(server.endpoint.drops.get('server-full')).toBe(1);
  });

  it('takes a finish that waited until there was room', () => {
    const server = new Host(true, { maxConnections: 1 });
    const [first, second] = [arriving(server, 31), arriving(server, 32)];
    server.take(first.finish, 0, first.from);
    server.take(second.finish, 0, second.from);
    server.sent(0);
    expect(server.events.filter(({ type }) => type === 'clientKey')).toHaveLength(1);
    expect(server.endpoint.drops.get('server-full')).toBe(1);
    admit(server)?.abandon();
    server.sent(0);
    server.endpoint.handleTimeout(5_000);
    server.sent(5_000);
    expect(server.endpoint.connectionCount).toBe(0);
    server.take(second.finish, 5_000, second.from);
    expect(admit(server, 5_000)).toBeDefined();
  });
});

describe('answers to hellos', () => {
  it('do not pile up while nothing can be sent', () => {
    const { server } = greeting();
    for (let i = 0; i < 1_000; i++) {
      server.take(strangersHello(i), 0, { address: `10.0.${i >> 8}.${i & 255}`, port: 1 });
    }
    expect(server.sent(0)).toHaveLength(256);
    expect(server.endpoint.drops.get('hello-limit')).toBeGreaterThan(0);
    expect(server.endpoint.drops.get('cookie-demanded')).toBe(128);
  });
});

describe('a hello that comes again', () => {
  it('is answered with the same flight in another envelope, to its own address only', () => {
    const { client, server, hello } = greeting();
    server.take(hello, 0, CLIENT_ADDRESS);
    const [first] = server.sent(0);
    server.take(
      reseal(hello, () => {}),
      100,
      CLIENT_ADDRESS,
    );
    const [again] = server.sent(100);
    expect(again?.to).toEqual(CLIENT_ADDRESS);
    expect(again?.bytes).not.toEqual(first?.bytes);
    expect(server.endpoint.halfOpenCount).toBe(1);
    server.take(finishOf(client, [again!], 120), 150, CLIENT_ADDRESS);
    expect(admit(server, 150)).toBeDefined();
  });

  it('never makes the server send more than three times what it got', () => {
    const { server, hello } = greeting();
    let received = 0;
    let sent = 0;
    for (let i = 0; i < 20; i++) {
      server.take(hello, i, CLIENT_ADDRESS);
      received += hello.length;
      for (const { bytes } of server.sent(i)) sent += bytes.length;
    }
    expect(sent).toBeLessThanOrEqual(3 * received);
  });
});

describe('a finish that comes again', () => {
  it('makes the server say HANDSHAKE_DONE again', () => {
    const { client, server, hello } = greeting();
    server.take(hello, 0, CLIENT_ADDRESS);
    const finish = finishOf(client, server.sent(0));
    server.take(finish, 0, CLIENT_ADDRESS);
    admit(server);
    expect(server.sent(0).length).toBeGreaterThan(0);
    server.take(finish, 50, CLIENT_ADDRESS);
    const [done] = server.sent(50);
    client.take(done!.bytes, 60, SERVER_ADDRESS);
    client.sent(60);
    expect(client.last('connected').connection.isEstablished).toBe(true);
  });

  it('asks nobody twice about the client', () => {
    const { client, server, hello } = greeting();
    server.take(hello, 0, CLIENT_ADDRESS);
    const finish = finishOf(client, server.sent(0));
    for (let i = 0; i < 3; i++) server.take(finish, i, CLIENT_ADDRESS);
    server.sent(3);
    expect(server.events.filter(({ type }) => type === 'clientKey')).toHaveLength(1);
  });

  it('makes the server repeat a refusal that was lost', () => {
    const { client, server, hello } = greeting();
    server.take(hello, 0, CLIENT_ADDRESS);
    const finish = finishOf(client, server.sent(0));
    server.take(finish, 0, CLIENT_ADDRESS);
    server.sent(0);
    server.endpoint.refuseClient(server.last('clientKey').attempt, 'not you', 0);
    expect(server.sent(0)).toHaveLength(1);
    server.take(finish, 400, CLIENT_ADDRESS);
    const [close] = server.sent(400);
    client.take(close!.bytes, 410, SERVER_ADDRESS);
    client.sent(410);
    expect(client.last('connectFailed').error).toMatchObject({ code: 'AuthRefused' });
    expect(client.last('connectFailed').error.message).toContain('not you');
  });
});

describe('an endpoint that also connects', () => {
  it('answers no hello under the outer secret of the server it talks to', () => {
    const server = new Host(true);
    const other = new Uint8Array(32).fill(0x44);
    server.endpoint.connect(CLIENT_ADDRESS, { invitation: other }, 0);
    server.sent(0);
    const { hello } = greeting();
    const invited = OuterKeys.fromSecret(provider(1), other);
    server.take(
      reseal(hello, () => {}, invited),
      0,
      CLIENT_ADDRESS,
    );
    expect(server.sent(0)).toEqual([]);
    expect(server.endpoint.drops.get('handshake')).toBe(1);
  });
});
