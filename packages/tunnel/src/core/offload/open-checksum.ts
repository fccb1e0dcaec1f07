import { fold, setU16, wordSum } from '../ip/packet-fields.js';
import { NEEDS_CHECKSUM, VIRTIO_HEADER_BYTES, VirtioField, virtioField } from './virtio-header.js';

/**
 * Completes the checksum of a frame that has {@link NEEDS_CHECKSUM}, where its header says that it
 * begins and stands: what is in between, such as a tunnel of the system's own, only the system knows.
 *
 * @param length of header and packet, in bytes
 * @returns false when it would stand behind the end: then nothing has changed
 */
export function completeOpenChecksum(frame: Uint8Array, length: number): boolean {
  const start = VIRTIO_HEADER_BYTES + virtioField(frame, VirtioField.checksumStart);
  const at = start + virtioField(frame, VirtioField.checksumOffset);
  if (at + 2 > length) return false;
  const sum = ~fold(wordSum(frame, start, length)) & 0xffff;
  // Only UDP gives 0 a meaning of its own; elsewhere the two zeros of the sum are the same.
  setU16(frame, at, sum === 0 ? 0xffff : sum);
  frame[VirtioField.flags]! &= ~NEEDS_CHECKSUM;
  return true;
}
