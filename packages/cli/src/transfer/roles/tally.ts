import type { ResultStatus, TransferEntry } from '../wire/messages.js';

/** An entry that was not transferred, and why. */
export interface TransferProblem {
  readonly path: string;
  readonly reason: string;
}

/** What a transfer has come to. */
export interface TransferTotals {
  /** Files and streams that were stored; directories and links do not count. */
  readonly files: number;
  /** Their bytes. */
  readonly bytes: number;
  /** Files that were there already and are the same. */
  readonly identical: number;
  /** Bytes of file contents handed to the link, by this process, in all attempts. */
  readonly bytesSent: number;
  /** Bytes of file contents that came over the link, in all attempts. */
  readonly bytesReceived: number;
  /** Bytes that need not be sent, as the taker had them from earlier attempts. */
  readonly bytesKept: number;
  /** How many entries were not transferred. */
  readonly failed: number;
  /** The first 1,000 of them. */
  readonly problems: readonly TransferProblem[];
}

/** What may be told while a transfer goes on. */
export interface TallyListener {
  /** There was progress. */
  onProgress?(): void;
  /** One of the first 1,000 problems. */
  onProblem?(problem: TransferProblem): void;
}

/** Adds up what happens in a transfer, over all its attempts. */
export class Tally {
  readonly #listener: TallyListener;
  /** Problems by path, so that further attempts do not count them again. */
  readonly #problems = new Map<string, string>();
  #failed = 0;
  #files = 0;
  #bytes = 0;
  #identical = 0;
  #bytesSent = 0;
  #bytesReceived = 0;
  #bytesKept = 0;
  #offeredFiles = 0;
  #offeredBytes = 0;
  #isAllOffered = false;

  constructor(listener: TallyListener = {}) {
    this.#listener = listener;
  }

  get totals(): TransferTotals {
    const problems = [...this.#problems].map(([path, reason]) => ({ path, reason }));
    return {
      files: this.#files,
      bytes: this.#bytes,
      identical: this.#identical,
      bytesSent: this.#bytesSent,
      bytesReceived: this.#bytesReceived,
      bytesKept: this.#bytesKept,
      failed: this.#failed,
      problems,
    };
  }

  /** Bytes that are done or need not be: what of {@link offeredBytes} is behind us. */
  get doneBytes(): number {
    return this.#attemptBytes;
  }

  /** Bytes of the files known so far; of all once {@link isAllOffered}. */
  get offeredBytes(): number {
    return this.#offeredBytes;
  }

  get offeredFiles(): number {
    return this.#offeredFiles;
  }

  get isAllOffered(): boolean {
    return this.#isAllOffered;
  }

  #attemptBytes = 0;

  /** A session begins: its progress counts from 0. */
  startAttempt(): void {
    this.#attemptBytes = 0;
    this.#offeredBytes = 0;
    this.#offeredFiles = 0;
    this.#isAllOffered = false;
  }

  offered(entry: TransferEntry): void {
    if (entry.kind !== 'file') return;
    this.#offeredFiles++;
    this.#offeredBytes += entry.bytes;
  }

  allOffered(): void {
    this.#isAllOffered = true;
    this.#listener.onProgress?.();
  }

  sent(bytes: number): void {
    this.#bytesSent += bytes;
    this.#attemptBytes += bytes;
    this.#listener.onProgress?.();
  }

  received(bytes: number): void {
    this.#bytesReceived += bytes;
    this.#attemptBytes += bytes;
    this.#listener.onProgress?.();
  }

  kept(bytes: number): void {
    this.#bytesKept += bytes;
    this.#attemptBytes += bytes;
    this.#listener.onProgress?.();
  }

  /** What became of an entry. @param bytes of a stream, whose entry does not know */
  result(
    entry: TransferEntry,
    status: ResultStatus,
    reason: string,
    bytes: number = entry.bytes,
  ): void {
    if (status === 'refused' || status === 'failed') {
      this.problem(entry.path, reason);
      return;
    }
    if (entry.kind !== 'file' && entry.kind !== 'stream') return;
    if (status === 'stored') {
      this.#files++;
      this.#bytes += bytes;
    } else {
      this.#identical++;
      this.#attemptBytes += bytes;
      this.#listener.onProgress?.();
    }
  }

  /** Something is not transferred. */
  problem(path: string, reason: string): void {
    if (this.#problems.has(path)) return;
    this.#failed++;
    // A peer can make up as many as it likes.
    if (this.#problems.size >= MAX_PROBLEMS) return;
    this.#problems.set(path, reason);
    this.#listener.onProblem?.({ path, reason });
  }
}

const MAX_PROBLEMS = 1000;
