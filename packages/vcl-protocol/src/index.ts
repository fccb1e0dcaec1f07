/**
 * VCL: a secure, chained realtime link whose traffic can be proved afterwards. Symbols above the line
 * are for applications, those below for tools and drivers.
 *
 * @packageDocumentation
 */
export {
  CloseCode,
  type CloseOptions,
  type CongestionMode,
  closeCodeName,
  type DeliveryMode,
  type DropReason,
  type EvidenceMode,
  type FlowView,
  Fragment,
  Fragmenter,
  type FragmenterVerbs,
  hasRetransmission,
  InFlightPacket,
  isTcp,
  type LogReport,
  type LogStatus,
  needsFragmentation,
  type PacketPort,
  type PeerSilence,
  ReliabilityMode,
  type RemoteAddress,
  type ResolvedConfig,
  type RetransmitRequest,
  type SendOptions,
  type SessionReport,
  type SigningMode,
  TransportMode,
  VCLConfig,
  VCLError,
  type VCLErrorCode,
  type VCLErrorOptions,
} from '@vcl-protocol/core';
export type { CarrierName } from './carriers/carrier-name.js';
export type {
  CarrierOptions,
  CarrierTls,
  HttpRequest,
  HttpResponse,
  QuicCarrierOptions,
} from './carriers/carrier-options.js';
export { VCLConnection } from './connection.js';
export type {
  CommonOptions,
  ConnectOptions,
  EarlyArrival,
  RecordDirectoryOptions,
  RecordFileOptions,
  VCLConnectionOptions,
  VCLListenerOptions,
  WaitOptions,
} from './connection-options.js';
export {
  decryptPayload,
  type EncryptedPayload,
  encryptPayload,
  hashData,
  KeyPair,
} from './crypto.js';
export {
  type EventSubscription,
  SUBSCRIBER_TOO_SLOW,
  type SubscribeOptions,
  type VCLEvent,
} from './events.js';
export { FlowController, type FlowControllerSettings } from './flow-controller.js';
export type { ClientInfo, ClientPolicy, Enrolment } from './identity/client-policy.js';
export type { KnownHostStore } from './identity/known-host-store.js';
export {
  decodePublicKey,
  encodePublicKey,
  fingerprint,
  type PublicKeyLike,
} from './identity/public-key.js';
export type { ServerTrust } from './identity/trust.js';
export { VCLListener } from './listener.js';
export {
  type ConsoleSink,
  consoleLogger,
  type LogFields,
  type Logger,
  type LogLevel,
  silentLogger,
} from './logger.js';
export { VCLMetrics, type VCLMetricsOptions } from './metrics.js';
export {
  type AttachOptions as WebSocketCarrierServerOptions,
  WebSocketCarrierServer,
} from './node/carriers/websocket-server.js';
export {
  loadKeyFile,
  loadOrCreateKeyFile,
  type SaveKeyFileOptions,
  saveKeyFile,
} from './node/identity/key-file.js';
export {
  type ChangedHost,
  defaultKnownHostsPath,
  type KnownHostLookup,
  KnownHosts,
} from './node/identity/known-hosts.js';
export { verifySessionLog } from './node/verify-session-log.js';
export { type LaneName, PacketType, VCLPacket, type VCLPacketSummary } from './packet.js';
export type { ProviderName } from './platform.js';
export { VCLPool, type VCLPoolOptions } from './pool.js';
export { Reassembler, type ReassemblerSettings } from './reassembler.js';
export type { MessageOptions } from './send-options.js';

export type { RawMessage } from './transport/raw-carrier.js';
export { VCLTransport } from './transport.js';

// For tools and drivers.

export {
  type CryptoProvider,
  PacketOutlet,
  SessionLogVerifier,
  type Signer,
} from '@vcl-protocol/core';
export {
  type AddressPurpose,
  type CarrierAddress,
  type CarrierScheme,
  DEFAULT_PATH as DEFAULT_WEBSOCKET_PATH,
  formatCarrierAddress,
  parseCarrierAddress,
} from './carrier-address.js';
export type { CarrierHandler, CarrierLink, CarrierServer } from './carrier-link.js';
export { type BindPlan, planBind } from './carriers/carrier-plan.js';
export type { DatagramLink, DatagramNetwork, LinkHandler, LinkOptions } from './datagram-link.js';
export { type MemoryDatagram, MemoryNetwork, type MemoryNetworkOptions } from './memory-link.js';
export {
  chooseProvider,
  listProviders,
  type ProviderReport,
} from './node/crypto/choose.js';
export {
  describeUdp,
  dgramNetwork,
  fastUdpNetwork,
  type UdpReport,
} from './node/udp/networks.js';
export { describeQuic, type QuicDescription } from './quic/describe.js';
export { RateLimitedLog, type RateLimitedLogOptions } from './rate-limited-log.js';
