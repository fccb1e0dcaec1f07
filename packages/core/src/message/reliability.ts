/** How one message travels: in order and without loss, with a limited number of repeats, or once. */
export type MessageReliability = 'reliable' | 'partial' | 'unreliable';

/** The ordered lane R (0) or the lossy lane L (1), SPEC 1. */
export type Lane = 0 | 1;

export const LANE_RELIABLE: Lane = 0;
export const LANE_LOSSY: Lane = 1;

/** The direction of a message: 0 client to server, 1 server to client (SPEC 1). */
export type Direction = 0 | 1;

/** The lane in which a reliability travels. */
export function laneOf(reliability: MessageReliability): Lane {
  return reliability === 'reliable' ? LANE_RELIABLE : LANE_LOSSY;
}
