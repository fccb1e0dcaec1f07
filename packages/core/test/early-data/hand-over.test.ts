import { describe, expect, it } from 'vitest';
import type { Connection } from '../../src/connection/connection.js';
import type { EarlyToSend } from '../../src/endpoint/early-flight.js';
import {
  type EarlyMessage,
  openEarlyFlight,
  type Ticket,
  ticketSecret,
} from '../../src/handshake/early-data.js';
import { openEnvelope } from '../../src/handshake/envelope.js';
import { resolveConfig } from '../../src/resolve-config.js';
import {
  CLIENT_ADDRESS,
  type Datagram,
  deliver,
  Host,
  SERVER_ADDRESS,
} from '../endpoint/support.js';
import { OPEN, provider, STRANGER } from '../handshake/support.js';

const config = resolveConfig({ delivery: 'authenticated' });
const crypto = provider(99);
const COPIER = { address: '203.0.113.66', port: 9 };
const HOURS = 3_600_000;

const message = (text: string): EarlyMessage => ({
  kind: 0,
  payload: new TextEncoder().encode(text),
});
const textOf = ({ payload }: { readonly payload: Uint8Array }): string =>
  new TextDecoder().decode(payload);

function hosts(): readonly [Host, Host] {
  return [new Host(false, { config }), new Host(true, { config, earlyData: true })];
}

/** Lets an attempt that was begun come up. */
function finish(client: Host, server: Host, now: number): { c: Connection; s: Connection } {
  deliver(client, server, now);
  client.endpoint.acceptServer(client.last('serverKey').attempt, now);
  deliver(client, server, now);
  const s = server.endpoint.acceptClient(server.last('clientKey').attempt, now)!;
  deliver(client, server, now);
  return { c: client.last('connected').connection, s };
}

function connect(client: Host, server: Host, now: number, early?: EarlyToSend) {
  client.endpoint.connect(SERVER_ADDRESS, early === undefined ? {} : { early }, now);
  return finish(client, server, now);
}

/** A ticket of a first session. */
function ticketOf(client: Host, server: Host): Ticket {
  const { c } = connect(client, server, 0);
  for (let event = c.pollEvent(); event !== undefined; event = c.pollEvent()) {
    if (event.type === 'ticket') return event.ticket;
  }
  throw new Error('there is no ticket');
}

function received(connection: Connection, now: number): string[] {
  const texts: string[] = [];
  for (let one = connection.pollMessage(now); one; one = connection.pollMessage(now)) {
    texts.push(textOf(one));
  }
  return texts;
}

const handedOver = ({ events }: Host): string[] =>
  events.flatMap((event) => (event.type === 'earlyData' ? event.data.messages.map(textOf) : []));

/** What the server answers is left to whoever wants it. */
function take(
  server: Host,
  wire: readonly Datagram[],
  now: number,
  from = COPIER,
): readonly Datagram[] {
  for (const { bytes } of wire) server.take(bytes.slice(), now, from);
  return server.sent(now);
}

/** The flight goes to the server, its answer to the client. */
function exchange(client: Host, server: Host, wire: readonly Datagram[], now: number): void {
  for (const { bytes } of take(server, wire, now, CLIENT_ADDRESS)) {
    client.take(bytes, now, SERVER_ADDRESS);
  }
}

describe('early data', () => {
  it('is handed over before the finish, and not again in the session', () => {
    const [client, server] = hosts();
    const ticket = ticketOf(client, server);
    const clients = server.events.filter(({ type }) => type === 'clientKey').length;
    const early = { ticket, messages: [message('one'), message('two')] };
    client.endpoint.connect(SERVER_ADDRESS, { early }, 5);
    take(server, client.sent(5), 5, CLIENT_ADDRESS);
    expect(handedOver(server)).toEqual(['one', 'two']);
    expect(server.events.filter(({ type }) => type === 'clientKey')).toHaveLength(clients);
  });

  it('stands in the chain of the session as its first messages', () => {
    const [client, server] = hosts();
    const ticket = ticketOf(client, server);
    const { c, s } = connect(client, server, 5, { ticket, messages: [message('one')] });
    // Whatever has the highest priority does not take the number of what went early.
    c.send(new TextEncoder().encode('two'), { priority: 1e9 }, 6);
    deliver(client, server, 6);
    expect(handedOver(server)).toEqual(['one']);
    expect(received(s, 7)).toEqual(['two']);
    expect(c.sentThrough).toEqual([2, 0]);
    deliver(client, server, 1_500);
    expect(s.verifiedThrough).toEqual([2, 0]);
  });

  it('comes once in the session when its flight was lost', () => {
    const [client, server] = hosts();
    const ticket = ticketOf(client, server);
    client.endpoint.connect(SERVER_ADDRESS, { early: { ticket, messages: [message('one')] } }, 5);
    const isEarly = ({ bytes }: Datagram): boolean =>
      openEnvelope(crypto, OPEN, bytes.slice())?.kind === 5;
    const hellos = client.sent(5).filter((one) => !isEarly(one));
    for (const { bytes } of hellos) server.take(bytes, 5, CLIENT_ADDRESS);
    expect(received(finish(client, server, 5).s, 6)).toEqual(['one']);
    expect(handedOver(server)).toEqual([]);
  });

  it('comes in the session when the server was restarted', () => {
    const [client, server] = hosts();
    const ticket = ticketOf(client, server);
    const restarted = new Host(true, { config, earlyData: true });
    const { s } = connect(client, restarted, 5, { ticket, messages: [message('one')] });
    expect([handedOver(restarted), received(s, 6)]).toEqual([[], ['one']]);
  });

  it.each([
    ['while the session comes up', 5],
    ['after it', 10_000],
    ['hours later', 20 * HOURS],
  ])('is not handed over again when the flight is repeated %s', (_, later) => {
    const [client, server] = hosts();
    const ticket = ticketOf(client, server);
    const early = { ticket, messages: [message('pay')] };
    client.endpoint.connect(SERVER_ADDRESS, { early }, 5);
    const wire = client.sent(5).map((one) => ({ ...one, bytes: one.bytes.slice() }));
    exchange(client, server, wire, 5);
    if (later === 5) take(server, wire, later);
    const { s } = finish(client, server, 6);
    expect(received(s, 7)).toEqual([]);
    take(server, wire, later);
    expect(handedOver(server)).toEqual(['pay']);
  });

  it('is handed over once when a copy of the flight is ahead of it', () => {
    const [client, server] = hosts();
    const ticket = ticketOf(client, server);
    const early = { ticket, messages: [message('pay')] };
    client.endpoint.connect(SERVER_ADDRESS, { early }, 5);
    const wire = client.sent(5).map((one) => ({ ...one, bytes: one.bytes.slice() }));
    take(server, wire, 5);
    exchange(client, server, wire, 5);
    const { s } = finish(client, server, 6);
    expect([handedOver(server), received(s, 7)]).toEqual([['pay'], []]);
  });

  it('comes in the session when it was refused', () => {
    const [client, server] = hosts();
    const ticket = ticketOf(client, server);
    client.endpoint.connect(SERVER_ADDRESS, { early: { ticket, messages: [message('order')] } }, 5);
    exchange(client, server, client.sent(5), 5);
    server.endpoint.tickets?.forget(server.last('earlyData').data.id);
    expect(received(finish(client, server, 6).s, 7)).toEqual(['order']);
  });

  it('that was held back comes too late when the client has connected anew', () => {
    const [client, server] = hosts();
    const ticket = ticketOf(client, server);
    const early = { ticket, messages: [message('pay')] };
    const lost = client.endpoint.connect(SERVER_ADDRESS, { early }, 5);
    const held = client.sent(5).map((one) => ({ ...one, bytes: one.bytes.slice() }));
    client.endpoint.abortConnect(lost);
    const { c, s } = connect(client, server, 6);
    c.send(new TextEncoder().encode('pay'), {}, 6);
    deliver(client, server, 6);
    take(server, held, 20 * HOURS);
    expect([handedOver(server), received(s, 7)]).toEqual([[], ['pay']]);
  });

  it('is read by nobody without the secret of the ticket, which no constant gives', () => {
    const [client, server] = hosts();
    const ticket = ticketOf(client, server);
    const guess = ticketSecret(crypto, new Uint8Array(32), ticket.id);
    expect(ticket.secret).not.toEqual(guess);
    client.endpoint.connect(
      SERVER_ADDRESS,
      { early: { ticket, messages: [message('secret')] } },
      5,
    );
    const opened = client.sent(5).map(({ bytes }) => openEnvelope(crypto, OPEN, bytes.slice())!);
    const hello = opened.find(({ kind }) => kind === 1)!;
    const piece = opened.find(({ kind }) => kind === 5)!;
    const hash = crypto.sha256(hello.flight);
    expect(openEarlyFlight(crypto, guess, hash, piece.flight)).toBeUndefined();
    expect(openEarlyFlight(crypto, ticket.secret, hash, piece.flight)?.map(textOf)).toEqual([
      'secret',
    ]);
  });

  it('with the ticket of another client is no way in, and tells nothing of what was sent', () => {
    const [client, server] = hosts();
    const ticket = ticketOf(client, server);
    client.endpoint.connect(
      SERVER_ADDRESS,
      { early: { ticket, messages: [message('PIN 4711')] } },
      5,
    );
    take(server, client.sent(5), 5, CLIENT_ADDRESS);
    const other = new Host(false, { config, identity: STRANGER, crypto: provider(7) });
    const stolen = { ...ticket, secret: new Uint8Array(32).fill(9) };
    const { s } = connect(other, server, 6, { ticket: stolen, messages: [message('PIN 4711')] });
    expect([received(s, 7), s.isEnded]).toEqual([['PIN 4711'], false]);
  });

  it('with every bit changed once is handed over never, and does no harm', () => {
    const [client, server] = hosts();
    const ticket = ticketOf(client, server);
    client.endpoint.connect(SERVER_ADDRESS, { early: { ticket, messages: [message('pay')] } }, 5);
    const [hello, piece] = client.sent(5);
    server.take(hello!.bytes.slice(), 5, CLIENT_ADDRESS);
    for (let bit = 0; bit < piece!.bytes.length * 8; bit++) {
      const bytes = piece!.bytes.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      server.take(bytes, 5, CLIENT_ADDRESS);
    }
    server.sent(5);
    expect(handedOver(server)).toEqual([]);
    take(server, [piece!], 5, CLIENT_ADDRESS);
    expect(handedOver(server)).toEqual(['pay']);
  });

  it('takes several envelopes when it is long, in order or not at all', () => {
    const [client, server] = hosts();
    const ticket = ticketOf(client, server);
    const long = { kind: 3, payload: new Uint8Array(8_192).fill(0x61) };
    client.endpoint.connect(SERVER_ADDRESS, { early: { ticket, messages: [long] } }, 5);
    const wire = client.sent(5);
    expect(wire.length).toBeGreaterThan(18);
    const [second, third] = [wire[2]!, wire[3]!];
    wire.splice(2, 2, third, second);
    exchange(client, server, wire, 5);
    expect(handedOver(server)).toEqual([]);
    expect(received(finish(client, server, 6).s, 7)[0]).toHaveLength(8_192);
  });

  it('that is too much is refused before anything is begun', () => {
    const [client, server] = hosts();
    const ticket = ticketOf(client, server);
    const before = client.endpoint.cids.size;
    const messages = [{ kind: 0, payload: new Uint8Array(8_193) }];
    const attempt = () =>
      client.endpoint.connect(SERVER_ADDRESS, { early: { ticket, messages } }, 5);
    expect(attempt).toThrow('8192 bytes');
    expect(client.endpoint.cids.size).toBe(before);
  });

  it('is not for a side that waits for signatures', () => {
    const signed = resolveConfig({ delivery: 'signed' });
    expect(() => new Host(true, { config: signed, earlyData: true })).toThrow('authenticated');
  });
});
