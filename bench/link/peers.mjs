// Who takes part. A peer is a module with `openReceiver(settings, onMessage)`, which resolves with
// `{ address, close }`, and `openSender(address, settings)`, which resolves with `{ send, close }`;
// `send` returns a promise when the caller should wait before it sends more, else perhaps undefined.
import { dgramNetwork, fastUdpNetwork } from '../../packages/vcl-protocol/dist/index.js';

const LINK_PEERS = [
  { name: 'raw', module: './raw-peer.mjs', about: 'node:dgram, credit-paced, nothing else' },
  { name: 'udx', module: './udx-peer.mjs', about: 'udx-native stream, in C, not encrypted' },
  { name: 'vcl-dgram', module: './vcl-peer.mjs', about: 'VCL on node:dgram' },
  { name: 'vcl-koffi', module: './vcl-peer.mjs', about: 'VCL on the driver with batches (koffi)' },
];
const CARRIER_PEERS = [
  { name: 'tls', module: './tls-peer.mjs', about: 'node:tls, as OpenSSL chooses (AES-GCM)' },
  { name: 'tls-chacha', module: './tls-peer.mjs', about: 'node:tls, TLS_CHACHA20_POLY1305_SHA256' },
  { name: 'ws', module: './ws-peer.mjs', about: 'ws, not encrypted' },
  { name: 'vcl-tcp', module: './vcl-peer.mjs', about: 'VCL over TCP' },
  { name: 'vcl-ws', module: './vcl-peer.mjs', about: 'VCL over WebSocket' },
];
const PEERS = { link: LINK_PEERS, carriers: CARRIER_PEERS };
const CASES_OF = { udx: ['bulk'] };
const ALL_CASES = ['bulk', 'small', 'latency'];

/** @returns {Promise<object[]>} all peers of a benchmark; `missing` says why one cannot take part here */
export async function findPeers(suite) {
  return await Promise.all(
    PEERS[suite].map(async (peer) => ({
      ...peer,
      cases: CASES_OF[peer.name] ?? ALL_CASES,
      missing: await whyMissing(peer.name),
    })),
  );
}

/** @param name of a peer @returns its module */
export async function loadPeer(name) {
  const all = [...LINK_PEERS, ...CARRIER_PEERS];
  return await import(all.find((peer) => peer.name === name).module);
}

/** How a VCL peer is reached: the scheme of its address and, for UDP, the network. */
export function wayOf(name) {
  if (name === 'vcl-tcp') return { scheme: 'tcp' };
  if (name === 'vcl-ws') return { scheme: 'ws' };
  return { scheme: 'udp', network: networkOf(name) };
}

/** The network that a VCL peer is bound with, or undefined where it does not exist. */
function networkOf(name) {
  return name === 'vcl-koffi' ? fastUdpNetwork() : dgramNetwork;
}

async function whyMissing(name) {
  if (name === 'vcl-koffi' && networkOf(name) === undefined) return 'koffi does not load here';
  if (name !== 'udx') return undefined;
  try {
    await import('udx-native');
    return undefined;
  } catch {
    return 'udx-native does not load here';
  }
}
