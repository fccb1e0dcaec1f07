/**
 * The VCL protocol without input or output. Symbols are for drivers and tools; applications use the
 * package `vcl-protocol`.
 *
 * @packageDocumentation
 */
export {
  type Equivocation,
  findEquivocation,
  type LogComparison,
  type SharedDirection,
} from './chain/session-log/equivocation.js';
export { decodeLogEntry } from './chain/session-log/log-decode.js';
export {
  type LogEntry,
  LogEntryType,
  type MessageEntry,
  type PreviousSession,
  type SessionEnd,
  type SessionInfo,
} from './chain/session-log/log-entry.js';
export { LogParser, type RawLogEntry } from './chain/session-log/log-parser.js';
export {
  type AlterationKind,
  type DirectionReport,
  type LaneReport,
  LOG_EXIT_CODES,
  type LogAlteration,
  type LogExitCode,
  type LogProblem,
  type LogProblemCode,
  type LogReport,
  type LogStatus,
  type PreviousReport,
  type SessionReport,
} from './chain/session-log/log-report.js';
export { SessionLogVerifier } from './chain/session-log/log-verifier.js';
export { SessionLogWriter, type SessionLogWriterOptions } from './chain/session-log/log-writer.js';
export {
  decodeStatement,
  STATEMENT_BYTES,
  type Statement,
  StatementFlags,
} from './chain/statement.js';
export { closestName } from './closest-name.js';
export {
  type CongestionMode,
  type DeliveryMode,
  type EvidenceMode,
  hasRetransmission,
  isTcp,
  needsFragmentation,
  ReliabilityMode,
  type ResolvedConfig,
  type SigningMode,
  TransportMode,
  VCLConfig,
  type VCLConfigPresets,
} from './config.js';
export {
  ADAPTIVE_CALM_BELOW,
  ADAPTIVE_LOSSY_ABOVE,
  AdaptiveReliability,
} from './connection/adaptive-reliability.js';
export type { SignatureJob } from './connection/checkpoints.js';
export type { CloseInfo } from './connection/closing.js';
export { type CloseOptions, Connection } from './connection/connection.js';
export type { ConnectionEvent } from './connection/connection-event.js';
export type { ConnectionCounters, RecordOptions } from './connection/connection-options.js';
export type { PeerSilence } from './connection/connection-view.js';
export { DropCounters, type DropReason } from './connection/drop-reason.js';
export type { SendOptions } from './connection/message-intake.js';
export { PacketOutlet } from './connection/packet-outlet.js';
export type { PacketPort } from './connection/packet-port.js';
export {
  concat,
  fromHex,
  hex,
  readU32le,
  u16be,
  u32be,
  u64be,
  utf8,
  wipe,
  writeU32be,
  writeU32le,
  writeU64be,
  writeU64le,
} from './crypto/bytes.js';
export { ChaChaMask, SaltStream } from './crypto/chacha-block.js';
export { isWellFormedPublicKey, isWellFormedSignature } from './crypto/ed25519-encoding.js';
export { hchachaSubkey } from './crypto/hchacha.js';
export { expandLabel, hkdfExpand, hkdfExtract } from './crypto/hkdf.js';
export { createNobleProvider } from './crypto/noble.js';
export { nobleIsValidPublicKey } from './crypto/noble-ed25519.js';
export type { Aead, CryptoProvider, Sha256, Signer } from './crypto/provider.js';
export { createSeededProvider } from './crypto/seeded.js';
export type { AcceptAttempt } from './endpoint/accept-attempt.js';
export type { ConnectAttempt } from './endpoint/connect-attempt.js';
export type { EarlyData } from './endpoint/early-intake.js';
export { Endpoint } from './endpoint/endpoint.js';
export type { EndpointEvent } from './endpoint/endpoint-event.js';
export type { EndpointOptions } from './endpoint/endpoint-options.js';
export type { ConnectTo } from './endpoint/outer-set.js';
export { VCLError, type VCLErrorCode, type VCLErrorOptions } from './errors.js';
export { checkEarlyMessages, type EarlyMessage, type Ticket } from './handshake/early-data.js';
export {
  EnvelopeKind,
  type OpenedEnvelope,
  openEnvelope,
  sealEnvelope,
} from './handshake/envelope.js';
export { EpochSecrets, headerKey, packetKey, packetSalt } from './handshake/epoch-secrets.js';
export type { HandshakeResult } from './handshake/handshake-result.js';
export { epochKeyLog, type KeyLogEntry, KeyLogLabel, keyLogLine } from './handshake/key-log.js';
export { OuterKeys, type OuterKind } from './handshake/outer-keys.js';
export { Carrier, defaultParams, type PqPolicy, type TransportParams } from './handshake/params.js';
export { type Role, SUITE_1, VERSION_1 } from './handshake/registry.js';
export {
  type LegacyDatagramKind,
  legacyDatagramKind,
} from './legacy/datagram-kind.js';
export type { LegacyDropReason } from './legacy/drop-reason.js';
export {
  decodeLegacyFragment,
  encodeLegacyFragment,
  type LegacyFragment,
} from './legacy/fragment.js';
export {
  decodeLegacyHandshake,
  encodeLegacyHandshake,
  type LegacyHandshakeMessage,
} from './legacy/handshake-message.js';
export { LegacyKeyExchange } from './legacy/key-exchange.js';
export type { LegacyNonceSource } from './legacy/nonces.js';
export { LEGACY_MAX_FRAGMENT_BYTES } from './legacy/outgoing.js';
export {
  decodeLegacyPacket,
  encodeLegacyPacket,
  LEGACY_PACKET_OVERHEAD,
  type LegacyPacket,
  LegacyPacketType,
  legacyPacketHash,
} from './legacy/packet.js';
export { LegacySession, type LegacySessionOptions } from './legacy/session.js';
export type { LegacySessionEvent } from './legacy/session-event.js';
export { Fragment } from './message/fragment.js';
export { Fragmenter, type FragmenterVerbs } from './message/fragmenter.js';
export { MemoryBudget } from './message/memory-budget.js';
export { Reassembler, type ReassemblerOptions } from './message/reassembler.js';
export type { ReceivedMessage } from './message/received-message.js';
export {
  type Direction,
  LANE_LOSSY,
  LANE_RELIABLE,
  type Lane,
  type MessageReliability,
} from './message/reliability.js';
export { type GuideDropReason, type MetricsOptions, VCLMetrics } from './metrics.js';
export {
  CarrierRemote,
  type CarrierRemoteOptions,
  carrierOf,
  sameAddress,
} from './path/carrier-remote.js';
export type { RemoteAddress } from './path/remote-address.js';
export type {
  CongestionAlgorithm,
  CongestionController,
} from './recovery/congestion/controller.js';
export { createCongestionController } from './recovery/congestion/create.js';
export { DeliveryStats } from './recovery/delivery-stats.js';
export {
  DEFAULT_FLOW_WINDOW,
  FlowController,
  type FlowControllerOptions,
  INITIAL_RTO_MS,
  MAX_RTO_MS,
  MIN_RTO_MS,
} from './recovery/flow-controller.js';
export { type FlowView, PathFlowView, type PathFlowViewOptions } from './recovery/flow-view.js';
export { InFlightPacket, type RetransmitRequest } from './recovery/in-flight-packet.js';
export {
  type AckVerdict,
  LossDetector,
  type LossDetectorOptions,
  type LossHandler,
  type TimeoutVerdict,
} from './recovery/loss-detector.js';
export { RangeSet } from './recovery/range-set.js';
export { ReplayWindow } from './recovery/replay-window.js';
export { RttEstimator } from './recovery/rtt.js';
export { resolveConfig } from './resolve-config.js';
export { CloseCode, closeCodeName } from './wire/close-codes.js';
export { FrameType } from './wire/frame-types.js';
export { Reader } from './wire/reader.js';
export { CID_BYTES, cidKey, MIN_RECORD_BYTES, TAG_BYTES } from './wire/record-header.js';
export { varintLength, Writer } from './wire/writer.js';
