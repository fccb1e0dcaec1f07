import { Carrier, type ResolvedConfig, TransportMode, VCLError } from '@vcl-protocol/core';
import type { CarrierAddress, CarrierScheme } from '../carrier-address.js';
import type { CarrierTarget } from './carrier-dialer.js';
import type { CarrierOptions } from './carrier-options.js';

/** What to listen on at an address. */
export interface BindPlan {
  readonly datagrams: boolean;
  /** What one TCP port takes, told apart by the first bytes; empty for none. */
  readonly streams: readonly ('tcp' | 'ws' | 'wss')[];
  /** The port for QUIC, when it is asked for. */
  readonly quicPort: number | undefined;
}

/** How to reach a server. */
export interface ConnectPlan {
  readonly datagrams: boolean;
  /** Carriers, best first. */
  readonly ways: readonly CarrierTarget[];
}

type PlanConfig = Pick<ResolvedConfig, 'transport'>;
const HTTPS_PORT = 443;

/** What the address itself says, else what the configuration says. */
function schemeOf({ scheme }: CarrierAddress, { transport }: PlanConfig): CarrierScheme {
  if (scheme !== undefined) return scheme;
  if (transport === TransportMode.WebSocket) return 'ws';
  return transport;
}

/** @throws VCLError `InvalidConfig` when something needed for it is missing */
export function planBind(
  address: CarrierAddress,
  config: PlanConfig,
  options: CarrierOptions,
): BindPlan {
  const scheme = schemeOf(address, config);
  const hasCertificate = options.tls?.cert !== undefined && options.tls.key !== undefined;
  const quicPort = scheme === 'quic' ? address.port : undefined;
  switch (scheme) {
    case 'udp':
      return { datagrams: true, streams: [], quicPort };
    case 'tcp':
      return { datagrams: false, streams: ['tcp'], quicPort };
    case 'ws':
      return { datagrams: false, streams: hasCertificate ? ['ws', 'wss'] : ['ws'], quicPort };
    case 'wss':
      if (!hasCertificate) {
        throw new VCLError(
          'InvalidConfig',
          'wss needs a certificate: set carriers.tls.cert and carriers.tls.key, both PEM',
        );
      }
      return { datagrams: false, streams: ['wss'], quicPort };
    case 'quic':
      return { datagrams: false, streams: [], quicPort };
    case 'auto':
      return {
        datagrams: true,
        streams: hasCertificate ? ['tcp', 'ws', 'wss'] : ['tcp', 'ws'],
        quicPort: options.quic?.port,
      };
  }
}

/** The {@link Carrier} numbers that a hello names (SPEC 4.2). */
export function offeredCarriers({
  config: { transport },
  carriers: { quic },
}: {
  readonly config: PlanConfig;
  readonly carriers: CarrierOptions;
}): readonly number[] {
  switch (transport) {
    case TransportMode.Udp:
      return [Carrier.Udp];
    case TransportMode.Tcp:
      return [Carrier.Tcp];
    case TransportMode.WebSocket:
      return [Carrier.WebSocket];
    case TransportMode.Quic:
      return [Carrier.Quic];
    case TransportMode.Auto: {
      const usual = [Carrier.Udp, Carrier.Tcp, Carrier.WebSocket];
      return quic === undefined ? usual : [...usual, Carrier.Quic];
    }
  }
}

/** Datagrams first, where they may be; then whatever the server may offer on the same name. */
export function planConnect(
  target: CarrierAddress,
  config: PlanConfig,
  options: CarrierOptions,
): ConnectPlan {
  const scheme = schemeOf(target, config);
  const { host, port } = target;
  const path = target.scheme === 'ws' || target.scheme === 'wss' ? target.path : options.path;
  const way = (kind: CarrierTarget['scheme'], at = port): CarrierTarget => ({
    scheme: kind,
    host,
    port: at,
    path: path ?? target.path,
  });
  if (scheme === 'udp') return { datagrams: true, ways: [] };
  if (scheme !== 'auto') return { datagrams: false, ways: [way(scheme)] };
  const ways = [way('tcp')];
  // A server without a certificate refuses TLS at once; one on 443 may be behind what only lets TLS pass.
  if (port === HTTPS_PORT || options.tls !== undefined) ways.push(way('wss'));
  ways.push(way('ws'));
  if (options.quic !== undefined) ways.unshift(way('quic', options.quic.port));
  return { datagrams: true, ways };
}
