// OpenVPN over UDP with ChaCha20-Poly1305, keys agreed by TLS, without the module of the kernel. Each
// side knows the other's certificate by its fingerprint.
import { join } from 'node:path';
import { LINK_ADDRESSES, TUNNEL_ADDRESSES } from './network.mjs';
import { run } from './programs.mjs';
import { makeFolder } from './scratch.mjs';

const PORT = 1194;
const CIPHER = 'CHACHA20-POLY1305';
const OPEN = 'Initialization Sequence Completed';

/** @param network a TunnelNetwork */
export async function openTunnel(network) {
  const folder = makeFolder();
  const started = [];
  const close = async () => {
    await Promise.all(started.map((one) => one.stop()));
  };
  try {
    const fingerprints = { client: certify(folder, 'client'), server: certify(folder, 'server') };
    for (const side of ['server', 'client']) {
      started.unshift(network.start(side, commandOf(side, folder, fingerprints)));
    }
    for (const one of started) await one.printed(OPEN);
    const [client, server] = started.map(({ pid }) => pid);
    return { address: TUNNEL_ADDRESSES.server, daemons: { client, server }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Makes a key and a certificate. @returns the fingerprint of the latter */
function certify(folder, side) {
  const { key, certificate } = filesOf(folder, side);
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-sha256'];
  const files = ['-keyout', key, '-out', certificate];
  run(['openssl', 'req', '-x509', ...kind, '-days', '2', '-subj', `/CN=${side}`, ...files]);
  const printed = run(['openssl', 'x509', '-fingerprint', '-sha256', '-noout', '-in', certificate]);
  return printed.split('=')[1].trim();
}

function commandOf(side, folder, fingerprints) {
  const other = side === 'client' ? 'server' : 'client';
  const { key, certificate } = filesOf(folder, side);
  return [
    'openvpn',
    ...['--dev', 'vclb', '--dev-type', 'tun', '--proto', 'udp', '--disable-dco'],
    ...['--local', LINK_ADDRESSES[side], '--remote', LINK_ADDRESSES[other], '--port', `${PORT}`],
    ...['--ifconfig', TUNNEL_ADDRESSES[side], TUNNEL_ADDRESSES[other]],
    ...(side === 'client' ? ['--tls-client'] : ['--tls-server', '--dh', 'none']),
    ...['--cert', certificate, '--key', key, '--peer-fingerprint', fingerprints[other]],
    ...['--data-ciphers', CIPHER, '--cipher', CIPHER, '--auth-nocache', '--verb', '3'],
    ...['--connect-retry', '1'],
  ];
}

function filesOf(folder, side) {
  return { key: join(folder, `${side}.key`), certificate: join(folder, `${side}.crt`) };
}
