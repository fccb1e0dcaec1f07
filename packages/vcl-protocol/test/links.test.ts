import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { AsyncQueue } from '../src/async-queue.js';
import type { DatagramLink, DatagramNetwork } from '../src/datagram-link.js';
import { MemoryNetwork } from '../src/memory-link.js';
import { dgramNetwork, fastUdpNetwork } from '../src/node/udp/networks.js';
import { pattern } from './support/connections.js';

const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);
const fast = fastUdpNetwork();
const udpNetworks = [
  ['node:dgram', dgramNetwork],
  ...(fast === undefined ? [] : [['fast UDP', fast] as const]),
] as const;
const MAX_DATAGRAM_BYTES = 2_000;

interface Arrived {
  readonly data: number[];
  readonly port: number;
  readonly address: string;
}

const open: DatagramLink[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((link) => link.close()));
});

async function bind(network: DatagramNetwork, address: string, port = 0) {
  const link = await network.open({ address, port, maxDatagramBytes: MAX_DATAGRAM_BYTES });
  open.push(link);
  const arrived = new AsyncQueue<Arrived>();
  const drained = new AsyncQueue<true>();
  const troubles = new AsyncQueue<Error>();
  link.start({
    onDatagram: (data, from) => {
      arrived.push({ data: [...data], port: from.port, address: from.address });
      data.fill(0xff);
    },
    onDrain: () => drained.push(true),
    onTrouble: (error) => troubles.push(error),
  });
  return { link, arrived, drained, troubles };
}

function send(link: DatagramLink, data: Uint8Array, to: DatagramLink): void {
  link.reserve()!.set(data);
  link.send(data.length, to.local);
  link.flush();
}

/** What every kind of link does. */
describe.each([
  ...udpNetworks.flatMap(([name, network]) => [
    [`${name} over IPv4`, () => network, '127.0.0.1'] as const,
    ...(hasIpv6 ? [[`${name} over IPv6`, () => network, '::1'] as const] : []),
  ]),
  ['memory', () => new MemoryNetwork(), '127.0.0.1'],
] as const)('a link of %s', (_, makeNetwork, address) => {
  it('carries datagrams of any length as they are, and tells from where', async () => {
    const network = makeNetwork();
    const [a, b] = [await bind(network, address), await bind(network, address)];
    for (const length of [0, 1, 1_200, MAX_DATAGRAM_BYTES]) {
      send(a.link, pattern(length), b.link);
      const { value } = await b.arrived.next();
      expect(value).toEqual({ data: [...pattern(length)], ...a.link.local });
    }
  });

  it('gives the same buffer until it is sent, and room again after that', async () => {
    const network = makeNetwork();
    const [a, b] = [await bind(network, address), await bind(network, address)];
    expect(a.link.reserve()).toBe(a.link.reserve());
    expect(a.link.reserve()?.length).toBe(MAX_DATAGRAM_BYTES);
    let sent = 0;
    while (sent < 500) {
      if (a.link.reserve() === undefined) await a.drained.next();
      send(a.link, pattern(100), b.link);
      sent++;
    }
    expect((await b.arrived.next()).value?.data).toEqual([...pattern(100)]);
  });

  it('takes a port that is named, once', async () => {
    const network = makeNetwork();
    const { link } = await bind(network, address);
    const taken = network.open({ ...link.local, maxDatagramBytes: MAX_DATAGRAM_BYTES });
    await expect(taken).rejects.toMatchObject({ code: 'IoError' });
    await link.close();
    const again = await bind(network, address, link.local.port);
    expect(again.link.local).toEqual(link.local);
  });

  it('sends and hears nothing once it is closed, and may be closed again', async () => {
    const network = makeNetwork();
    const [a, b] = [await bind(network, address), await bind(network, address)];
    a.link.reserve();
    await b.link.close();
    await b.link.close();
    send(a.link, pattern(10), b.link);
    await a.link.close();
    a.link.send(10, b.link.local);
    expect(b.arrived.size).toBe(0);
  });

  it('finds the addresses of a host', async () => {
    const addresses = await makeNetwork().lookup('localhost');
    expect(addresses.length).toBeGreaterThan(0);
  });
});

describe.each(udpNetworks)('a link of %s', (_, udpNetwork) => {
  it('reports what the system refuses, and goes on', async () => {
    const a = await bind(udpNetwork, '127.0.0.1');
    const b = await bind(udpNetwork, '127.0.0.1');
    a.link.reserve();
    // A socket of the loopback interface has no way there.
    a.link.send(10, { address: '203.0.113.1', port: 9 });
    a.link.flush();
    expect((await a.troubles.next()).value).toBeInstanceOf(Error);
    send(a.link, pattern(3), b.link);
    expect((await b.arrived.next()).value?.data).toEqual([...pattern(3)]);
  });

  it('keeps bursts of several peers apart, whatever their lengths', async () => {
    const server = await bind(udpNetwork, '127.0.0.1');
    const clients = await Promise.all([0, 1, 2].map(() => bind(udpNetwork, '127.0.0.1')));
    const expected = clients.map(({ link }, client) => {
      // Equal lengths travel together where the system can do that; the last is a shorter one.
      const lengths = [...new Array(20).fill(700 + client), 90, 91, ...new Array(5).fill(60)];
      lengths.forEach((length, i) => {
        link.reserve()!.set(pattern(length).fill(i, 0, 1));
        link.send(length, server.link.local);
      });
      link.flush();
      return lengths.map((length, i) => [i, length]);
    });
    const arrived = new Map(clients.map(({ link }) => [link.local.port, [] as number[][]]));
    for (let n = 0; n < expected.flat().length; n++) {
      const { value } = await server.arrived.next();
      arrived.get(value!.port)!.push([value!.data[0]!, value!.data.length]);
    }
    expect([...arrived.values()]).toEqual(expected);
  });

  it.runIf(hasIpv6)('on :: carries both versions, and shows IPv4 as IPv4', async () => {
    const both = await bind(udpNetwork, '::');
    expect(both.link.families).toEqual([4, 6]);
    for (const address of ['127.0.0.1', '::1']) {
      const one = await bind(udpNetwork, address);
      const { port } = both.link.local;
      one.link.reserve()!.set([1]);
      one.link.send(1, { address, port });
      one.link.flush();
      const { value } = await both.arrived.next();
      expect(value?.address).toBe(address);
      both.link.reserve()!.set([2]);
      both.link.send(1, value!);
      both.link.flush();
      expect((await one.arrived.next()).value?.data).toEqual([2]);
    }
  });

  it('says when a host has no address', async () => {
    await expect(udpNetwork.lookup('no-such-host.invalid')).rejects.toMatchObject({
      code: 'IoError',
    });
  });
});

describe('a link of node:dgram', () => {
  it('pauses while many datagrams wait for the system', async () => {
    const { link, drained } = await bind(dgramNetwork, '127.0.0.1');
    let sent = 0;
    while (link.reserve() !== undefined) {
      link.send(1, link.local);
      sent++;
    }
    expect(sent).toBeLessThanOrEqual(64);
    await drained.next();
    expect(link.reserve()).toBeDefined();
  });
});

describe('a link of memory', () => {
  it('loses what the network is told to lose', async () => {
    const network = new MemoryNetwork({ delivers: ({ data }) => data[0] !== 1 });
    const [a, b] = [await bind(network, '10.0.0.1'), await bind(network, '10.0.0.2')];
    for (const byte of [1, 2, 1, 3]) send(a.link, Uint8Array.of(byte), b.link);
    expect((await b.arrived.next()).value?.data).toEqual([2]);
    expect((await b.arrived.next()).value?.data).toEqual([3]);
  });
});
