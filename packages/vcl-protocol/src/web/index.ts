/**
 * VCL in a browser: the same sessions on the same core, over a WebSocket.
 *
 * @packageDocumentation
 */
export {
  CloseCode,
  type CloseOptions,
  type CongestionMode,
  type CryptoProvider,
  closeCodeName,
  type DeliveryMode,
  type DropReason,
  type EvidenceMode,
  type FlowView,
  type LogReport,
  type LogStatus,
  ReliabilityMode,
  type RemoteAddress,
  type ResolvedConfig,
  type SendOptions,
  SessionLogVerifier,
  type SessionReport,
  type Signer,
  type SigningMode,
  TransportMode,
  VCLConfig,
  VCLError,
  type VCLErrorCode,
  type VCLErrorOptions,
} from '@vcl-protocol/core';
export { VCLConnection } from '../connection.js';
export type {
  CommonOptions,
  ConnectOptions,
  VCLConnectionOptions,
  WaitOptions,
} from '../connection-options.js';
export {
  decryptPayload,
  type EncryptedPayload,
  encryptPayload,
  hashData,
  KeyPair,
} from '../crypto.js';
export {
  type EventSubscription,
  SUBSCRIBER_TOO_SLOW,
  type SubscribeOptions,
  type VCLEvent,
} from '../events.js';
export type { KnownHostStore } from '../identity/known-host-store.js';
export {
  decodePublicKey,
  encodePublicKey,
  fingerprint,
  type PublicKeyLike,
} from '../identity/public-key.js';
export type { ServerTrust } from '../identity/trust.js';
export {
  type ConsoleSink,
  consoleLogger,
  type LogFields,
  type Logger,
  type LogLevel,
  silentLogger,
} from '../logger.js';
export { VCLMetrics, type VCLMetricsOptions } from '../metrics.js';
export { type LaneName, PacketType, VCLPacket, type VCLPacketSummary } from '../packet.js';
export { VCLPool, type VCLPoolOptions } from '../pool.js';
export type { MessageOptions } from '../send-options.js';
export { chooseProvider } from './crypto/choose.js';
export { type SodiumModule, sodiumProvider } from './crypto/sodium.js';
export { exportIdentity, importIdentity } from './identity-text.js';
export { StoredKnownHosts, type TextStore } from './known-hosts.js';
export { type PageFile, verifySessionLog } from './verify-session-log.js';
