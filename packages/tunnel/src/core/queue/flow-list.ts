import type { QueuedFrame } from '../offload/queued-frame.js';
import { CodelState } from './codel.js';

/** The frames of one flow, or of several that share a place. */
export class Flow {
  readonly codel: CodelState = new CodelState();
  first: QueuedFrame | undefined;
  /** Bytes of the packets that wait. */
  bytes = 0;
  /** Frames that wait, by the memory that they take. */
  large = 0;
  small = 0;
  /** Bytes that may be sent in this turn. */
  deficit = 0;
  isListed = false;
  /** For {@link FlowList}: whose turn is next. */
  next: Flow | undefined;
  #last: QueuedFrame | undefined;
  /** What `bytes` holds of the first frame. */
  #firstBytes = 0;

  push(frame: QueuedFrame): void {
    frame.next = undefined;
    if (this.#last === undefined) {
      this.first = frame;
      this.#firstBytes = frame.bytesLeft;
    } else {
      this.#last.next = frame;
    }
    this.#last = frame;
    this.bytes += frame.bytesLeft;
  }

  /** Takes the first frame out, which must be there. */
  shift(): QueuedFrame {
    const frame = this.first!;
    this.bytes -= this.#firstBytes;
    this.first = frame.next;
    this.#firstBytes = this.first?.bytesLeft ?? 0;
    if (this.first === undefined) this.#last = undefined;
    return frame;
  }

  /** Takes note of packets that are out of the first frame. @returns their bytes */
  settle(): number {
    const gone = this.#firstBytes - this.first!.bytesLeft;
    this.#firstBytes -= gone;
    this.bytes -= gone;
    return gone;
  }
}

/** Flows in the order of their turns. */
export class FlowList {
  first: Flow | undefined;
  #last: Flow | undefined;

  push(flow: Flow): void {
    flow.isListed = true;
    flow.next = undefined;
    if (this.#last === undefined) this.first = flow;
    else this.#last.next = flow;
    this.#last = flow;
  }

  /** Takes the first flow out, which must be there. */
  shift(): void {
    const flow = this.first!;
    flow.isListed = false;
    this.first = flow.next;
    flow.next = undefined;
    if (this.first === undefined) this.#last = undefined;
  }
}
