import type { VCLConnection } from 'vcl-protocol';
import type { TunnelPort } from '../core/port/tunnel-port.js';
import type { FlowQueue } from '../core/queue/flow-queue.js';
import type { ClientMachine, TunnelState } from '../core/state/client-machine.js';
import type { LinkCounters } from '../link/tun-link.js';
import type { ObfuscationMode } from './network-hints.js';
import { remoteText } from './server-address.js';
import type { TunnelConfigFields } from './tunnel-config.js';

/** Figures of a tunnel since it was made (guide: TunnelStats). */
export interface TunnelStats {
  readonly state: TunnelState;
  readonly packetsSent: number;
  /** Bytes of packets, without what the tunnel adds. */
  readonly bytesSent: number;
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  /** Packets that waited for too long before the carrier, and those there was no room for. */
  readonly droppedInQueue: number;
  /** Packets out of the tunnel from networks that are not reached through it. */
  readonly droppedForeignSource: number;
  /** Packets of this machine that are none, or were too long, of which their sender was told. */
  readonly malformed: number;
  readonly tooBig: number;
  /** Lost datagrams of the last 128 that were sent, 0 to 1. */
  readonly lossRate: number;
  /** Smoothed time of a keepalive and its answer, ms, once there was one. */
  readonly keepaliveRttMs: number | undefined;
  /** Smoothed round trip of the session, ms. */
  readonly rttMs: number | undefined;
  readonly reconnectCount: number;
  /** Milliseconds without a session after the first one. */
  readonly downtimeMs: number;
  /** How long the present session has lasted, ms; 0 without one. */
  readonly uptimeMs: number;
  /** The longest packet in the tunnel, bytes: from a table, not measured. */
  readonly mtu: number;
  readonly obfuscation: ObfuscationMode;
  readonly carrier: string | undefined;
  /** Where the server is. */
  readonly server: string | undefined;
  readonly addresses: readonly string[];
}

/** What of a tunnel its figures are made of. */
export interface StatsSource {
  readonly config: TunnelConfigFields;
  readonly machine: ClientMachine;
  readonly carried: TunnelPort['counters'];
  readonly link: LinkCounters;
  readonly foreignSource: number;
  readonly queued: FlowQueue['counters'];
  readonly connection: VCLConnection | undefined;
  /** By the clock of `performance.now()`. */
  readonly connectedAt: number;
  readonly mtu: number;
  readonly addresses: readonly string[];
}

export function describeTunnel(source: StatsSource): TunnelStats {
  const { config, machine, carried, link, queued, connection, connectedAt, mtu, addresses } =
    source;
  const { reconnect, keepalive, state } = machine;
  const now = performance.now();
  return {
    state,
    packetsSent: carried.packetsSent,
    bytesSent: carried.bytesSent,
    packetsReceived: carried.packetsReceived,
    bytesReceived: carried.bytesReceived,
    droppedInQueue: queued.aged + queued.overflowed,
    droppedForeignSource: source.foreignSource,
    malformed: link.malformed + carried.malformed,
    tooBig: link.tooBig + carried.tooBig,
    lossRate: connection?.flow().lossRate() ?? 0,
    keepaliveRttMs: keepalive.srtt,
    rttMs: connection?.flow().srtt(),
    reconnectCount: reconnect.totalReconnects,
    downtimeMs: reconnect.totalDowntime(now),
    uptimeMs: connection === undefined ? 0 : now - connectedAt,
    mtu,
    obfuscation: config.obfuscation,
    carrier: connection?.carrier(),
    server: remoteText(connection),
    addresses,
  };
}
