import { point, type Term } from './term.js';

/**
 * What the adversary knows, closed under taking apart; putting together is decided on demand by `derivable`.
 * Immutable: `with` returns a larger knowledge.
 */
export class Knowledge {
  readonly #known: Set<Term>;
  readonly #locked: Set<Term>;
  /** Answers of `derivable` for terms outside `#known`; emptied whenever something is learnt. */
  readonly #answers = new Map<Term, boolean>();

  private constructor(known: Set<Term>, locked: Set<Term>) {
    this.#known = known;
    this.#locked = locked;
  }

  /** The knowledge of someone who has been handed these terms and nothing else. */
  static of(terms: readonly Term[]): Knowledge {
    return new Knowledge(new Set(), new Set()).with(terms);
  }

  /** This knowledge and whatever the new terms add, directly or by opening what was locked. */
  with(terms: readonly Term[]): Knowledge {
    const larger = new Knowledge(new Set(this.#known), new Set(this.#locked));
    for (const term of terms) larger.#learn(term);
    larger.#unlock();
    return larger;
  }

  /** True when the term was sent or opened as it is: delivering it is forwarding or replay. */
  holds(term: Term): boolean {
    return this.#known.has(term);
  }

  /** True when the term can be computed from what is known. */
  derivable(term: Term): boolean {
    if (term.operator === 'constant' || this.#known.has(term)) return true;
    if (term.operator === 'name') return false;
    const earlier = this.#answers.get(term);
    if (earlier !== undefined) return earlier;
    const answer =
      term.operator === 'dh'
        ? this.#canAgree(term)
        : term.parts.every((part) => this.derivable(part));
    this.#answers.set(term, answer);
    return answer;
  }

  #canAgree(term: Term): boolean {
    const [x, y] = term.parts as readonly [Term, Term];
    return (
      (this.derivable(x) && this.derivable(point(y))) ||
      (this.derivable(y) && this.derivable(point(x)))
    );
  }

  #learn(term: Term): void {
    if (this.#known.has(term)) return;
    this.#known.add(term);
    this.#answers.clear();
    if (term.operator === 'tuple') {
      for (const part of term.parts) this.#learn(part);
    } else if (term.operator === 'signature') {
      this.#learn(term.parts[1] as Term);
    } else if (term.operator === 'sealed' || term.operator === 'kemCipher') {
      this.#locked.add(term);
    }
  }

  #unlock(): void {
    let opened = true;
    while (opened) {
      opened = false;
      for (const term of this.#locked) {
        const content = this.#contentOf(term);
        if (content === undefined) continue;
        this.#locked.delete(term);
        this.#learn(content);
        opened = true;
      }
    }
  }

  #contentOf(term: Term): Term | undefined {
    const [first, second] = term.parts as readonly [Term, Term];
    if (term.operator === 'kemCipher') {
      const secret = first.parts[0];
      return secret !== undefined && this.derivable(secret) ? second : undefined;
    }
    return this.derivable(first) && this.derivable(second) ? term.parts[3] : undefined;
  }
}
