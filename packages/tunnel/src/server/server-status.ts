import type { TunLink } from '../link/tun-link.js';
import type { ServerSettings } from './server-options.js';
import type { PeerDrops, ServerPeer } from './server-peer.js';

/** What a server says about one client. */
export interface ServerPeerStatus {
  readonly publicKey: string;
  readonly name: string;
  readonly addresses: readonly string[];
  /** Where it is, and what carries its session. */
  readonly endpoint: string;
  readonly carrier: string;
  /** Unix times, ms. */
  readonly connectedAt: number;
  readonly lastHeardAt: number;
  /** Smoothed round trip, ms, once it is known. */
  readonly rttMs: number | undefined;
  /** Lost datagrams of the last 128 that were sent, 0 to 1. */
  readonly lossRate: number;
  readonly packetsSent: number;
  readonly bytesSent: number;
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  /** Packets that waited for too long before the carrier, and those there was no room for. */
  readonly droppedInQueue: number;
  readonly drops: PeerDrops;
}

/** What a server says about itself. */
export interface ServerStatus {
  readonly device: string;
  readonly addresses: readonly string[];
  readonly mtu: number;
  readonly startedAt: number;
  readonly peers: readonly ServerPeerStatus[];
  /** Packets from the system that nobody in the tunnel is the destination of. */
  readonly noRoute: number;
  /** Packets of this machine that are none, or were too long, of which their sender was told. */
  readonly malformed: number;
  readonly tooBig: number;
}

/** What of a server its status is made of. */
export interface StatusSource {
  readonly settings: ServerSettings;
  readonly startedAt: number;
}

export function describeServer(
  { settings, startedAt }: StatusSource,
  peers: Iterable<ServerPeer>,
  link: TunLink,
): ServerStatus {
  return {
    device: link.device.name,
    addresses: settings.addresses.map(String),
    mtu: settings.mtu,
    startedAt,
    peers: [...peers].filter(({ place }) => place !== undefined).map(describePeer),
    noRoute: link.counters.noRoute,
    malformed: link.counters.malformed,
    tooBig: link.counters.tooBig,
  };
}

function describePeer(peer: ServerPeer): ServerPeerStatus {
  const { connection } = peer.session;
  const { place, queue, port } = peer;
  const remote = connection.remoteAddress();
  const { packetsSent, bytesSent, packetsReceived, bytesReceived } = port.counters;
  return {
    publicKey: peer.key,
    name: peer.name,
    addresses: [place?.lease.v4, place?.lease.v6].filter((text) => text !== undefined),
    endpoint: remote === undefined ? '' : endpointText(remote.address, remote.port),
    carrier: connection.carrier() ?? '',
    connectedAt: peer.connectedAt,
    lastHeardAt: connection.lastActivity().getTime(),
    rttMs: connection.flow().srtt(),
    lossRate: connection.flow().lossRate(),
    packetsSent,
    bytesSent,
    packetsReceived,
    bytesReceived,
    droppedInQueue: queue.counters.aged + queue.counters.overflowed,
    drops: peer.drops,
  };
}

function endpointText(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
