import type { CryptoProvider } from '../crypto/provider.js';
import { VCLError } from '../errors.js';
import { OuterKeys } from '../handshake/outer-keys.js';
import type { EarlyToSend } from './early-flight.js';

/** A listener answers under at most so many outer secrets (SPEC 2.5). */
const MAX_OWN = 4;

/** What a client chooses for one attempt. */
export interface ConnectTo {
  /** The server's Ed25519 key, when it is known: only this server is accepted, and the hello is sealed for it. */
  readonly serverKey?: Uint8Array;
  /** The secret of an invitation (SPEC 2.5). */
  readonly invitation?: Uint8Array;
  /** Messages to send before the handshake has ended, with a ticket of this server (SPEC 4.7). */
  readonly early?: EarlyToSend;
}

/**
 * The outer keys under which an endpoint tries its datagrams: those it answers hellos under, which
 * stay, and those of the servers it talks to, each as long as an attempt or a session uses it.
 */
export class OuterSet {
  readonly #crypto: CryptoProvider;
  readonly #own: ReadonlySet<OuterKeys>;
  readonly #uses = new Map<OuterKeys, number>();
  #all: readonly OuterKeys[];

  /**
   * @param own those under which hellos are answered; none for an endpoint that only connects
   * @throws VCLError `InvalidConfig` for more than four
   */
  constructor(crypto: CryptoProvider, own: readonly OuterKeys[]) {
    if (own.length > MAX_OWN) {
      throw new VCLError(
        'InvalidConfig',
        `${own.length} outer secrets to answer under, ${MAX_OWN} are possible: pass fewer invitations`,
      );
    }
    this.#crypto = crypto;
    this.#own = new Set(own);
    this.#all = own;
  }

  /** All keys that live, in the order in which they are tried. */
  get all(): readonly OuterKeys[] {
    return this.#all;
  }

  /** Whether hellos under these keys are answered. */
  answers(outer: OuterKeys): boolean {
    return this.#own.has(outer);
  }

  /** The keys for an attempt; {@link release} them when it is over. */
  acquire({ serverKey, invitation }: ConnectTo): OuterKeys {
    const crypto = this.#crypto;
    const wanted =
      invitation !== undefined
        ? OuterKeys.fromSecret(crypto, invitation)
        : serverKey !== undefined
          ? OuterKeys.forServerKey(crypto, serverKey)
          : OuterKeys.open(crypto);
    const outer = this.#all.find((other) => crypto.equal(other.okey, wanted.okey)) ?? wanted;
    if (outer === wanted) this.#all = [...this.#all, wanted];
    else wanted.wipe();
    this.hold(outer);
    return outer;
  }

  /** One more attempt or session uses the keys. */
  hold(outer: OuterKeys): void {
    this.#uses.set(outer, (this.#uses.get(outer) ?? 0) + 1);
  }

  /** An attempt or session that used the keys is over; unused ones of other servers are wiped. */
  release(outer: OuterKeys): void {
    const uses = (this.#uses.get(outer) ?? 0) - 1;
    if (uses > 0) {
      this.#uses.set(outer, uses);
      return;
    }
    this.#uses.delete(outer);
    if (this.#own.has(outer) || !this.#all.includes(outer)) return;
    this.#all = this.#all.filter((other) => other !== outer);
    outer.wipe();
  }
}
