import type { StateCarrier } from '../state-carrier.js';
import type { OutgoingMessage } from './outgoing-message.js';

const FIRST_CAPACITY = 8;
/** A ring of more slots than this is given back when nothing is in it. */
const KEPT_CAPACITY = 1_024;

/** The numbered messages of a lane that are not settled yet, by number, in a growing ring. */
export class MessageRing {
  /** The lowest number that is not settled. */
  base = 0;
  /** The next number to give. */
  next = 0;
  #slots: (OutgoingMessage | undefined)[] = [];
  #mask = -1;

  push(message: OutgoingMessage): void {
    if (this.next - this.base > this.#mask) this.#grow();
    this.#slots[this.next & this.#mask] = message;
    this.next++;
  }

  get(n: number): OutgoingMessage | undefined {
    if (n < this.base || n >= this.next) return undefined;
    return this.#slots[n & this.#mask];
  }

  /** Message `n` is done with: acknowledged, or its GAP is. */
  settle(n: number): void {
    if (n < this.base || n >= this.next) return;
    this.#slots[n & this.#mask] = undefined;
    while (this.base < this.next && this.#slots[this.base & this.#mask] === undefined) this.base++;
    if (this.base === this.next && this.#mask >= KEPT_CAPACITY) this.#release();
  }

  /** While it is empty: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.base = state.number(this.base);
    this.next = state.number(this.next);
  }

  #release(): void {
    this.#slots = [];
    this.#mask = -1;
  }

  #grow(): void {
    const size = Math.max(FIRST_CAPACITY, (this.#mask + 1) * 2);
    const slots = new Array<OutgoingMessage | undefined>(size);
    for (let n = this.base; n < this.next; n++) slots[n & (size - 1)] = this.#slots[n & this.#mask];
    this.#slots = slots;
    this.#mask = size - 1;
  }
}
