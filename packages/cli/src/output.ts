import pc from 'picocolors';
import type { CliIo, TextSink } from './cli-io.js';

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
    const text = this.json ? JSON.stringify(document, null, 2) : lines(this.#paint).join('\n');
    this.#sink.write(`${text}\n`);
  }
}
