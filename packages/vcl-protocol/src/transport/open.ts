import { isIP } from 'node:net';
import { type RemoteAddress, TransportMode, VCLError } from '@vcl-protocol/core';
import {
  type AddressPurpose,
  type CarrierAddress,
  type CarrierScheme,
  parseCarrierAddress,
} from '../carrier-address.js';
import type { CarrierLink, CarrierServer } from '../carrier-link.js';
import { type DialOptions, dialCarrier } from '../node/carriers/dial.js';
import type { CarrierCertificate } from '../node/carriers/http-front.js';
import type { OriginPolicy } from '../node/carriers/origin-policy.js';
import { SharedPort } from '../node/carriers/shared-port.js';
import { dgramNetwork } from '../node/udp/networks.js';
import { DatagramCarrier, MAX_UDP_BYTES } from './datagram-carrier.js';
import { RawListener } from './raw-listener.js';

/** How a transport accepts WebSockets. */
export interface RawBindOptions {
  /** The path of WebSockets. Default `/vcl`, or what the address says. */
  readonly path?: string;
  /** Web pages that may connect. Default: those of the same host. */
  readonly origins?: OriginPolicy;
  /** The certificate; with it a WebSocket is `wss`. QUIC always needs one. */
  readonly tls?: CarrierCertificate;
}

/** What carries QUIC, which has its own way in because it needs a package of the platform. */
export interface QuicCarriers {
  dialQuic(target: CarrierAddress, options: object): Promise<CarrierLink>;
  listenQuic(options: object): Promise<CarrierServer>;
}

/** A port of UDP. @param peer whom it talks to, or undefined for whoever is the first to send */
export async function bindUdp(written: string, peer?: RemoteAddress): Promise<DatagramCarrier> {
  const { host, port } = await bindAddress(written, ['udp']);
  const link = await dgramNetwork.open({ address: host, port, maxDatagramBytes: MAX_UDP_BYTES });
  return new DatagramCarrier(link, peer);
}

/** A port of UDP with a peer whose name may have to be looked up. */
export async function connectUdp(written: string): Promise<DatagramCarrier> {
  const { host, port } = read(written, 'connect', ['udp']);
  const [address] = isIP(host) === 0 ? await dgramNetwork.lookup(host) : [host];
  if (address === undefined) throw new VCLError('IoError', `${host} has no address`);
  return await bindUdp(isIP(address) === 6 ? '[::]:0' : '0.0.0.0:0', { address, port });
}

/** A carrier over TCP or QUIC, connected. */
export async function connectLink(
  written: string,
  schemes: readonly [CarrierScheme, ...CarrierScheme[]],
  options: DialOptions,
): Promise<CarrierLink> {
  const target = read(written, 'connect', schemes);
  if (target.scheme === 'quic') return await (await loadQuic()).dialQuic(target, options);
  return await dialCarrier(target, options);
}

/** A port for carriers over TCP or QUIC. */
export async function bindCarriers(
  written: string,
  schemes: readonly [CarrierScheme, ...CarrierScheme[]],
  options: RawBindOptions,
): Promise<RawListener> {
  const { scheme, host, port, path } = await bindAddress(written, schemes);
  const { tls } = options;
  const shared = { path, ...options, address: host, port, handsOver: 'connected' } as const;
  if (scheme === 'quic') {
    return new RawListener(await (await loadQuic()).listenQuic(shared), TransportMode.Quic);
  }
  if (scheme === 'tcp') {
    return new RawListener(
      await SharedPort.listen({ ...shared, accepts: ['tcp'] }),
      TransportMode.Tcp,
    );
  }
  const accepts = [scheme === 'wss' || tls !== undefined ? 'wss' : 'ws'] as const;
  return new RawListener(await SharedPort.listen({ ...shared, accepts }), TransportMode.WebSocket);
}

/** Reads an address whose scheme, if it has one, is one of `schemes`; the first one if it has none. */
function read(
  written: string,
  purpose: AddressPurpose,
  schemes: readonly CarrierScheme[],
): CarrierAddress & { readonly scheme: CarrierScheme } {
  const address = parseCarrierAddress(written, purpose);
  const scheme = address.scheme ?? schemes[0];
  if (scheme !== undefined && schemes.includes(scheme)) return { ...address, scheme };
  const expected = schemes.map((one) => `${one}://`).join(' or ');
  throw new VCLError('InvalidConfig', `${written} does not fit: write ${expected}, or host:port`);
}

/** The same with a numeric host, as only these can be bound. */
async function bindAddress(
  written: string,
  schemes: readonly CarrierScheme[],
): Promise<CarrierAddress & { readonly scheme: CarrierScheme }> {
  const address = read(written, 'bind', schemes);
  if (isIP(address.host) !== 0) return address;
  const [host = address.host] = await dgramNetwork.lookup(address.host);
  return { ...address, host };
}

/** Loaded only when it is asked for. */
const QUIC_MODULE: string = '../quic/index.js';

async function loadQuic(): Promise<QuicCarriers> {
  try {
    return (await import(QUIC_MODULE)) as QuicCarriers;
  } catch (cause) {
    const message = 'QUIC is not available here: `vcl info` says what is missing';
    throw new VCLError('InvalidConfig', message, { cause });
  }
}
