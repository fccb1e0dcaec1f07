// Named checks of a suite: each prints one line, and the last line of the suite counts them.

/** Runs checks one after the other and remembers how they ended. */
export class Checks {
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  /**
   * Runs one check.
   *
   * @param name what holds when it passes
   * @param action gives a note to print and the problems, one string each; an exception is a problem
   * @returns whether it passed
   */
  async run(name, action) {
    const start = performance.now();
    const { note, problems } = await outcome(action);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    if (problems.length === 0) this.#passed++;
    else this.#failed++;
    const verdict = problems.length === 0 ? 'ok' : 'FAILED';
    console.log(`${verdict}  ${name}${note === undefined ? '' : ` (${note})`}, ${seconds} s`);
    for (const problem of problems.slice(0, 10)) console.log(`      ${problem}`);
    if (problems.length > 10) console.log(`      and ${problems.length - 10} more`);
    return problems.length === 0;
  }

  /** Counts a check that could not be tried here. */
  skip(name, reason) {
    this.#skipped++;
    console.log(`skipped  ${name}: ${reason}`);
  }

  /** Prints the counts as a line of their own and sets the exit code. */
  finish() {
    console.log(`${this.#passed} passed, ${this.#failed} failed, ${this.#skipped} skipped`);
    if (this.#failed > 0) process.exitCode = 1;
  }
}

async function outcome(action) {
  try {
    return await action();
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { note: undefined, problems: [`exception: ${text}`] };
  }
}
