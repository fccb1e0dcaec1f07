import { ReliabilityMode } from '@vcl-protocol/core';
import { expect, it } from 'vitest';
import type { DatagramLink, DatagramNetwork, LinkHandler } from '../../src/datagram-link.js';
import { MemoryNetwork } from '../../src/memory-link.js';
import { pattern, useConnections } from '../support/connections.js';

const { pair } = useConnections();

/** A network whose links take the bytes of a datagram back when the handler returns, as sockets do. */
class LendingNetwork implements DatagramNetwork {
  readonly #inner = new MemoryNetwork();
  readonly lookup = (host: string): Promise<readonly string[]> => this.#inner.lookup(host);

  async open(options: Parameters<DatagramNetwork['open']>[0]): Promise<DatagramLink> {
    const link = await this.#inner.open(options);
    const start = link.start.bind(link);
    link.start = (handler: LinkHandler) =>
      start({
        onDatagram(data, from) {
          handler.onDatagram(data, from);
          data.fill(0xee);
        },
        onDrain: () => handler.onDrain(),
        onTrouble: (error) => handler.onTrouble(error),
      });
    return link;
  }
}

it('a session keeps nothing of a datagram but copies', async () => {
  const network = new LendingNetwork();
  const { client, server } = await pair({ both: { network } });
  for (const length of [0, 1, 300, 1_201, 50_000]) {
    await client.send(pattern(length));
    await server.send(pattern(length), { reliability: ReliabilityMode.Unreliable });
    expect((await server.recv()).payload).toEqual(pattern(length));
    expect((await client.recv()).payload).toEqual(pattern(length));
  }
  await client.rotateKeys();
  await server.send('after new keys');
  expect((await client.recv()).text()).toBe('after new keys');
});
