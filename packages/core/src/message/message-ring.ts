import type { StateCarrier } from '../state-carrier.js';
import type { OutgoingMessage } from './outgoing-message.js';

const FIRST_CAPACITY = 8;
/** A ring of more slots than this is given back when nothing is in it. */
const KEPT_CAPACITY = 1_024;

/** Stands for a message of which nothing is kept. */
const UNKEPT = 'unkept';

/** The numbered messages of a lane that are not settled yet, by number, in a growing ring. */
export class MessageRing {
  /** The lowest number that is not settled. */
  base = 0;
  /** The next number to give. */
  next = 0;
  #slots: (OutgoingMessage | typeof UNKEPT | undefined)[] = [];
  #mask = -1;

  push(message: OutgoingMessage): void {
    this.#put(message);
  }

  /** Gives the next number to a message that is not kept: {@link get} does not find it. */
  pushUnkept(): void {
    this.#put(UNKEPT);
  }

  get(n: number): OutgoingMessage | undefined {
    if (n < this.base || n >= this.next) return undefined;
    const slot = this.#slots[n & this.#mask];
    return slot === UNKEPT ? undefined : slot;
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

  #put(slot: OutgoingMessage | typeof UNKEPT): void {
    if (this.next - this.base > this.#mask) this.#grow();
    this.#slots[this.next & this.#mask] = slot;
    this.next++;
  }

  #release(): void {
    this.#slots = [];
    this.#mask = -1;
  }

  #grow(): void {
    const size = Math.max(FIRST_CAPACITY, (this.#mask + 1) * 2);
    const slots = new Array<OutgoingMessage | typeof UNKEPT | undefined>(size);
    for (let n = this.base; n < this.next; n++) slots[n & (size - 1)] = this.#slots[n & this.#mask];
    this.#slots = slots;
    this.#mask = size - 1;
  }
}
