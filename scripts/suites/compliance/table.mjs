// The result of every case on every carrier, as a table.

const SIGNS = { passed: 'ok', failed: 'FAILED', skipped: '-' };

/** Collects results and prints them. */
export class Table {
  #columns;
  #rows = new Map();

  /** @param columns the names of the carriers @param rows those of the cases */
  constructor(columns, rows) {
    this.#columns = columns;
    for (const row of rows) this.#rows.set(row, new Map());
  }

  /** @param result `passed`, `failed` or `skipped` */
  set(row, column, result) {
    this.#rows.get(row).set(column, SIGNS[result]);
  }

  print() {
    const nameWidth = Math.max(...[...this.#rows.keys()].map((name) => name.length));
    const line = (name, cells) =>
      `${name.padEnd(nameWidth)}  ${cells.map((cell, i) => cell.padEnd(this.#width(i))).join(' ')}`;
    console.log(`\n${line('', this.#columns).trimEnd()}`);
    for (const [name, cells] of this.#rows) {
      const signs = this.#columns.map((column) => cells.get(column) ?? '');
      console.log(line(name, signs).trimEnd());
    }
  }

  #width(i) {
    return Math.max(SIGNS.failed.length, this.#columns[i].length);
  }
}
