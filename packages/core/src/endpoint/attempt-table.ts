import type { RemoteAddress } from '../path/remote-address.js';
import type { AcceptAttempt } from './accept-attempt.js';

const HALF_BYTES = 4;
const NONE: readonly AcceptAttempt[] = [];

/** The attempts of clients at a server, each from its hello on for as long as attempts live. */
export class AttemptTable {
  /** In the order in which they began, which is that in which they end. */
  readonly #all = new Set<AcceptAttempt>();
  /** Those whose client has not proved its key, in the same order. */
  readonly #unproven = new Set<AcceptAttempt>();
  /** By address and attempt number: with one of the two alone, an attacker could make many alike. */
  readonly #byKey = new Map<string, readonly AcceptAttempt[]>();
  #admitted = 0;

  /** Attempts about which nothing is decided. Those with a session stay, as they may repeat their finish. */
  get halfOpen(): number {
    return this.#all.size - this.#admitted;
  }

  /** Those among {@link halfOpen} whose client has proved its key. */
  get undecided(): number {
    return this.halfOpen - this.#unproven.size;
  }

  /** The one that ends first. */
  get oldest(): AcceptAttempt | undefined {
    for (const attempt of this.#all) return attempt;
    return undefined;
  }

  /** The oldest whose client has not proved its key. */
  get oldestUnproven(): AcceptAttempt | undefined {
    for (const attempt of this.#unproven) return attempt;
    return undefined;
  }

  /** Attempts with this number from this address: several hellos may claim the same. */
  find(number: Uint8Array, from: RemoteAddress): readonly AcceptAttempt[] {
    return this.#byKey.get(keyOf(number, from)) ?? NONE;
  }

  add(attempt: AcceptAttempt): void {
    this.#all.add(attempt);
    this.#unproven.add(attempt);
    const key = keyOf(attempt.responder.attempt, attempt.remote);
    this.#byKey.set(key, [...(this.#byKey.get(key) ?? NONE), attempt]);
  }

  /** Its client has proved its key. */
  noteProven(attempt: AcceptAttempt): void {
    this.#unproven.delete(attempt);
  }

  /** It has a session. */
  noteAdmitted(attempt: AcceptAttempt): void {
    if (this.#all.has(attempt)) this.#admitted++;
  }

  remove(attempt: AcceptAttempt): void {
    if (!this.#all.delete(attempt)) return;
    this.#unproven.delete(attempt);
    if (attempt.slot !== undefined) this.#admitted--;
    const key = keyOf(attempt.responder.attempt, attempt.remote);
    const others = (this.#byKey.get(key) ?? NONE).filter((other) => other !== attempt);
    if (others.length === 0) this.#byKey.delete(key);
    else this.#byKey.set(key, others);
  }
}

function keyOf(number: Uint8Array, { address, port }: RemoteAddress): string {
  let high = 0;
  let low = 0;
  for (let i = 0; i < HALF_BYTES; i++) {
    high = high * 0x100 + number[i]!;
    low = low * 0x100 + number[HALF_BYTES + i]!;
  }
  return `${high} ${low} ${port} ${address}`;
}
