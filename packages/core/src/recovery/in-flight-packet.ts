/** A packet the {@link FlowController} waits for. */
export class InFlightPacket {
  readonly sequence: number;
  readonly data: Uint8Array;
  /** When it was sent, or sent again, last. */
  sentAt: number;
  /** How often it was sent again. */
  retransmitCount = 0;

  constructor(sequence: number, data: Uint8Array, sentAt: number) {
    this.sequence = sequence;
    this.data = data;
    this.sentAt = sentAt;
  }

  /** Whether it has been out for `rtoMs` or longer. */
  isTimedOut(rtoMs: number, now: number): boolean {
    return now >= this.sentAt + rtoMs;
  }
}

/** A packet to send again. */
export interface RetransmitRequest {
  readonly sequence: number;
  /** What was given to `onSend`, the same bytes. */
  readonly data: Uint8Array;
  /** How often it had been sent again before this request. */
  readonly retransmitCount: number;
}
