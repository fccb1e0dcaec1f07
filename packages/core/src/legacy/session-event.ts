import type { VCLError } from '../errors.js';
import type { LegacyDropReason } from './drop-reason.js';

/** What happened in a {@link LegacySession}. */
export type LegacySessionEvent =
  /** A message is whole. `sequence` and `hash` are of its last packet, as the crate counts. */
  | {
      readonly type: 'message';
      readonly sequence: number;
      readonly hash: Uint8Array;
      readonly payload: Uint8Array;
      readonly isReassembled: boolean;
    }
  /** A ping came; the answer is on its way. */
  | { readonly type: 'ping' }
  /** The answer to ping `id` came. */
  | { readonly type: 'pong'; readonly id: number; readonly latencyMs: number }
  /** New keys are in use. `isOwn` tells whether this side had asked for them. */
  | { readonly type: 'key-rotated'; readonly isOwn: boolean }
  | { readonly type: 'dropped'; readonly reason: LegacyDropReason }
  /** Nothing follows. */
  | { readonly type: 'ended'; readonly error: VCLError };
