import type { TextSink } from '../../cli-io.js';
import { formatBytes, formatRate } from '../../format.js';
import { ProgressBar } from '../../progress-bar.js';
import type { Tally } from '../roles/tally.js';

/** How progress is shown. `auto` is a bar on a terminal, and nothing elsewhere. */
export const PROGRESS_KINDS = ['auto', 'bar', 'json', 'none'] as const;
/** One of {@link PROGRESS_KINDS}. */
export type ProgressKind = (typeof PROGRESS_KINDS)[number];

/** What a {@link TransferProgress} needs. */
export interface TransferProgressOptions {
  readonly kind: ProgressKind;
  readonly sink: TextSink;
  /** A monotonic clock in milliseconds. Default `performance.now()`. */
  readonly now?: () => number;
}

/** One JSON line for so many bytes. */
const JSON_STEP_BYTES = 2 ** 20;
const REDRAW_MS = 100;

/** Shows how far a transfer is, on standard error. */
export class TransferProgress {
  readonly #options: TransferProgressOptions;
  readonly #kind: Exclude<ProgressKind, 'auto'>;
  readonly #now: () => number;
  readonly #startedMs: number;
  #bar: { readonly totalBytes: number; readonly bar: ProgressBar } | undefined;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #isOnScreen = false;
  #nextStepBytes = 0;

  constructor(options: TransferProgressOptions) {
    const { kind, sink, now = () => performance.now() } = options;
    this.#options = options;
    this.#kind = kind === 'auto' ? (sink.isTty ? 'bar' : 'none') : kind;
    this.#now = now;
    this.#startedMs = now();
  }

  /** There was progress. */
  update(tally: Tally): void {
    if (this.#kind === 'json') this.#writeJson(tally);
    else if (this.#kind === 'bar') this.#draw(tally);
  }

  /** Writes a line of text; what is on the screen makes room for it. */
  line(text: string): void {
    this.clear();
    this.#options.sink.write(`${text}\n`);
  }

  /** Takes what is drawn off the terminal. */
  clear(): void {
    this.#bar?.bar.clear();
    if (this.#isOnScreen) this.#options.sink.write('\r\x1b[K');
    this.#isOnScreen = false;
  }

  #writeJson(tally: Tally): void {
    const { bytesSent, bytesReceived, bytesKept } = tally.totals;
    if (bytesSent + bytesReceived < this.#nextStepBytes) return;
    this.#nextStepBytes = bytesSent + bytesReceived + JSON_STEP_BYTES;
    const bytesTotal = tally.isAllOffered ? tally.offeredBytes : null;
    const bytesDone = tally.doneBytes;
    const event = { event: 'progress', bytesDone, bytesTotal, bytesSent, bytesReceived, bytesKept };
    this.#options.sink.write(`${JSON.stringify(event)}\n`);
  }

  #draw(tally: Tally): void {
    const { offeredBytes, doneBytes, isAllOffered } = tally;
    if (isAllOffered && offeredBytes > 0) {
      if (this.#bar?.totalBytes !== offeredBytes) {
        this.clear();
        const bar = new ProgressBar({ totalBytes: offeredBytes, sink: this.#options.sink });
        this.#bar = { totalBytes: offeredBytes, bar };
      }
      this.#bar.bar.update(doneBytes);
      return;
    }
    const now = this.#now();
    if (now - this.#drawnMs < REDRAW_MS) return;
    this.#drawnMs = now;
    this.#isOnScreen = true;
    const text = `${formatBytes(doneBytes)}  ${formatRate(doneBytes, now - this.#startedMs)}`;
    this.#options.sink.write(`\r${text}\x1b[K`);
  }
}
