/**
 * The header of a record and its two masks (SPEC 3.2, 3.3).
 *
 * ```
 * 0      1                 9              9 + pnLength
 * first  connection id 8   packet number  ciphertext ... tag 16
 * |------------ outer mask: 13 bytes ------------| sample 16 |
 * ```
 */
import { type ChaChaMask, MASK_BYTES } from '../crypto/chacha-block.js';

export {
  expandPacketNumber,
  PACKET_NUMBER_LIMIT,
  packetNumberLength,
} from './packet-number.js';

/** Length of a connection id. */
export const CID_BYTES = 8;
/** Length of the AEAD tag that ends a record. */
export const TAG_BYTES = 16;
/** Where the connection id starts in a record. */
export const CID_OFFSET = 1;
/** Where the packet number starts in a record. */
export const PACKET_NUMBER_OFFSET: number = CID_OFFSET + CID_BYTES;
/** The longest packet number on the wire. */
const MAX_PACKET_NUMBER_BYTES = 4;
/** The longest header; also how many bytes the outer mask covers. */
export const MAX_HEADER_BYTES: number = PACKET_NUMBER_OFFSET + MAX_PACKET_NUMBER_BYTES;
/** Where the sample of both masks starts: after the longest packet number. */
const SAMPLE_OFFSET: number = MAX_HEADER_BYTES;
/** Length of the sample. */
const SAMPLE_BYTES = 16;
/** The shortest record: packet number and plaintext together are at least 4 bytes. */
export const MIN_RECORD_BYTES: number = SAMPLE_OFFSET + SAMPLE_BYTES;

/** What masks need of the ChaCha20 block function (SPEC 2.4). */
export type RecordMask = Pick<ChaChaMask, 'mask'>;

/** An unmasked header, filled by {@link unmaskHeader}; one object serves for all datagrams. */
export class RecordHeader {
  /** Bytes of the packet number, 1 to 4. */
  pnLength = 0;
  /** The key epoch modulo 4. */
  epochBits = 0;
  /** The early-data bit; 0 in version 1, so a record that sets it is to be refused. */
  early = false;
  /** The low bytes of the packet number. */
  truncatedPn = 0;
  /** Where the ciphertext starts; the bytes before it are the associated data. */
  headerLength = 0;
  /** Bits 2 to 0 of the first byte; a record in which they are not 0 is to be refused. */
  reservedBits = 0;
}

/** The mask of the call under way. */
const current = new Uint8Array(MASK_BYTES);

/** The number that stands for a connection id in tables: its last 6 bytes (SPEC 6.8). */
export function cidKey(bytes: Uint8Array, offset: number): number {
  const high = (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
  return high * 2 ** 32 + readWord(bytes, offset + 4, 4);
}

/**
 * Writes the header of a record to the start of `buffer`, with nothing masked: as it stands there it
 * is the associated data.
 *
 * @param cid the 8 bytes of the receiver's connection id
 * @param epoch the sending key epoch; its low two bits travel
 * @param pn the packet number, below 2^48; its low `pnLength` bytes travel
 * @returns the length of the header
 */
export function writeRecordHeader(
  buffer: Uint8Array,
  cid: Uint8Array,
  epoch: number,
  pn: number,
  pnLength: number,
): number {
  buffer[0] = ((pnLength - 1) << 6) | ((epoch & 3) << 4);
  for (let i = 0; i < CID_BYTES; i++) buffer[CID_OFFSET + i] = cid[i]!;
  const length = PACKET_NUMBER_OFFSET + pnLength;
  // Bits above 32 are cut by the shift itself, and at most 32 of them travel.
  for (let i = length - 1, shift = 0; i >= PACKET_NUMBER_OFFSET; i--, shift += 8) {
    buffer[i] = pn >>> shift;
  }
  return length;
}

/**
 * Masks a sealed record in place: the header mask, then the outer mask (SPEC 3.3).
 *
 * @param length of the record in `buffer`, tag included; RangeError below {@link MIN_RECORD_BYTES}
 * @param hp mask of this direction of the session
 * @param omask mask of the outer secret
 */
export function maskRecord(
  buffer: Uint8Array,
  length: number,
  pnLength: number,
  hp: RecordMask,
  omask: RecordMask,
): void {
  if (length < MIN_RECORD_BYTES) {
    throw new RangeError(`a record of ${length} bytes has no sample: pad it before sealing`);
  }
  hp.mask(buffer, SAMPLE_OFFSET, current);
  buffer[0] = buffer[0]! ^ current[0]!;
  maskPacketNumber(buffer, pnLength);
  applyOuter(buffer, omask);
}

/**
 * Undoes the outer mask in place, so that the connection id can be read. A second call restores the
 * datagram as it came, for the next outer secret or the attempt to open an envelope (SPEC 3.4).
 *
 * @returns false, with nothing changed, when the datagram is too short for a record
 */
export function unmaskOuter(buffer: Uint8Array, length: number, omask: RecordMask): boolean {
  if (length < MIN_RECORD_BYTES || buffer.length < MIN_RECORD_BYTES) return false;
  applyOuter(buffer, omask);
  return true;
}

/**
 * Undoes the header mask in place, after {@link unmaskOuter}, and takes the header apart. Nothing in
 * it can be trusted before the AEAD has opened the record.
 *
 * @param hp mask of the receiving direction of the session
 * @returns false, with nothing changed, when the buffer is too short for a record
 */
export function unmaskHeader(buffer: Uint8Array, hp: RecordMask, out: RecordHeader): boolean {
  if (buffer.length < MIN_RECORD_BYTES) return false;
  hp.mask(buffer, SAMPLE_OFFSET, current);
  const first = buffer[0]! ^ current[0]!;
  buffer[0] = first;
  const pnLength = (first >> 6) + 1;
  maskPacketNumber(buffer, pnLength);
  out.pnLength = pnLength;
  out.epochBits = (first >> 4) & 3;
  out.early = (first & 8) !== 0;
  out.reservedBits = first & 7;
  out.headerLength = PACKET_NUMBER_OFFSET + pnLength;
  out.truncatedPn = readWord(buffer, PACKET_NUMBER_OFFSET, pnLength);
  return true;
}

function maskPacketNumber(buffer: Uint8Array, pnLength: number): void {
  for (let i = 0; i < pnLength; i++) {
    const at = PACKET_NUMBER_OFFSET + i;
    buffer[at] = buffer[at]! ^ current[1 + i]!;
  }
}

function applyOuter(buffer: Uint8Array, omask: RecordMask): void {
  omask.mask(buffer, SAMPLE_OFFSET, current);
  for (let i = 0; i < MAX_HEADER_BYTES; i++) buffer[i] = buffer[i]! ^ current[i]!;
}

function readWord(bytes: Uint8Array, offset: number, length: number): number {
  let value = 0;
  for (let i = 0; i < length; i++) value = (value << 8) | bytes[offset + i]!;
  return value >>> 0;
}
