import { isIP } from 'node:net';
import type { CarrierAddress } from '../carrier-address.js';
import type { CarrierLink, CarrierServer } from '../carrier-link.js';
import type { DialOptions, ListenOptions, Platform } from '../platform.js';
import type { QuicSessionStore } from '../quic/index.js';
import { dialCarrier } from './carriers/dial.js';
import { proxyFromEnvironment } from './carriers/proxy-environment.js';
import { SharedPort } from './carriers/shared-port.js';
import { chooseProvider } from './crypto/choose.js';
import { decideClient } from './identity/accept-policy.js';
import { loadOrCreateKeyFile } from './identity/key-file.js';
import { KnownHosts } from './identity/known-hosts.js';
import { KEY_LOG_VARIABLE, KeyLogFile } from './key-log-file.js';
import { SessionLogFile } from './session-log-file.js';
import { udpNetwork } from './udp/networks.js';

/** What the shared code needs, by Node. */
export const platform: Platform = {
  chooseProvider,
  loadIdentity: loadOrCreateKeyFile,
  openKnownHosts: (file) => (file === undefined ? KnownHosts.default() : new KnownHosts(file)),
  decideClient,
  openSessionLog: (options) => SessionLogFile.open(options),
  openKeyLog: (file, logger) => KeyLogFile.open(file, logger),
  defaultKeyLogFile: () => process.env[KEY_LOG_VARIABLE] ?? '',
  datagramNetwork: udpNetwork,
  isIP,
  dialCarrier: dial,
  listenCarriers: listen,
  listenQuic: async (options) => (await import('../quic/index.js')).listenQuic(options),
  defer(turn) {
    setImmediate(turn);
  },
};

/** Of all connections of the process. */
let quicSessions: QuicSessionStore | undefined;

function dial(
  target: CarrierAddress,
  { proxy = 'environment', ...options }: DialOptions,
): Promise<CarrierLink> {
  if (target.scheme === 'quic') return dialQuic(target, options);
  const through = proxy === 'environment' ? proxyFromEnvironment(target) : proxy;
  const isDirect = through === undefined || through === 'none';
  return dialCarrier(target, isDirect ? options : { ...options, proxy: through });
}

function listen({ tls, ...options }: ListenOptions): Promise<CarrierServer> {
  const { cert, key } = tls ?? {};
  const certificate = cert === undefined || key === undefined ? {} : { tls: { cert, key } };
  return SharedPort.listen({ ...options, ...certificate });
}

/** Loaded when it is asked for: most programs never do. */
async function dialQuic(
  target: CarrierAddress,
  { quic, serverKey, tls, signal }: Omit<DialOptions, 'proxy'>,
): Promise<CarrierLink> {
  const { dialQuic: dial, MemoryQuicSessionStore } = await import('../quic/index.js');
  quicSessions ??= new MemoryQuicSessionStore();
  const servername = quic?.servername ?? tls?.servername;
  return await dial(target, {
    ...(signal === undefined ? {} : { signal }),
    ...(servername === undefined ? {} : { servername }),
    ...(quic?.alpn === undefined ? {} : { alpn: quic.alpn }),
    ...(typeof tls?.ca === 'string' ? { ca: tls.ca } : {}),
    ...(serverKey === undefined ? { isIdentityCheckedLater: true } : { serverKey }),
    sessions: quicSessions,
    early: true,
  });
}
