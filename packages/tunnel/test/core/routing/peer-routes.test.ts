import { describe, expect, it } from 'vitest';
import { parseIp } from '../../../src/core/ip/ip-address.js';
import { IpPrefix } from '../../../src/core/ip/ip-prefix.js';
import { PeerRoutes } from '../../../src/core/routing/peer-routes.js';

interface Named {
  readonly name: string;
}
const anna: Named = { name: 'anna' };
const bert: Named = { name: 'bert' };

const prefixes = (...texts: string[]) => texts.map((text) => IpPrefix.parse(text).network);

/** The fixed header of a packet, three bytes into an array. */
function packet(source: string, destination: string, mark = 0): Uint8Array {
  const from = parseIp(source)!;
  const to = parseIp(destination)!;
  const isV4 = from.length === 4;
  const bytes = new Uint8Array(START + (isV4 ? 20 : 40));
  bytes[START] = (isV4 ? 0x45 : 0x60) | mark;
  bytes.set(from, START + (isV4 ? 12 : 8));
  bytes.set(to, START + (isV4 ? 16 : 24));
  return bytes;
}
const START = 3;

/** Whose an address is. */
function peerAt(routes: PeerRoutes<Named>, address: string): Named | undefined {
  return routes.destinationOf(packet(address, address), START);
}

describe('routes of peers', () => {
  it('send packets of both families to the peer with the longest prefix', () => {
    const routes = new PeerRoutes<Named>();
    routes.add(anna, prefixes('10.8.0.2', 'fd00::2', '0.0.0.0/0'));
    routes.add(bert, prefixes('10.8.0.3', 'fd00::3', '192.168.7.0/24'));
    expect(routes.destinationOf(packet('9.9.9.9', '10.8.0.3'), START)).toBe(bert);
    expect(routes.destinationOf(packet('9.9.9.9', '192.168.7.200'), START)).toBe(bert);
    expect(routes.destinationOf(packet('9.9.9.9', '192.168.8.1'), START)).toBe(anna);
    expect(routes.destinationOf(packet('fd00::9', 'fd00::3'), START)).toBe(bert);
    expect(routes.destinationOf(packet('fd00::9', 'fd00::4'), START)).toBeUndefined();
  });

  it('allow a peer the sources that are its own, and no others', () => {
    const routes = new PeerRoutes<Named>();
    routes.add(anna, prefixes('10.8.0.2', 'fd00::2', '192.168.0.0/16'));
    routes.add(bert, prefixes('10.8.0.3', '192.168.7.0/24'));
    const allowed = (peer: Named, source: string, destination: string) =>
      routes.isAllowedSource(peer, packet(source, destination), START);
    expect(allowed(anna, '10.8.0.2', '10.8.0.3')).toBe(true);
    expect(allowed(anna, 'fd00::2', 'fd00::3')).toBe(true);
    expect(allowed(anna, '10.8.0.3', '10.8.0.2')).toBe(false);
    expect(allowed(anna, '8.8.8.8', '10.8.0.3')).toBe(false);
    expect(allowed(anna, 'fe80::1', 'ff02::2')).toBe(false);
    // A longer prefix of another peer takes the address away.
    expect(allowed(anna, '192.168.7.1', '8.8.8.8')).toBe(false);
    expect(allowed(bert, '192.168.7.1', '8.8.8.8')).toBe(true);
  });

  it('read packets whose checksum is marked as partial', () => {
    const routes = new PeerRoutes<Named>();
    routes.add(anna, prefixes('10.8.0.2', 'fd00::2'));
    expect(routes.destinationOf(packet('1.1.1.1', '10.8.0.2', 0x80), START)).toBe(anna);
    expect(routes.isAllowedSource(anna, packet('fd00::2', 'fd00::1', 0x80), START)).toBe(true);
  });

  it('find nobody for what is no IP packet, or ends early', () => {
    const routes = new PeerRoutes<Named>();
    routes.add(anna, prefixes('10.8.0.2'));
    for (const bytes of [new Uint8Array(0), Uint8Array.of(0x45), new Uint8Array(40).fill(0x55)]) {
      expect(routes.destinationOf(bytes, 0)).toBeUndefined();
      expect(routes.isAllowedSource(anna, bytes, 0)).toBe(false);
    }
  });

  it('move a prefix that is given to another peer, and whoever had it cannot take it along', () => {
    const routes = new PeerRoutes<Named>();
    routes.add(anna, prefixes('10.8.0.2', '192.168.7.0/24'));
    routes.add(bert, prefixes('192.168.7.9/24', '10.8.0.3'));
    expect(peerAt(routes, '192.168.7.1')).toBe(bert);
    expect(peerAt(routes, '10.8.0.2')).toBe(anna);
    routes.remove(anna);
    expect(peerAt(routes, '192.168.7.1')).toBe(bert);
  });

  it('are the same when a peer is given a prefix twice', () => {
    const routes = new PeerRoutes<Named>();
    for (let i = 0; i < 2; i++) routes.add(anna, prefixes('10.8.0.2'));
    expect(peerAt(routes, '10.8.0.2')).toBe(anna);
    routes.remove(anna);
    expect(peerAt(routes, '10.8.0.2')).toBeUndefined();
  });

  it('change at run time, whatever was asked before', () => {
    const routes = new PeerRoutes<Named>();
    const address = '10.8.0.2';
    expect(peerAt(routes, address)).toBeUndefined();
    routes.add(anna, prefixes('10.8.0.0/24'));
    expect(peerAt(routes, address)).toBe(anna);
    routes.add(bert, prefixes('10.8.0.2'));
    expect(peerAt(routes, address)).toBe(bert);
    routes.remove(bert);
    expect(peerAt(routes, address)).toBe(anna);
    routes.remove(anna);
    expect(peerAt(routes, address)).toBeUndefined();
  });

  it('do not mistake a new peer for one that was removed', () => {
    const routes = new PeerRoutes<Named>();
    routes.add(anna, prefixes('10.8.0.2'));
    routes.remove(anna);
    routes.remove(anna);
    routes.add(bert, prefixes('10.8.0.3'));
    expect(peerAt(routes, '10.8.0.2')).toBeUndefined();
    expect(routes.isAllowedSource(anna, packet('10.8.0.3', '10.8.0.1'), START)).toBe(false);
  });
});
