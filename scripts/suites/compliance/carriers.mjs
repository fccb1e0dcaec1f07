// The carriers of the compliance suite: every case runs on each of them.
import { dgramNetwork } from '../../../packages/vcl-protocol/dist/index.js';

/**
 * What a carrier is. `name` for people; `scheme` of the addresses on both sides; `carries`: what
 * `connection.carrier()` says; `kind`: what is at the server's port; `network`: what datagrams travel
 * on unless it is UDP; `proxy`: the kind that the client connects through.
 */
export const CARRIERS = [
  { name: 'memory', scheme: 'udp', carries: 'udp', kind: 'memory', network: 'memory' },
  { name: 'udp', scheme: 'udp', carries: 'udp', kind: 'datagrams' },
  { name: 'udp-dgram', scheme: 'udp', carries: 'udp', kind: 'datagrams', network: 'dgram' },
  { name: 'tcp', scheme: 'tcp', carries: 'tcp', kind: 'stream' },
  { name: 'ws', scheme: 'ws', carries: 'websocket', kind: 'stream' },
  { name: 'wss', scheme: 'wss', carries: 'websocket', kind: 'stream', tls: true },
  { name: 'quic', scheme: 'quic', carries: 'quic', kind: 'datagrams', quic: true },
  { name: 'auto', scheme: 'auto', carries: 'udp', kind: 'both' },
  { name: 'tcp+http', scheme: 'tcp', carries: 'tcp', kind: 'stream', proxy: 'http' },
  { name: 'ws+socks', scheme: 'ws', carries: 'websocket', kind: 'stream', proxy: 'socks5' },
];

/** The carrier of this name. */
export function carrierNamed(name) {
  return CARRIERS.find((carrier) => carrier.name === name);
}

/**
 * What both sides are bound with.
 *
 * @param carrier one of {@link CARRIERS}
 * @param surroundings `certificate`, `proxies` with the port of each kind, `memory`, a network
 */
export function bindOptions({ network, proxy, tls, quic }, surroundings) {
  const { certificate, proxies, memory } = surroundings;
  const networks = { memory, dgram: dgramNetwork };
  return {
    ...(network === undefined ? {} : { network: networks[network] }),
    carriers: {
      proxy: proxy === undefined ? 'none' : `${proxy}://127.0.0.1:${proxies[proxy]}`,
      ...(tls ? { tls: { ...certificate, ca: certificate.cert, servername: 'localhost' } } : {}),
      ...(quic ? { quic: { port: 0 } } : {}),
    },
  };
}
