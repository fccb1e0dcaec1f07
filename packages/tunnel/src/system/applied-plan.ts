import type { SystemJournal } from './journal.js';
import type { SystemChange } from './system-change.js';

/** A plan in force, which follows what is wanted: only what differs is changed. */
export class AppliedPlan {
  readonly #journal: SystemJournal;
  readonly #applied = new Map<string, SystemChange>();

  constructor(journal: SystemJournal) {
    this.#journal = journal;
  }

  /** @throws VCLError `IoError`; what was changed before stays, and the next call goes on from there */
  async become(plan: readonly SystemChange[]): Promise<void> {
    const wanted = new Map(plan.map((change) => [JSON.stringify(change), change]));
    // New ones first: in between, nothing may leave beside the tunnel.
    for (const [text, change] of wanted) {
      if (this.#applied.has(text)) continue;
      await this.#journal.apply(change);
      this.#applied.set(text, change);
    }
    for (const [text, change] of this.#applied) {
      if (wanted.has(text)) continue;
      await this.#journal.revert(change);
      this.#applied.delete(text);
    }
  }
}
