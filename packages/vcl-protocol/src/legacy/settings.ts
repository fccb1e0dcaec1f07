import {
  type CryptoProvider,
  LEGACY_MAX_FRAGMENT_BYTES,
  type Signer,
  VCLError,
} from '@vcl-protocol/core';
import { KeyPair } from '../crypto.js';
import type { DatagramNetwork } from '../datagram-link.js';
import { toPublicKey } from '../identity/public-key.js';
import { type Logger, silentLogger } from '../logger.js';
import { udpNetwork } from '../node/udp/networks.js';
import { RateLimitedLog } from '../rate-limited-log.js';
import { requireIdleTimeout, requireKnownNames, requireSecure } from '../settings.js';
import {
  LEGACY_WIRE,
  type LegacyCommonOptions,
  type LegacyConnectionOptions,
  type SeparateIdentityOptions,
  type SharedIdentityOptions,
} from './options.js';

/** Options of a connection, checked and with their defaults. */
export interface LegacySettings
  extends Required<Omit<LegacyCommonOptions, 'wire' | 'signal' | 'crypto'>> {
  readonly crypto: CryptoProvider;
  readonly signer: Signer;
  readonly peerKey: Uint8Array;
  readonly logger: Logger;
  /** The same, for what anybody can provoke. */
  readonly dropLog: RateLimitedLog;
  readonly network: DatagramNetwork;
}

type AnyOptions = LegacyCommonOptions & Partial<SharedIdentityOptions & SeparateIdentityOptions>;
/** Name, default, least and most of the options that are numbers. */
type NumberName =
  | 'fragmentSize'
  | 'maxMessageBytes'
  | 'packetsPerSecond'
  | 'gapTimeoutMs'
  | 'connectTimeoutMs';

const NUMBERS: Readonly<Record<NumberName, readonly [number, number, number]>> = {
  fragmentSize: [1_200, 1, LEGACY_MAX_FRAGMENT_BYTES],
  maxMessageBytes: [16 * 1024 * 1024, 1, 64 * 1024 * 1024],
  packetsPerSecond: [4_000, 1, 1_000_000],
  gapTimeoutMs: [1_000, 0, 60_000],
  connectTimeoutMs: [10_000, 1, 600_000],
};
const DEFAULT_IDLE_TIMEOUT_MS = 60_000;
const OPTIONS: readonly string[] = [
  ...Object.keys(NUMBERS),
  'wire',
  'sharedIdentity',
  'identity',
  'peerKey',
  'acceptRotation',
  'idleTimeoutMs',
  'logger',
  'crypto',
  'network',
  'signal',
];

/** @throws VCLError `InvalidConfig` that names the option, `InvalidKey` for a bad key */
export function resolveLegacySettings(options: LegacyConnectionOptions): LegacySettings {
  requireKnownNames(options, OPTIONS);
  const given: AnyOptions = options;
  requireWire(given.wire);
  options.signal?.throwIfAborted();
  const { idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS, logger = silentLogger } = given;
  requireIdleTimeout(idleTimeoutMs, 'idleTimeoutMs', 1);
  const crypto = requireSecure(given.crypto);
  return {
    ...resolveIdentity(given, crypto),
    crypto,
    fragmentSize: numberOf(given, 'fragmentSize'),
    maxMessageBytes: numberOf(given, 'maxMessageBytes'),
    packetsPerSecond: numberOf(given, 'packetsPerSecond'),
    gapTimeoutMs: numberOf(given, 'gapTimeoutMs'),
    connectTimeoutMs: numberOf(given, 'connectTimeoutMs'),
    acceptRotation: given.acceptRotation ?? true,
    idleTimeoutMs,
    logger,
    dropLog: new RateLimitedLog(logger),
    network: given.network ?? udpNetwork(),
  };
}

function requireWire(wire: unknown): void {
  if (wire === LEGACY_WIRE) return;
  throw new VCLError(
    'InvalidConfig',
    `wire must be '${LEGACY_WIRE}', spelled out: this class speaks the unsafe wire of the Rust crate ` +
      `and no other. Got ${String(wire)}; for everything else use VCLConnection`,
  );
}

function resolveIdentity(
  { sharedIdentity, identity, peerKey }: AnyOptions,
  crypto: CryptoProvider,
): { signer: Signer; peerKey: Uint8Array } {
  const isShared = sharedIdentity !== undefined;
  const isSeparate = identity !== undefined && peerKey !== undefined;
  if (isShared === isSeparate || (isShared && (identity ?? peerKey) !== undefined)) {
    throw new VCLError(
      'InvalidConfig',
      'name either sharedIdentity, the key that a peer of the crate was given by set_shared_key, or ' +
        'identity and peerKey for a peer that checks with your key',
    );
  }
  if (isShared) {
    const signer = crypto.createSigner(seedOf(sharedIdentity));
    return { signer, peerKey: signer.publicKey };
  }
  if (!(identity instanceof KeyPair) || peerKey === undefined) {
    throw new VCLError('InvalidConfig', 'identity must be a KeyPair');
  }
  return {
    signer: crypto.createSigner(identity.privateKey),
    peerKey: toPublicKey(peerKey, crypto),
  };
}

function seedOf(shared: KeyPair | Uint8Array): Uint8Array {
  if (shared instanceof KeyPair) return shared.privateKey;
  if (shared instanceof Uint8Array && shared.length === 32) return shared;
  throw new VCLError('InvalidKey', 'sharedIdentity must be a KeyPair or a seed of 32 bytes');
}

function numberOf(options: AnyOptions, name: NumberName): number {
  const [byDefault, least, most] = NUMBERS[name];
  const value = options[name] ?? byDefault;
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new VCLError(
    'InvalidConfig',
    `${name} must be a whole number from ${least} to ${most}: got ${value}`,
  );
}
