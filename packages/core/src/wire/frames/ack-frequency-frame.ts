import { FrameType } from '../frame-types.js';
import type { Reader } from '../reader.js';
import type { Writer } from '../writer.js';

/** The most bytes an ACK_FREQUENCY frame takes. */
export const ACK_FREQUENCY_MAX_BYTES = 25;

/** A decoded ACK_FREQUENCY frame (SPEC 10): how often the sender wants to be acknowledged. */
export class AckFrequencyFrame {
  /** Grows with every such frame; an older one counts no more. */
  sequence = 0;
  /** How many ack-eliciting records to wait for before an ACK. */
  packets = 0;
  /** The longest an ACK may wait, in milliseconds. */
  maxDelayMs = 0;
}

/** Writes an ACK_FREQUENCY frame. @param maxDelayMs whole milliseconds */
export function encodeAckFrequency(
  w: Writer,
  sequence: number,
  packets: number,
  maxDelayMs: number,
): void {
  w.u8(FrameType.ACK_FREQUENCY);
  w.varint(sequence);
  w.varint(packets);
  w.varint(maxDelayMs);
}

/** Reads an ACK_FREQUENCY frame behind its type; false when it is malformed. */
export function decodeAckFrequency(r: Reader, out: AckFrequencyFrame): boolean {
  out.sequence = r.varint();
  out.packets = r.varint();
  out.maxDelayMs = r.varint();
  return !r.failed;
}
