import { messageOverhead } from '../wire/frames/message-frame.js';
import type { OutgoingMessage } from './outgoing-message.js';
import type { PacketBuilder } from './packet-builder.js';
import { LANE_LOSSY, type Lane } from './reliability.js';

/** A piece smaller than this is not worth its header while more of the message follows. */
const MIN_PIECE_BYTES = 48;

/**
 * Where a frame of `message` that starts at `from` ends, or -1 when none that is worth it fits.
 *
 * @param until how far the message may be sent
 */
export function cutPiece(
  builder: PacketBuilder,
  lane: Lane,
  message: OutgoingMessage,
  from: number,
  until: number,
): number {
  const { length, kind } = message;
  const whole = from === 0 && until === length;
  const typed = kind !== 0 && from === 0;
  if (whole) {
    const overhead = messageOverhead(true, false, typed, false, 0, length, length);
    if (builder.payloadRoom(overhead) >= length) return length;
    if (waitsForNext(builder, lane, length, overhead)) return -1;
  }
  const overhead = messageOverhead(false, from === 0, typed, false, from, length, 0);
  const room = builder.payloadRoom(overhead);
  if (room < Math.min(until - from, MIN_PIECE_BYTES) || room < 0) return -1;
  const to = Math.min(until, from + room);
  return to === from && length > 0 ? -1 : to;
}

/**
 * Whether a message is better not cut but sent whole in the next datagram: always in the lossy
 * lane, where a datagram lost should cost one message; in the other when little room is wasted.
 */
function waitsForNext(
  builder: PacketBuilder,
  lane: Lane,
  length: number,
  overhead: number,
): boolean {
  if (!builder.fitsAlone(length, overhead)) return false;
  return lane === LANE_LOSSY || builder.isNearlyFull;
}
