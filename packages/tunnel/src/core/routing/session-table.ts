/** Options of {@link SessionTable}. */
export interface SessionTableOptions<S> {
  /** Sessions that one key may have at a time, from 1. Default 1. */
  readonly sessionsPerKey?: number | undefined;
  /** The probe timeout of a session (RFC 9002 section 6.2.1), in ms. */
  readonly ptoMs: (session: S) => number;
}

/** What is to be done with a session that has arrived. */
export type Arrival<S> =
  /** It lives; `slot` is its place among those of its key, from 0. */
  | { readonly verdict: 'accept'; readonly slot: number }
  /**
   * It has to wait: send a PING in each of `rivals`. `displaced` had waited before, and is to be
   * refused.
   */
  | {
      readonly verdict: 'challenge';
      readonly rivals: readonly S[];
      readonly displaced: S | undefined;
    };

/** How the waiting of a session has ended. */
export type Outcome<S> =
  /** It lives, in `slot`. `replaced` is to be closed, unless it was the end of it that made room. */
  | {
      readonly verdict: 'accept';
      readonly session: S;
      readonly slot: number;
      readonly replaced: S | undefined;
    }
  /** All that live have answered: it is to be refused. */
  | { readonly verdict: 'refuse'; readonly session: S };

/**
 * One live session a key (rule K8). A new session takes the place of an old one only when its own
 * handshake is done and the old one does not answer a PING within three probe timeouts. Otherwise two
 * holders of one key, one of whom has stolen it, would throw each other out for ever.
 */
export class SessionTable<S extends object> {
  readonly #sessionsPerKey: number;
  readonly #ptoMs: (session: S) => number;
  readonly #keys = new Map<string, KeyEntry<S>>();
  /** The entries with somebody waiting. */
  readonly #waiting = new Set<KeyEntry<S>>();
  readonly #bySession = new Map<S, KeyEntry<S>>();

  constructor(options: SessionTableOptions<S>) {
    this.#sessionsPerKey = options.sessionsPerKey ?? 1;
    this.#ptoMs = options.ptoMs;
  }

  /** The live sessions of a key. */
  sessionsOf(key: string): S[] {
    return this.#keys.get(key)?.slots.filter((one) => one !== undefined) ?? [];
  }

  /** @param session one whose handshake is done, and that is new here */
  arrive(key: string, session: S, now: number): Arrival<S> {
    const entry = this.#keys.get(key) ?? this.#enter(key);
    this.#bySession.set(session, entry);
    const slot = this.#freeSlot(entry);
    if (slot !== undefined) {
      entry.slots[slot] = session;
      return { verdict: 'accept', slot };
    }
    const displaced = entry.challenger;
    entry.challenger = session;
    if (displaced !== undefined) {
      this.#bySession.delete(displaced);
    } else {
      for (const rival of entry.slots) {
        if (rival === undefined) continue;
        entry.untilMs.set(rival, now + ANSWER_PTOS * this.#ptoMs(rival));
      }
      this.#waiting.add(entry);
    }
    return { verdict: 'challenge', rivals: [...entry.untilMs.keys()], displaced };
  }

  /** The session has answered its PING, or has proved otherwise that its peer is there. */
  answered(session: S): Outcome<S> | undefined {
    const entry = this.#bySession.get(session);
    if (entry?.untilMs.delete(session) !== true || entry.untilMs.size > 0) return undefined;
    const challenger = entry.challenger!;
    this.#bySession.delete(challenger);
    this.#settle(entry);
    return { verdict: 'refuse', session: challenger };
  }

  /** The session has ended, for whatever reason, or is known not to answer. */
  ended(session: S): Outcome<S> | undefined {
    const entry = this.#bySession.get(session);
    if (entry === undefined) return undefined;
    this.#bySession.delete(session);
    if (entry.challenger === session) {
      this.#settle(entry);
      return undefined;
    }
    const slot = entry.slots.indexOf(session);
    entry.slots[slot] = undefined;
    if (entry.challenger !== undefined) return this.#promote(entry, slot, undefined);
    if (entry.slots.every((one) => one === undefined)) this.#keys.delete(entry.key);
    return undefined;
  }

  /** When {@link poll} has something to do next, or undefined for never. */
  get nextMs(): number | undefined {
    let next: number | undefined;
    for (const { untilMs } of this.#waiting) {
      for (const until of untilMs.values()) next = Math.min(next ?? until, until);
    }
    return next;
  }

  /** Replaces sessions whose time to answer is over. */
  poll(now: number): Outcome<S>[] {
    const outcomes: Outcome<S>[] = [];
    for (const entry of [...this.#waiting]) {
      for (const [rival, until] of entry.untilMs) {
        if (until > now) continue;
        this.#bySession.delete(rival);
        outcomes.push(this.#promote(entry, entry.slots.indexOf(rival), rival));
        break;
      }
    }
    return outcomes;
  }

  #promote(entry: KeyEntry<S>, slot: number, replaced: S | undefined): Outcome<S> {
    const session = entry.challenger!;
    entry.slots[slot] = session;
    this.#settle(entry);
    return { verdict: 'accept', session, slot, replaced };
  }

  /** Nobody waits there any more. */
  #settle(entry: KeyEntry<S>): void {
    entry.challenger = undefined;
    entry.untilMs.clear();
    this.#waiting.delete(entry);
  }

  #freeSlot({ slots }: KeyEntry<S>): number | undefined {
    const free = slots.indexOf(undefined);
    if (free !== -1) return free;
    return slots.length < this.#sessionsPerKey ? slots.length : undefined;
  }

  #enter(key: string): KeyEntry<S> {
    const entry: KeyEntry<S> = { key, slots: [], challenger: undefined, untilMs: new Map() };
    this.#keys.set(key, entry);
    return entry;
  }
}

interface KeyEntry<S> {
  readonly key: string;
  /** The live sessions; a place that became free stays until it is taken. */
  readonly slots: (S | undefined)[];
  /** Who waits for a place. */
  challenger: S | undefined;
  /** Until when live sessions may still answer: those that have not. */
  readonly untilMs: Map<S, number>;
}

/** How many probe timeouts a session has to answer (rule K8). */
const ANSWER_PTOS = 3;
