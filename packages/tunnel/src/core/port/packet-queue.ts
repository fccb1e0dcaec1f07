import type { QueuedFrame } from '../offload/queued-frame.js';

/** The queue that a port takes its packets from: what waits before a carrier (rule D3). */
export interface PacketQueue {
  /** Whose next packet is to be sent, after what waited for too long was dropped. */
  head(now: number): QueuedFrame | undefined;
  /** A packet of so many bytes was taken out of the head. */
  sent(bytes: number): void;
  enqueue(frame: QueuedFrame, now: number): void;
  /** Gives up all that waits. */
  clear(): void;
}
