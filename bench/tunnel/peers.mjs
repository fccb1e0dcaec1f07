// Who takes part. A peer is a module with `openTunnel(network, settings)`, which resolves, once packets
// go through, with the server's `address` in the tunnel, the pids of both `daemons`, and `close`.
import { describeUdp } from '../../packages/vcl-protocol/dist/index.js';
import { howToGet, installPrograms, versionOf } from './programs.mjs';

const WIREGUARD = { module: './wireguard-peer.mjs', settings: {} };
const PEERS = [
  {
    name: 'plain',
    module: './plain-peer.mjs',
    settings: {},
    needs: [],
    about: () => 'no tunnel: the link itself',
  },
  {
    ...WIREGUARD,
    name: 'wireguard-go',
    needs: ['wireguard-go', 'wg'],
    about: () => `${versionOf('wireguard-go')}, MTU 1420`,
  },
  {
    name: 'openvpn',
    module: './openvpn-peer.mjs',
    settings: {},
    needs: ['openvpn', 'openssl'],
    about: () => `${openvpnVersion()}, UDP, TLS mode, CHACHA20-POLY1305, no DCO`,
  },
  {
    name: 'vcl-dgram',
    module: './vcl-peer.mjs',
    settings: { isDgram: true },
    needs: [],
    about: () => 'VCL, datagrams by node:dgram',
  },
  {
    name: 'vcl',
    module: './vcl-peer.mjs',
    settings: {},
    needs: [],
    about: () => 'VCL, datagrams in batches (koffi), chain and statements on',
  },
];
/** What every round needs, whoever takes part. */
const NEEDED = ['ip', 'ping', 'setpriv', 'iperf3', 'ethtool'];

/**
 * @param {string | undefined} otherWireguard the program of a further build of wireguard-go
 * @returns {object[]} all peers by name
 */
export function listPeers(otherWireguard) {
  if (otherWireguard === undefined) return PEERS;
  const other = {
    ...WIREGUARD,
    name: 'wireguard-go-other',
    settings: { program: otherWireguard },
    needs: ['wg'],
    about: () => `${versionOf(otherWireguard)}, MTU 1420`,
  };
  const at = PEERS.findIndex(({ name }) => name === 'wireguard-go') + 1;
  return PEERS.toSpliced(at, 0, other);
}

/**
 * Installs what the peers need.
 *
 * @returns {object[]} the peers with `about` as text; `missing` says why one cannot take part here
 */
export function preparePeers(peers) {
  const absent = installPrograms([...NEEDED, ...peers.flatMap(({ needs }) => needs)]);
  const general = NEEDED.find((name) => absent.has(name));
  if (general !== undefined) throw new Error(howToGet(general));
  return peers.map((peer) => {
    const program = peer.needs.find((name) => absent.has(name));
    const missing = program === undefined ? obstacleOf(peer) : howToGet(program);
    return { ...peer, about: missing === undefined ? peer.about() : '', missing };
  });
}

/** @returns what opens the peer's tunnel */
export async function openerOf({ module, settings }) {
  const { openTunnel } = await import(module);
  return (network) => openTunnel(network, settings);
}

function obstacleOf({ name, settings: { program } }) {
  if (program !== undefined && versionOf(program) === undefined) return `cannot run ${program}`;
  const { driver, reason } = describeUdp();
  return name.startsWith('vcl') && driver === 'node:dgram' ? reason : undefined;
}

function openvpnVersion() {
  return versionOf('openvpn')?.split(' ').slice(0, 2).join(' ');
}
