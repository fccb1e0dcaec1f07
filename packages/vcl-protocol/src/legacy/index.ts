/**
 * The wire of the Rust crate vcl-protocol 1.5, for tests of interoperability and for moving away
 * from it. It is unsafe by design, see docs/legacy-wire.md; nothing of `vcl-protocol` ever speaks it.
 * Below the line, its messages byte for byte, for tools.
 *
 * @packageDocumentation
 */
export { type LegacyDropReason, VCLError, type VCLErrorCode } from '@vcl-protocol/core';
export { KeyPair } from '../crypto.js';
export { LegacyConnection } from './connection.js';
export {
  LEGACY_WIRE,
  type LegacyCommonOptions,
  type LegacyConnectionOptions,
  type SeparateIdentityOptions,
  type SharedIdentityOptions,
} from './options.js';

// For tools.

export {
  decodeLegacyFragment,
  decodeLegacyHandshake,
  decodeLegacyPacket,
  encodeLegacyFragment,
  encodeLegacyHandshake,
  encodeLegacyPacket,
  type LegacyDatagramKind,
  type LegacyFragment,
  type LegacyHandshakeMessage,
  LegacyKeyExchange,
  type LegacyNonceSource,
  type LegacyPacket,
  LegacyPacketType,
  LegacySession,
  type LegacySessionEvent,
  type LegacySessionOptions,
  legacyDatagramKind,
  legacyPacketHash,
} from '@vcl-protocol/core';
