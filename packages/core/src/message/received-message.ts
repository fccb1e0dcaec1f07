import type { Lane } from './reliability.js';

/** A message that arrived whole. */
export interface ReceivedMessage {
  readonly lane: Lane;
  /** Its number in the lane, from 0. */
  readonly n: number;
  /** The application's number for the message. */
  readonly kind: number;
  readonly payload: Uint8Array;
  /** SPEC 8.1. */
  readonly leaf: Uint8Array;
  /** Whether a verified statement covers it. */
  verified: boolean;
  /** Whether a GAP has given its credit back already, so that taking it does not again. */
  readonly credited: boolean;
  /** Whether it took more than one frame. */
  readonly inPieces: boolean;
}
