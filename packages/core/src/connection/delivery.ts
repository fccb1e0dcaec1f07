import type { ReceivedMessage } from '../message/received-message.js';
import { LANE_RELIABLE, type Lane } from '../message/reliability.js';
import type { StateCarrier } from '../state-carrier.js';

/**
 * Messages that arrived whole and wait to be taken. In *signed* mode a message waits for the
 * statement that covers it; in *authenticated* mode only for the peer's OPEN (SPEC 8.5).
 */
export class Delivery {
  readonly #signed: boolean;
  #opened = false;
  /** Taken ones leave a hole, so that nothing refers to them any more. */
  #ready: (ReceivedMessage | undefined)[] = [];
  #head = 0;
  /** Reliable messages without a statement, in order. */
  #unsignedReliable: (ReceivedMessage | undefined)[] = [];
  #unsignedHead = 0;
  /** Lossy messages without a statement, as they came. */
  #unsignedLossy: ReceivedMessage[] = [];

  constructor(signed: boolean) {
    this.#signed = signed;
  }

  /** Whether the peer's OPEN is verified. */
  get isOpen(): boolean {
    return this.#opened;
  }

  /** Messages that can be taken now. */
  get readyCount(): number {
    return this.#ready.length - this.#head;
  }

  /** Whether no message waits, neither for its statement nor to be taken. */
  get isEmpty(): boolean {
    if (this.readyCount > 0) return false;
    if (this.#opened && !this.#signed) return true;
    return this.unverifiedCount(0) === 0 && this.unverifiedCount(1) === 0;
  }

  /** Messages of a lane that no verified statement covers. */
  unverifiedCount(lane: Lane): number {
    if (lane === LANE_RELIABLE) return this.#unsignedReliable.length - this.#unsignedHead;
    return this.#unsignedLossy.length;
  }

  add(message: ReceivedMessage): void {
    if (message.lane === LANE_RELIABLE) this.#unsignedReliable.push(message);
    else this.#unsignedLossy.push(message);
    if (!this.#signed && this.#opened) this.#ready.push(message);
  }

  /** The peer's OPEN is verified. */
  open(): void {
    if (this.#opened) return;
    this.#opened = true;
    if (this.#signed) return;
    for (let i = this.#unsignedHead; i < this.#unsignedReliable.length; i++) {
      this.#ready.push(this.#unsignedReliable[i]!);
    }
    for (const message of this.#unsignedLossy) this.#ready.push(message);
  }

  /** A verified statement covers the messages below these numbers. */
  verified(reliableThrough: number, lossyThrough: number): void {
    this.#verifyReliable(reliableThrough);
    if (this.#unsignedLossy.length > 0) this.#verifyLossy(lossyThrough);
  }

  /** The next message for the application. */
  take(): ReceivedMessage | undefined {
    const message = this.#ready[this.#head];
    if (message === undefined) return undefined;
    this.#ready[this.#head++] = undefined;
    if (this.#head === this.#ready.length) {
      this.#ready.length = 0;
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 >= this.#ready.length) {
      this.#ready = this.#ready.slice(this.#head);
      this.#head = 0;
    }
    return message;
  }

  /** Drops what nobody may have any more: messages no statement ever covered, in signed mode. */
  discardUnverified(): void {
    this.#unsignedReliable = [];
    this.#unsignedHead = 0;
    this.#unsignedLossy = [];
  }

  /** With no message waiting: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#opened = state.flag(this.#opened);
  }

  #verifyReliable(through: number): void {
    const queue = this.#unsignedReliable;
    while (this.#unsignedHead < queue.length) {
      const message = queue[this.#unsignedHead]!;
      if (message.n >= through) break;
      queue[this.#unsignedHead++] = undefined;
      this.#release(message);
    }
    if (this.#unsignedHead === queue.length) {
      queue.length = 0;
      this.#unsignedHead = 0;
    } else if (this.#unsignedHead >= 1024) {
      this.#unsignedReliable = queue.slice(this.#unsignedHead);
      this.#unsignedHead = 0;
    }
  }

  #verifyLossy(through: number): void {
    const queue = this.#unsignedLossy;
    let kept = 0;
    for (const message of queue) {
      if (message.n < through) this.#release(message);
      else queue[kept++] = message;
    }
    queue.length = kept;
  }

  #release(message: ReceivedMessage): void {
    message.verified = true;
    if (this.#signed) this.#ready.push(message);
  }
}
