import type { TextSink } from './cli-io.js';
import { formatBytes, formatDuration, formatRate } from './format.js';

/** What a {@link ProgressBar} needs. */
export interface ProgressBarOptions {
  /** Bytes at the end; more than 0. */
  readonly totalBytes: number;
  readonly sink: TextSink;
  /** A monotonic clock in milliseconds. Default `performance.now()`. */
  readonly now?: () => number;
}

/**
 * Shows how far a transfer is: on a terminal a bar that is drawn again at most ten times a second,
 * elsewhere a line each 10 %.
 */
export class ProgressBar {
  readonly #totalBytes: number;
  readonly #sink: TextSink;
  readonly #now: () => number;
  readonly #startedMs: number;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #tenths = 0;
  #onScreen = false;

  constructor(options: ProgressBarOptions) {
    this.#totalBytes = options.totalBytes;
    this.#sink = options.sink;
    this.#now = options.now ?? (() => performance.now());
    this.#startedMs = this.#now();
  }

  /** @param bytes done so far; never less than before */
  update(bytes: number): void {
    const done = Math.min(bytes, this.#totalBytes);
    if (this.#sink.isTty) this.#redraw(done);
    else this.#printTenths(done);
  }

  /** Takes the bar off the terminal, so that other text can follow; it may be updated again. */
  clear(): void {
    if (this.#onScreen) this.#sink.write('\r\x1b[K');
    this.#onScreen = false;
  }

  #redraw(bytes: number): void {
    const now = this.#now();
    if (now - this.#drawnMs < REDRAW_MS && bytes < this.#totalBytes) return;
    this.#drawnMs = now;
    this.#onScreen = true;
    const numbers = this.#numbers(bytes);
    const width = Math.min(MAX_BAR, this.#sink.columns - numbers.length - BAR_FRAME);
    const bar = width < MIN_BAR ? '' : `[${this.#bar(bytes, width)}] `;
    this.#sink.write(`\r${bar}${numbers}`.slice(0, this.#sink.columns) + CLEAR_TO_END);
  }

  #printTenths(bytes: number): void {
    const tenths = Math.floor((bytes * 10) / this.#totalBytes);
    if (tenths <= this.#tenths) return;
    this.#tenths = tenths;
    this.#sink.write(`${this.#numbers(bytes)}\n`);
  }

  #bar(bytes: number, width: number): string {
    const full = Math.floor((bytes * width) / this.#totalBytes);
    return '#'.repeat(full) + '.'.repeat(width - full);
  }

  #numbers(bytes: number): string {
    const elapsedMs = this.#now() - this.#startedMs;
    const percent = `${Math.floor((bytes * 100) / this.#totalBytes)} %`;
    const amount = `${formatBytes(bytes)} of ${formatBytes(this.#totalBytes)}`;
    const left = ((this.#totalBytes - bytes) * elapsedMs) / bytes;
    const rest = bytes === this.#totalBytes ? 'done' : leftText(left);
    return `${percent.padStart(5)}  ${amount}  ${formatRate(bytes, elapsedMs)}  ${rest}`;
  }
}

const REDRAW_MS = 100;
const CLEAR_TO_END = '\x1b[K';
/** Brackets and the space after them, and a column free, so that no terminal wraps. */
const BAR_FRAME = 4;
const MIN_BAR = 10;
const MAX_BAR = 40;

function leftText(leftMs: number): string {
  return Number.isFinite(leftMs) ? `${formatDuration(leftMs)} left` : '';
}
