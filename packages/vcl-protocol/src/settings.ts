import {
  type CryptoProvider,
  closestName,
  OuterKeys,
  type ResolvedConfig,
  resolveConfig,
  type Signer,
  VCLError,
} from '@vcl-protocol/core';
import { platform } from '#platform';
import type { CarrierOptions } from './carriers/carrier-options.js';
import type { CommonOptions } from './connection-options.js';
import { KeyPair } from './crypto.js';
import type { DatagramNetwork } from './datagram-link.js';
import { type Logger, silentLogger } from './logger.js';
import { RateLimitedLog } from './rate-limited-log.js';
import type { KeyLog } from './session-log.js';

/** Options of a connection or listener, checked and with their defaults. */
export interface Settings {
  readonly crypto: CryptoProvider;
  readonly publicKey: Uint8Array;
  readonly signer: Signer;
  readonly config: ResolvedConfig;
  /** The user's, for what happens once. */
  readonly logger: Logger;
  /** The same, for sessions that come and go. */
  readonly sessionLog: RateLimitedLog;
  /** The same, for what anybody can provoke. */
  readonly dropLog: RateLimitedLog;
  readonly keyLog: KeyLog | undefined;
  readonly allowSelf: boolean;
  /** As it was given; {@link DEFAULT_IDLE_TIMEOUT_MS} is the default. */
  readonly idleTimeoutMs: number;
  readonly invitations: readonly OuterKeys[];
  readonly carriers: CarrierOptions;
  /** Whether the caller brought the network, beside which there are no carriers. */
  readonly hasOwnNetwork: boolean;
  /** Undefined where only carriers connect: see {@link requireDatagrams}. */
  readonly network: DatagramNetwork | undefined;
}

/** Silence after which a session ends, unless the user says otherwise (guide 1.5.0). */
const DEFAULT_IDLE_TIMEOUT_MS = 60_000;
/** The largest idle timeout that can be told to a peer (SPEC 4.2). */
const MAX_IDLE_TIMEOUT_MS = 2 ** 32;
/** An endpoint answers under at most four secrets (SPEC 2.5), two of which are its own. */
const MAX_INVITATIONS = 2;
const ONE_WIRE =
  'wire is not an option: this class speaks one wire. For peers that run the Rust crate 1.5, import ' +
  "LegacyConnection from 'vcl-protocol/legacy' and read docs/legacy-wire.md first";
/** Lines about sessions of one kind that are written in ten seconds. */
const SESSION_LINES = 100;

/**
 * Checks the options that connections and listeners share.
 *
 * @param known the names that the options may have
 * @throws VCLError `InvalidConfig` that names the option; `InvalidKey` and `IoError` of identity and
 * key log
 */
export async function resolveSettings(
  options: CommonOptions,
  known: readonly string[],
): Promise<Settings> {
  requireKnownNames(options, known);
  options.signal?.throwIfAborted();
  const config = resolveConfig(options.config);
  const crypto = requireSecure(options.crypto);
  const logger = options.logger ?? silentLogger;
  const { idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS } = options;
  requireIdleTimeout(idleTimeoutMs, 'idleTimeoutMs', 1);
  const invitations = requireInvitations(options.invitations ?? [], crypto);
  const identity = await identityOf(options.identity);
  const keyLogFile = options.keyLogFile ?? platform.defaultKeyLogFile();
  const signer = crypto.createSigner(identity.privateKey);
  // The signer has its copy; a key pair of the caller stays the caller's.
  if (identity !== options.identity) identity.wipe();
  return {
    crypto,
    publicKey: identity.publicKey,
    signer,
    config,
    logger,
    sessionLog: new RateLimitedLog(logger, { burst: SESSION_LINES }),
    dropLog: new RateLimitedLog(logger),
    keyLog: keyLogFile === '' ? undefined : await platform.openKeyLog(keyLogFile, logger),
    allowSelf: options.allowSelf ?? false,
    idleTimeoutMs,
    invitations,
    carriers: requireCarriers(options.carriers ?? {}),
    hasOwnNetwork: options.network !== undefined,
    network: options.network ?? platform.datagramNetwork(),
  };
}

/** @throws VCLError `IoError` where there are no datagrams, as in a browser */
export function requireDatagrams({ network }: Settings): DatagramNetwork {
  if (network !== undefined) return network;
  throw new VCLError('IoError', 'there is no UDP here: connect to a wss:// address of the server');
}

/** Wipes the private key and writes what the logs have held back; nothing may use them any more. */
export function releaseSettings({ signer, sessionLog, dropLog }: Settings): void {
  signer.wipe();
  sessionLog.flush(true);
  dropLog.flush(true);
}

/**
 * @param name of the option, for the message
 * @param unitMs milliseconds in one unit of `value`
 * @throws VCLError `InvalidConfig` when it is no time span that can be told to a peer
 */
export function requireIdleTimeout(value: number, name: string, unitMs: number): void {
  if (Number.isFinite(value) && value >= 0 && value * unitMs <= MAX_IDLE_TIMEOUT_MS) return;
  throw new VCLError(
    'InvalidConfig',
    `${name} must be from 0 (never) to ${Math.floor(MAX_IDLE_TIMEOUT_MS / unitMs)}: got ${value}`,
  );
}

/** The options of {@link CommonOptions}. */
export const COMMON_OPTIONS: readonly string[] = [
  'identity',
  'config',
  'keyLogFile',
  'logger',
  'crypto',
  'allowSelf',
  'idleTimeoutMs',
  'signal',
  'invitations',
  'carriers',
  'network',
];
const CARRIER_OPTIONS: readonly string[] = [
  'path',
  'tls',
  'origins',
  'proxy',
  'quic',
  'onRequest',
] satisfies (keyof CarrierOptions)[];

/** @throws VCLError `InvalidConfig` for a name that is not among the known ones */
export function requireKnownNames(options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    if (name === 'wire') throw new VCLError('InvalidConfig', ONE_WIRE);
    const meant = closestName(name, known);
    const advice = meant === undefined ? `known: ${known.join(', ')}` : `did you mean ${meant}?`;
    throw new VCLError('InvalidConfig', `${name} is not an option: ${advice}`);
  }
}

/**
 * Random bytes that can be predicted give every session the same keys (rule B10).
 *
 * @throws VCLError `InvalidConfig` for a provider of tests, or one that does not load
 */
export function requireSecure(chosen: CommonOptions['crypto']): CryptoProvider {
  const crypto = typeof chosen === 'object' ? chosen : platform.chooseProvider(chosen);
  if (!crypto.insecure) return crypto;
  throw new VCLError(
    'InvalidConfig',
    `the crypto provider '${crypto.name}' is for tests, its keys can be predicted: leave the ` +
      "option crypto out, or name 'sodium-native', 'node' or 'noble'",
  );
}

function requireInvitations(
  secrets: readonly Uint8Array[],
  crypto: CryptoProvider,
): readonly OuterKeys[] {
  if (secrets.length > MAX_INVITATIONS) {
    throw new VCLError('InvalidConfig', `invitations holds at most ${MAX_INVITATIONS} secrets`);
  }
  return secrets.map((secret) => OuterKeys.fromSecret(crypto, secret));
}

function requireCarriers(carriers: CarrierOptions): CarrierOptions {
  requireKnownNames(carriers, CARRIER_OPTIONS);
  const { path, quic } = carriers;
  if (path !== undefined && !path.startsWith('/')) {
    throw new VCLError('InvalidConfig', `carriers.path begins with a slash: got ${path}`);
  }
  const port = quic?.port;
  if (quic !== undefined && !(Number.isInteger(port) && port! >= 0 && port! <= 65_535)) {
    throw new VCLError('InvalidConfig', `carriers.quic.port is a port of its own: got ${port}`);
  }
  return carriers;
}

async function identityOf(identity: CommonOptions['identity']): Promise<KeyPair> {
  if (identity === undefined) return KeyPair.generate();
  if (identity instanceof KeyPair) return identity;
  if (typeof identity === 'string' && identity !== '') return await platform.loadIdentity(identity);
  throw new VCLError('InvalidConfig', 'identity must be a KeyPair or the path of an identity file');
}
