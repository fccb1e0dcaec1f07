/**
 * struct virtio_net_hdr (VIRTIO 1.2 section 5.1.6, without num_buffers): what the system says about a
 * frame that it leaves to be cut, and what it is told about one that was joined. 16-bit fields are
 * in the order of the machine, which is little-endian wherever this runs.
 */
export const VIRTIO_HEADER_BYTES = 10;

/** Flag: the transport checksum holds the sum of the pseudo header only; the rest is to be added. */
export const NEEDS_CHECKSUM = 1;

/** Kinds of super-packets. */
export const GsoType = { None: 0, Tcp4: 1, Tcp6: 4 } as const;

/** Congestion experienced: CWR stands in the first segment only. */
const GSO_ECN = 0x80;

/** Where the fields stand. */
export const VirtioField = {
  flags: 0,
  gsoType: 1,
  headerLength: 2,
  gsoSize: 4,
  checksumStart: 6,
  checksumOffset: 8,
} as const;

/** Reads a 16-bit field of the header at the start of `frame`. */
export function virtioField(frame: Uint8Array, at: number): number {
  return frame[at]! | (frame[at + 1]! << 8);
}

/** Which of {@link GsoType} the frame is, whatever it says of congestion. */
export function gsoTypeOf(frame: Uint8Array): number {
  return frame[VirtioField.gsoType]! & ~GSO_ECN;
}

/** Writes a 16-bit field of the header at the start of `frame`. */
export function setVirtioField(frame: Uint8Array, at: number, value: number): void {
  frame[at] = value;
  frame[at + 1] = value >>> 8;
}
