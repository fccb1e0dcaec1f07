import type { Connection } from '../../src/connection/connection.js';
import { Endpoint } from '../../src/endpoint/endpoint.js';
import type { EndpointEvent } from '../../src/endpoint/endpoint-event.js';
import type { EndpointOptions } from '../../src/endpoint/endpoint-options.js';
import { type OpenedEnvelope, openEnvelope, sealEnvelope } from '../../src/handshake/envelope.js';
import type { OuterKeys } from '../../src/handshake/outer-keys.js';
import type { RemoteAddress } from '../../src/path/remote-address.js';
import { resolveConfig } from '../../src/resolve-config.js';
import { CLIENT, OPEN, provider, SERVER } from '../handshake/support.js';

export const CLIENT_ADDRESS: RemoteAddress = { address: '192.0.2.1', port: 1_111 };
export const SERVER_ADDRESS: RemoteAddress = { address: '198.51.100.1', port: 4_433 };

/** A datagram on its way. */
export interface Datagram {
  readonly bytes: Uint8Array;
  readonly to: RemoteAddress;
}

/** An endpoint with everything that it said. */
export class Host {
  readonly endpoint: Endpoint;
  readonly address: RemoteAddress;
  readonly events: EndpointEvent[] = [];

  constructor(accepts: boolean, options: Partial<EndpointOptions> = {}) {
    this.address = accepts ? SERVER_ADDRESS : CLIENT_ADDRESS;
    this.endpoint = new Endpoint({
      crypto: provider(accepts ? 21 : 22),
      identity: accepts ? SERVER : CLIENT,
      config: resolveConfig({}),
      now: 0,
      unixOffsetMs: 1_767_225_600_000,
      accepts,
      ...options,
    });
  }

  /** Everything that wants to leave now. */
  sent(now: number): Datagram[] {
    const out = new Uint8Array(2_000);
    const datagrams: Datagram[] = [];
    for (;;) {
      const length = this.endpoint.pollTransmit(now, out);
      if (length === 0) break;
      datagrams.push({ bytes: out.slice(0, length), to: this.endpoint.transmitTo! });
    }
    for (let event = this.endpoint.pollEvent(); event; event = this.endpoint.pollEvent()) {
      this.events.push(event);
    }
    return datagrams;
  }

  /** Takes a datagram; what it says to it waits for {@link sent}. */
  take(bytes: Uint8Array, now: number, from: RemoteAddress): void {
    this.endpoint.handleDatagram(bytes.slice(), from, now);
  }

  /** The last event of a type. */
  last<T extends EndpointEvent['type']>(type: T): Extract<EndpointEvent, { type: T }> {
    const found = this.events.findLast((event) => event.type === type);
    if (found === undefined) throw new Error(`there was no event ${type}`);
    return found as Extract<EndpointEvent, { type: T }>;
  }
}

/** Delivers what both have until nothing is left. */
export function deliver(client: Host, server: Host, now: number): void {
  for (let moved = true; moved; ) {
    moved = false;
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      for (const { bytes } of from.sent(now)) {
        to.take(bytes, now, from.address);
        moved = true;
      }
    }
  }
}

/** A client that has sent its first hello, and the server it wants. */
export function greeting(options: Partial<EndpointOptions> = {}) {
  const client = new Host(false);
  const server = new Host(true, options);
  const attempt = client.endpoint.connect(SERVER_ADDRESS, {}, 0);
  const [hello] = client.sent(0) as [Datagram];
  return { client, server, attempt, hello: hello.bytes };
}

/** Brings the handshake from the server's flight to the client's finish. @returns the finish */
export function finishOf(client: Host, flights: readonly Datagram[], now = 0): Uint8Array {
  for (const { bytes } of flights) client.take(bytes, now, SERVER_ADDRESS);
  client.sent(now);
  client.endpoint.acceptServer(client.last('serverKey').attempt, now);
  return client.sent(now)[0]!.bytes;
}

/** Lets the server take its client. @returns the server's session */
export function admit(server: Host, now = 0): Connection | undefined {
  server.sent(now);
  return server.endpoint.acceptClient(server.last('clientKey').attempt, now);
}

/** An envelope with its contents changed, under the same or other outer keys. */
export function reseal(
  datagram: Uint8Array,
  change: (opened: OpenedEnvelope) => void,
  outer: OuterKeys = OPEN,
): Uint8Array {
  const opened = openEnvelope(provider(1), OPEN, datagram);
  if (opened === undefined) throw new Error('the envelope does not open');
  change(opened);
  return sealEnvelope(provider(datagram[0]!), outer, opened);
}
