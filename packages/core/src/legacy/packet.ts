import { concat } from '../crypto/bytes.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { BincodeReader, BincodeWriter } from './bincode.js';

/** The kinds of packet of the Rust crate by their variant number. */
export const LegacyPacketType = {
  Data: 0,
  Ping: 1,
  Pong: 2,
  KeyRotation: 3,
  Fragment: 4,
} as const;
/** One of the {@link LegacyPacketType} numbers. */
export type LegacyPacketType = (typeof LegacyPacketType)[keyof typeof LegacyPacketType];

/** The version that the crate writes, and never checks (G10). */
export const LEGACY_VERSION = 2;
/** Bytes of a SHA-256 hash, as in {@link LegacyPacket.prevHash}. */
export const LEGACY_HASH_BYTES = 32;
/** Bytes of an Ed25519 signature. */
export const LEGACY_SIGNATURE_BYTES = 64;
const NONCE_BYTES = 24;
const MAX_PACKET_TYPE = 4;
/** Version, type, sequence, nonce and the lengths of the three byte strings. */
const FIXED_BYTES = 61;
/** What a packet has beside its plaintext: 173 bytes. */
export const LEGACY_PACKET_OVERHEAD = 173;

/**
 * A packet of the Rust crate, field by field. What its decoder lets through is representable: any
 * version, and previous hashes and signatures of any length.
 */
export interface LegacyPacket {
  /** One byte; {@link LEGACY_VERSION} in every packet of the crate. */
  readonly version: number;
  readonly packetType: LegacyPacketType;
  /** From 0, one more for each packet of a direction, of whatever type. A u64. */
  readonly sequence: bigint;
  /** The hash of the packet before it in its direction; 32 zeros in the first. */
  readonly prevHash: Uint8Array;
  /** 24 bytes. */
  readonly nonce: Uint8Array;
  /** Ciphertext and tag. */
  readonly payload: Uint8Array;
  /** Ed25519 over the {@link legacyPacketHash}. */
  readonly signature: Uint8Array;
}

/** @returns the datagram, byte for byte what the crate serializes */
export function encodeLegacyPacket(packet: LegacyPacket): Uint8Array {
  return new BincodeWriter(legacyPacketBytes(packet))
    .u8(packet.version)
    .u32(packet.packetType)
    .u64(packet.sequence)
    .bytes(packet.prevHash)
    .array(packet.nonce)
    .bytes(packet.payload)
    .bytes(packet.signature)
    .finish();
}

/**
 * Takes exactly what the crate's own decoder takes: bytes after the packet are ignored (G11), the
 * version is any. {@link legacyPacketBytes} tells whether bytes follow.
 *
 * @param bytes a datagram; copied
 * @returns undefined when bytes are missing or the type is unknown
 */
export function decodeLegacyPacket(bytes: Uint8Array): LegacyPacket | undefined {
  const reader = new BincodeReader(bytes);
  const version = reader.u8();
  const packetType = reader.u32();
  const sequence = reader.u64();
  const prevHash = reader.bytes();
  const nonce = reader.array(NONCE_BYTES);
  const payload = reader.bytes();
  const signature = reader.bytes();
  if (reader.failed || !isPacketType(packetType)) return undefined;
  return { version, packetType, sequence, prevHash, nonce, payload, signature };
}

/** How many bytes the packet has on the wire. */
export function legacyPacketBytes(packet: LegacyPacket): number {
  const { prevHash, payload, signature } = packet;
  return FIXED_BYTES + prevHash.length + payload.length + signature.length;
}

/**
 * What is signed, and what the next packet names: SHA-256 over version, sequence in BIG endian,
 * previous hash, nonce and ciphertext. Neither the type nor any length is covered (G8, G11).
 */
export function legacyPacketHash(
  crypto: Pick<CryptoProvider, 'sha256'>,
  packet: Omit<LegacyPacket, 'packetType' | 'signature'>,
): Uint8Array {
  const head = new Uint8Array(9);
  head[0] = packet.version;
  new DataView(head.buffer).setBigUint64(1, packet.sequence);
  return crypto.sha256(concat(head, packet.prevHash, packet.nonce, packet.payload));
}

function isPacketType(value: number): value is LegacyPacketType {
  return value <= MAX_PACKET_TYPE;
}
