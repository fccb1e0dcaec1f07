import type { NativeConfig, NativeQuic } from '../native.js';
import type { QuicLimits } from '../pipe/control.js';

/** Length of the connection ids that this side chooses, in bytes. */
export const CONNECTION_ID_BYTES = 16;
/** The longest UDP payload that is sent: fits where an Ethernet frame with IPv6 and a tunnel fits. */
export const MAX_PACKET_BYTES = 1_350;

const SIGNATURE_ALGORITHMS = [
  'ecdsa_secp256r1_sha256',
  'rsa_pss_rsae_sha256',
  'rsa_pkcs1_sha256',
  'ecdsa_secp384r1_sha384',
  'rsa_pss_rsae_sha384',
  'rsa_pkcs1_sha384',
  'rsa_pss_rsae_sha512',
  'rsa_pkcs1_sha512',
  'ed25519',
].join(':');
/** What a peer may send that nobody reads; whoever reads makes it grow. */
const INITIAL_STREAM_BYTES = 256 * 1024;
const INITIAL_DATA_BYTES = 384 * 1024;
const MAX_STREAM_BYTES = 2 << 20;
const MAX_DATA_BYTES = 3 << 20;
/** Few: what a peer can make the other keep and retire stays small. Each new path takes one for good. */
const ACTIVE_CONNECTION_IDS = 4;
/** More datagrams would only get older. */
const QUEUED_DATAGRAMS = 256;
const MAX_RECEIVED_BYTES = 1_500;

/** What both ends are made with. */
export interface CommonSettings {
  readonly alpn: readonly string[];
  readonly limits: QuicLimits;
}

/** @param ca PEM; undefined to let the other process judge the certificate */
export function clientConfig(
  native: NativeQuic,
  settings: CommonSettings & { readonly ca: string | undefined },
): NativeConfig {
  const ca = settings.ca === undefined ? undefined : bytesOf(settings.ca);
  const config = native.Config.withBoringSslCtx(
    true,
    ca === undefined,
    ca,
    undefined,
    undefined,
    SIGNATURE_ALGORITHMS,
  );
  return configured(config, settings);
}

/** @param settings certificate and key in PEM; the ticket key has 48 bytes */
export function serverConfig(
  native: NativeQuic,
  settings: CommonSettings & {
    readonly certificate: string;
    readonly key: string;
    readonly ticketKey: Uint8Array;
  },
): NativeConfig {
  const config = native.Config.withBoringSslCtx(
    false,
    false,
    undefined,
    [bytesOf(settings.key)],
    [bytesOf(settings.certificate)],
    SIGNATURE_ALGORITHMS,
  );
  config.setTicketKey(settings.ticketKey);
  return configured(config, settings);
}

function configured(config: NativeConfig, { alpn, limits }: CommonSettings): NativeConfig {
  config.setApplicationProtos(alpn);
  config.setMaxIdleTimeout(limits.idleTimeoutMs);
  config.setMaxRecvUdpPayloadSize(MAX_RECEIVED_BYTES);
  config.setMaxSendUdpPayloadSize(MAX_PACKET_BYTES);
  config.setInitialMaxData(INITIAL_DATA_BYTES);
  config.setInitialMaxStreamDataBidiLocal(INITIAL_STREAM_BYTES);
  config.setInitialMaxStreamDataBidiRemote(INITIAL_STREAM_BYTES);
  config.setInitialMaxStreamsBidi(1);
  config.setInitialMaxStreamsUni(0);
  config.setMaxStreamWindow(MAX_STREAM_BYTES);
  config.setMaxConnectionWindow(MAX_DATA_BYTES);
  config.setActiveConnectionIdLimit(ACTIVE_CONNECTION_IDS);
  config.setDisableActiveMigration(false);
  config.setCcAlgorithmName('cubic');
  config.enablePacing(false);
  config.enableDgram(true, QUEUED_DATAGRAMS, QUEUED_DATAGRAMS);
  config.enableEarlyData();
  return config;
}

function bytesOf(pem: string): Uint8Array {
  return new TextEncoder().encode(pem);
}
