// wireguard-go: WireGuard in user space, as Debian packs it, or another build of it.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../scripts/lib/carriers/waiting.mjs';
import { LINK_ADDRESSES, TUNNEL_ADDRESSES } from './network.mjs';
import { run } from './programs.mjs';
import { makeFolder } from './scratch.mjs';

const PORT = 51820;
const MTU = 1420;
const READY_MS = 10_000;
/** Else it wants the module of the kernel instead of itself. */
const ENV = { WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD: '1', LOG_LEVEL: 'error' };

/**
 * @param network a TunnelNetwork
 * @param {{ program?: string }} settings
 */
export async function openTunnel(network, { program = 'wireguard-go' }) {
  const folder = makeFolder();
  const ends = { client: makeEnd('client', folder), server: makeEnd('server', folder) };
  const started = [];
  const close = async () => {
    await Promise.all(started.map((one) => one.stop()));
    // Its name is in the file system, which the namespaces share.
    for (const { device } of Object.values(ends)) rmSync(socketOf(device), { force: true });
  };
  try {
    for (const [side, { device }] of Object.entries(ends)) {
      const daemon = network.start(side, [program, '-f', device], { env: ENV });
      started.push(daemon);
      await until(READY_MS, `${device} can be configured`, () => isReady(network, side, device));
    }
    configure(network, 'client', ends);
    configure(network, 'server', ends);
    const [client, server] = started.map(({ pid }) => pid);
    return { address: TUNNEL_ADDRESSES.server, daemons: { client, server }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function makeEnd(side, folder) {
  const privateKey = run(['wg', 'genkey']);
  const publicKey = run(['wg', 'pubkey'], { input: privateKey }).trim();
  const keyFile = join(folder, `${side}.key`);
  writeFileSync(keyFile, privateKey);
  return { device: `vclb${process.pid}${side[0]}`, keyFile, publicKey };
}

function isReady(network, side, device) {
  try {
    network.run(side, ['wg', 'show', device]);
    return true;
  } catch {
    return false;
  }
}

function configure(network, side, ends) {
  const other = side === 'client' ? 'server' : 'client';
  const { device, keyFile } = ends[side];
  const own = ['private-key', keyFile, 'listen-port', `${PORT}`];
  const peer = [
    ...['peer', ends[other].publicKey, 'allowed-ips', `${TUNNEL_ADDRESSES[other]}/32`],
    ...['endpoint', `${LINK_ADDRESSES[other]}:${PORT}`],
  ];
  network.run(side, ['wg', 'set', device, ...own, ...peer]);
  const address = `${TUNNEL_ADDRESSES[side]}/24`;
  network.run(side, ['ip', 'address', 'add', address, 'dev', device]);
  network.run(side, ['ip', 'link', 'set', device, 'mtu', `${MTU}`, 'up']);
}

function socketOf(device) {
  return `/var/run/wireguard/${device}.sock`;
}
