import type { Connection } from '../../src/connection/connection.js';
import type { EarlyToSend } from '../../src/endpoint/early-flight.js';
import type { EndpointOptions } from '../../src/endpoint/endpoint-options.js';
import type { EarlyMessage, Ticket } from '../../src/handshake/early-data.js';
import { EnvelopeKind, openEnvelope } from '../../src/handshake/envelope.js';
import type { RemoteAddress } from '../../src/path/remote-address.js';
import { resolveConfig } from '../../src/resolve-config.js';
import {
  CLIENT_ADDRESS,
  type Datagram,
  deliver,
  Host,
  SERVER_ADDRESS,
} from '../endpoint/support.js';
import { OPEN, provider } from '../handshake/support.js';

/** Whoever copies what others send. */
export const COPIER: RemoteAddress = { address: '203.0.113.66', port: 9 };
export const HOUR_MS = 3_600_000;

const config = resolveConfig({ delivery: 'authenticated' });
const crypto = provider(99);

export function message(text: string): EarlyMessage {
  return { kind: 0, payload: new TextEncoder().encode(text) };
}

export function textOf({ payload }: { readonly payload: Uint8Array }): string {
  return new TextDecoder().decode(payload);
}

/** A client, and a server that takes early data. */
export function hosts(options: Partial<EndpointOptions> = {}): readonly [Host, Host] {
  return [clientOf(options), new Host(true, { config, earlyData: true, ...options })];
}

/** One more client of such a server. */
export function clientOf(options: Partial<EndpointOptions> = {}): Host {
  return new Host(false, { config, ...options });
}

/** Lets an attempt that was begun come up. */
export function finish(
  client: Host,
  server: Host,
  now: number,
): { readonly c: Connection; readonly s: Connection } {
  deliver(client, server, now);
  client.endpoint.acceptServer(client.last('serverKey').attempt, now);
  deliver(client, server, now);
  const s = server.endpoint.acceptClient(server.last('clientKey').attempt, now)!;
  deliver(client, server, now);
  return { c: client.last('connected').connection, s };
}

/** A session, from its hello to HANDSHAKE_DONE. */
export function connect(
  client: Host,
  server: Host,
  now: number,
  early?: EarlyToSend,
): ReturnType<typeof finish> {
  client.endpoint.connect(SERVER_ADDRESS, early === undefined ? {} : { early }, now);
  return finish(client, server, now);
}

/** The ticket that a session was given. */
export function ticketIn(connection: Connection): Ticket {
  for (let event = connection.pollEvent(); event; event = connection.pollEvent()) {
    if (event.type === 'ticket') return event.ticket;
  }
  throw new Error('there is no ticket');
}

/** The ticket of a first session. */
export function ticketOf(client: Host, server: Host, now = 0): Ticket {
  return ticketIn(connect(client, server, now).c);
}

/** What a session hands over by now. */
export function received(connection: Connection, now: number): string[] {
  const texts: string[] = [];
  for (let one = connection.pollMessage(now); one; one = connection.pollMessage(now)) {
    texts.push(textOf(one));
  }
  return texts;
}

/** What was handed over before its handshake had ended. */
export function handedOver({ events }: Host): string[] {
  return events.flatMap((event) =>
    event.type === 'earlyData' ? event.data.messages.map(textOf) : [],
  );
}

/** Copies of what a client sends now. */
export function captured(client: Host, now: number): Datagram[] {
  return client.sent(now).map((one) => ({ ...one, bytes: one.bytes.slice() }));
}

/** Whether a datagram is a piece of an early flight. */
export function isPiece({ bytes }: Datagram): boolean {
  return openEnvelope(crypto, OPEN, bytes.slice())?.kind === EnvelopeKind.EarlyData;
}

/** Gives datagrams to a server; its answers go nowhere. */
export function replay(
  server: Host,
  wire: readonly Datagram[],
  now: number,
  from: RemoteAddress,
): void {
  for (const { bytes } of wire) server.take(bytes, now, from);
  server.sent(now);
}

/** A client's datagrams arrive, and the answers to them at the client. */
export function arrive(client: Host, server: Host, wire: readonly Datagram[], now: number): void {
  for (const { bytes } of wire) server.take(bytes, now, CLIENT_ADDRESS);
  for (const { bytes, to } of server.sent(now)) {
    if (to.address === CLIENT_ADDRESS.address) client.take(bytes, now, SERVER_ADDRESS);
  }
}
