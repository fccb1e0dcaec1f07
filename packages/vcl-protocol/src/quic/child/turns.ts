/** Something that puts off work to the end of a turn. */
export interface TurnTaker {
  endTurn(): void;
}

/** Lets those who have work to do at the end of a turn do it once, after all that came was taken in. */
export class Turns {
  #due = new Set<TurnTaker>();
  #isScheduled = false;

  add(taker: TurnTaker): void {
    this.#due.add(taker);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#run());
  }

  #run(): void {
    this.#isScheduled = false;
    const due = this.#due;
    this.#due = new Set();
    for (const taker of due) taker.endTurn();
  }
}
