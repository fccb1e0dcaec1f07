import { connect, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import { AsyncQueue } from '../../../src/async-queue.js';
import { type DialOptions, dialCarrier } from '../../../src/node/carriers/dial.js';
import type { CarrierDropReason } from '../../../src/node/carriers/pending-carriers.js';
import {
  SharedPort,
  type SharedPortOptions,
  type StreamScheme,
} from '../../../src/node/carriers/shared-port.js';
import type { ThrottledLink } from '../../../src/node/carriers/throttled-link.js';
import { type RecordedLink, recorded } from './recorded-link.js';

/** A port that is listening, with what it handed over and dropped. */
export interface TestPort {
  readonly port: SharedPort;
  readonly links: AsyncQueue<ThrottledLink>;
  readonly drops: AsyncQueue<CarrierDropReason>;
  dial(scheme: StreamScheme, options?: DialOptions): Promise<RecordedLink<ThrottledLink>>;
  /** Bytes as they are, from somebody who may be anybody. */
  connectRaw(): Socket;
}

/** To be called once in a file: ports and links that end with the test. */
export function useSharedPorts(): {
  listen(options?: Partial<SharedPortOptions>): Promise<TestPort>;
  keep<T extends { destroy(): void }>(one: T): T;
} {
  const ports: SharedPort[] = [];
  const kept: { destroy(): void }[] = [];
  afterEach(async () => {
    for (const one of kept.splice(0)) one.destroy();
    await Promise.all(ports.splice(0).map((port) => port.close()));
  });

  function keep<T extends { destroy(): void }>(one: T): T {
    kept.push(one);
    return one;
  }

  async function listen(options: Partial<SharedPortOptions> = {}): Promise<TestPort> {
    const links = new AsyncQueue<ThrottledLink>();
    const drops = new AsyncQueue<CarrierDropReason>();
    const port = await SharedPort.listen({
      address: '127.0.0.1',
      port: 0,
      accepts: ['tcp', 'ws'],
      onDrop: (reason) => drops.push(reason),
      ...options,
    });
    ports.push(port);
    port.start((link) => links.push(keep(link)));
    return {
      port,
      links,
      drops,
      dial: async (scheme, dialOptions) => {
        const target = { scheme, host: '127.0.0.1', port: port.local.port, path: '/vcl' };
        return recorded(keep(await dialCarrier(target, dialOptions)));
      },
      connectRaw: () => {
        const socket = keep(connect(port.local.port, '127.0.0.1'));
        socket.on('error', () => undefined);
        return socket;
      },
    };
  }

  return { listen, keep };
}

/** The two ends of a carrier, after the client's first record has made it one. */
export async function pairOver(
  port: TestPort,
  scheme: StreamScheme,
  options?: DialOptions,
): Promise<{ client: RecordedLink<ThrottledLink>; server: RecordedLink<ThrottledLink> }> {
  const client = await port.dial(scheme, options);
  client.link.send(Uint8Array.of(1));
  client.link.flush();
  const { value } = await port.links.next();
  if (value === undefined) throw new Error('no link');
  const server = recorded(value);
  await server.records.next();
  return { client, server };
}
