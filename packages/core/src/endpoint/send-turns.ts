import { Fifo } from '../fifo.js';
import type { SessionSlot } from './session-slot.js';

/** Datagrams that a session may send before it is another one's turn. */
const DATAGRAMS_A_TURN = 16;

/** Sessions that may have something to send, a turn of some datagrams each: neighbours to one peer leave as one train. */
export class SendTurns {
  readonly #waiting = new Fifo<SessionSlot>();
  #current: SessionSlot | undefined;
  #sent = 0;

  /** The session may have something to send; once until it is {@link SendTurns.pass}ed over. */
  add(slot: SessionSlot): void {
    if (slot.isQueued) return;
    slot.isQueued = true;
    this.#waiting.push(slot);
  }

  /** Who sends the next datagram. */
  next(): SessionSlot | undefined {
    if (this.#current !== undefined && this.#sent++ < DATAGRAMS_A_TURN) return this.#current;
    if (this.#current !== undefined) this.#waiting.push(this.#current);
    this.#current = this.#waiting.poll();
    this.#sent = 1;
    return this.#current;
  }

  /** Whose turn it is has nothing to send. */
  pass(): void {
    if (this.#current !== undefined) this.#current.isQueued = false;
    this.#current = undefined;
  }
}
