import pc from 'picocolors';
import type { CliIo, TextSink } from './cli-io.js';
import { printable } from './format.js';

/** The colors that results use; each returns its text unchanged where colors are off. */
export type Paint = Pick<ReturnType<typeof pc.createColors>, 'bold' | 'dim' | 'green' | 'red'>;

/** Colors off. */
export const plainPaint: Paint = pc.createColors(false);

/** Where a command puts its result: lines for people, or with --json one document for programs. */
export class Output {
  /** Whether the result is JSON; then nothing but errors and log lines goes elsewhere. */
  readonly json: boolean;
  readonly #sink: TextSink;
  readonly #paint: Paint;

  constructor(io: Pick<CliIo, 'stdout' | 'colors'>, json: boolean) {
    this.json = json;
    this.#sink = io.stdout;
    this.#paint = pc.createColors(io.colors);
  }

  /**
   * Shows a result, once a command.
   *
   * @param document what --json prints; the fields are documented behaviour
   * @param lines the same for people
   */
  result(document: object, lines: (paint: Paint) => readonly string[]): void {
    const text = this.json ? jsonLines(document) : lines(this.#paint).join('\n');
    this.#sink.write(`${text}\n`);
  }
}

/** Names of files may hold what a terminal obeys and JSON does not escape. */
function jsonLines(document: object): string {
  return JSON.stringify(document, null, 2).split('\n').map(printable).join('\n');
}
