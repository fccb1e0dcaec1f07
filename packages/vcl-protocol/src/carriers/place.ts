import { type RemoteAddress, VCLError } from '@vcl-protocol/core';
import { platform } from '#platform';
import { parseCarrierAddress } from '../carrier-address.js';
import type { CarrierServer } from '../carrier-link.js';
import type { DatagramLink } from '../datagram-link.js';
import { requireDatagrams, type Settings } from '../settings.js';
import { CarrierHub } from './carrier-hub.js';
import { type BindPlan, planBind } from './carrier-plan.js';

/** What was opened at one address. */
export interface Place {
  readonly hub: CarrierHub;
  /** What accepts carriers there, for sides that accept. */
  readonly servers: readonly CarrierServer[];
}

/** A datagram is at most this much longer than the payload in it (SPEC 6.1). */
const OVERHEAD_BYTES = 32;
const MIN_DATAGRAM_BYTES = 1_500;
/** UDP and TCP share a port: where any will do, it takes some tries to find one that both have. */
const MAX_PORT_TRIES = 16;

/**
 * Opens what address and configuration ask for.
 *
 * @param accepts whether carriers may be connected to it, or are only connected from it
 * @throws VCLError `IoError` when the address is none or cannot be bound; `InvalidConfig` when
 * something needed is missing
 */
export async function openPlace(
  address: string,
  settings: Settings,
  accepts: boolean,
): Promise<Place> {
  const target = parseCarrierAddress(address, 'bind');
  const plan = withinNetwork(planBind(target, settings.config, settings.carriers), settings);
  const [host = target.host] = (await settings.network?.lookup(target.host)) ?? [];
  for (let left = target.port === 0 ? MAX_PORT_TRIES : 1; ; left--) {
    const at = { address: host, port: target.port };
    const datagrams = plan.datagrams ? await openDatagrams(at, settings) : undefined;
    try {
      const bound = datagrams === undefined ? at : { ...at, port: datagrams.local.port };
      const servers = accepts ? await listen(plan, bound, settings) : [];
      const local = servers[0]?.local ?? bound;
      const hub = new CarrierHub({ datagrams, local, accepts: servers.length > 0 });
      return { hub, servers };
    } catch (error) {
      await datagrams?.close();
      if (left <= 1 || !isTaken(error)) throw error;
    }
  }
}

/** Gives everything up that was opened. */
export async function closePlace({ hub, servers }: Place): Promise<void> {
  await Promise.all([hub.close(), ...servers.map((server) => server.close())]);
}

/** @throws VCLError `IoError` when it cannot be bound, or there is no UDP here */
export async function openDatagrams(at: RemoteAddress, settings: Settings): Promise<DatagramLink> {
  const { fragmentSize } = settings.config;
  const maxDatagramBytes = Math.max(MIN_DATAGRAM_BYTES, fragmentSize + OVERHEAD_BYTES);
  return await requireDatagrams(settings).open({ ...at, maxDatagramBytes });
}

/** A network of the caller's own has datagrams only; a browser has none to bind. */
function withinNetwork(plan: BindPlan, settings: Settings): BindPlan {
  if (settings.hasOwnNetwork) return { ...plan, streams: [], quicPort: undefined };
  return settings.network === undefined ? { ...plan, datagrams: false } : plan;
}

async function listen(
  { streams, quicPort }: BindPlan,
  at: RemoteAddress,
  settings: Settings,
): Promise<readonly CarrierServer[]> {
  const { carriers, dropLog } = settings;
  const servers: CarrierServer[] = [];
  const onDrop = (reason: string): void => dropLog.debug({ reason }, 'carrier dropped');
  try {
    if (streams.length > 0) {
      servers.push(await platform.listenCarriers({ ...carriers, ...at, accepts: streams, onDrop }));
    }
    if (quicPort !== undefined) {
      const { address } = at;
      const { signer } = settings;
      const { cert, key } = carriers.tls ?? {};
      const certificate = cert === undefined || key === undefined ? {} : { cert, key };
      const options = { ...carriers.quic, ...certificate, address, port: quicPort, signer, onDrop };
      servers.push(await platform.listenQuic(options));
    }
    return servers;
  } catch (error) {
    await Promise.all(servers.map((server) => server.close()));
    throw error;
  }
}

function isTaken(error: unknown): boolean {
  const cause = error instanceof VCLError ? error.cause : error;
  return cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
}
