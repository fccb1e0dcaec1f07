import type { StateCarrier } from '../state-carrier.js';

/** The longest interval between two authentic records that counts as hearing the peer (SPEC 8.4). */
const HEARD_INTERVAL_MS = 250;
/**
 * How long a message may stay unsigned while the peer is heard: this and 10 PTO (SPEC 8.4). A queue
 * in the network of several seconds and the repeats of a lost GAP have to fit into it.
 */
const OVERDUE_MS = 30_000;
/** See {@link OVERDUE_MS}. */
const OVERDUE_PTOS = 10;

/** Messages that arrive within this time share a mark. */
const MARK_SPAN_MS = 100;

/** The messages below `through` that no earlier mark holds, and when the first of them arrived. */
interface Mark {
  through: number;
  readonly since: number;
}

/**
 * How long received messages have been waiting for a verified statement, on a clock that stands
 * still while nothing is heard of the peer: an outage is not the peer's refusal to sign.
 */
export class UncoveredClock {
  #heardMs = 0;
  #lastHeardAt: number | undefined;
  #marks: readonly [Mark[], Mark[]] = [[], []];

  /** An authentic record arrived. */
  heard(now: number): void {
    if (this.#lastHeardAt !== undefined && now > this.#lastHeardAt) {
      this.#heardMs += Math.min(now - this.#lastHeardAt, HEARD_INTERVAL_MS);
    }
    this.#lastHeardAt = now;
  }

  /** The messages of `lane` below `through` are here. */
  received(lane: 0 | 1, through: number): void {
    const marks = this.#marks[lane];
    const last = marks.at(-1);
    if (last === undefined || this.#heardMs - last.since >= MARK_SPAN_MS) {
      marks.push({ through, since: this.#heardMs });
    } else {
      last.through = through;
    }
  }

  /** A verified statement covers the messages of `lane` below `through`. */
  covered(lane: 0 | 1, through: number): void {
    const marks = this.#marks[lane];
    let done = 0;
    while (done < marks.length && marks[done]!.through <= through) done++;
    if (done > 0) marks.splice(0, done);
  }

  /** Whether a message has waited for longer than 30 s and 10 PTO. */
  overdue(ptoMs: number): boolean {
    const limit = OVERDUE_MS + OVERDUE_PTOS * ptoMs;
    for (const marks of this.#marks) {
      const oldest = marks[0];
      if (oldest !== undefined && this.#heardMs - oldest.since > limit) return true;
    }
    return false;
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#heardMs = state.number(this.#heardMs);
    const heardAt = state.number(this.#lastHeardAt ?? Number.NaN);
    this.#lastHeardAt = Number.isNaN(heardAt) ? undefined : heardAt;
    this.#marks = [carriedMarks(state, this.#marks[0]), carriedMarks(state, this.#marks[1])];
  }
}

function carriedMarks(state: StateCarrier, marks: readonly Mark[]): Mark[] {
  const carried = state.list(marks, (mark) => ({
    through: state.number(mark?.through ?? 0),
    since: state.number(mark?.since ?? 0),
  }));
  return [...carried];
}
