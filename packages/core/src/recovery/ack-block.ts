/**
 * A decoded ACK frame: inclusive ranges in descending order, index 0 the highest (RFC 9000 19.3).
 * The decoder guarantees the order and `start <= end`; one object serves for all frames.
 */
export interface AckBlock {
  /** Ranges in use. */
  readonly count: number;
  /** The lowest packet number of each range. */
  readonly starts: Float64Array;
  /** The highest packet number of each range, inclusive. */
  readonly ends: Float64Array;
  /** How long the peer says it held the acknowledgement back. */
  readonly delayMs: number;
}

/** The largest packet number that `block`, which is not empty, acknowledges. */
export function largestOf(block: AckBlock): number {
  return block.ends[0]!;
}

/** The smallest packet number that `block`, which is not empty, acknowledges. */
export function smallestOf(block: AckBlock): number {
  return block.starts[block.count - 1]!;
}

/** Whether `block` acknowledges `packetNumber`. */
export function acknowledges(block: AckBlock, packetNumber: number): boolean {
  for (let index = 0; index < block.count; index++) {
    if (packetNumber >= block.starts[index]!) return packetNumber <= block.ends[index]!;
  }
  return false;
}
