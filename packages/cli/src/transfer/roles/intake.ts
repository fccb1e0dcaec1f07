import type { ChunkClaim } from '../files/chunks.js';
import type { DataMessage, ResultStatus, TransferEntry } from '../wire/messages.js';

/** What became of an entry. */
export interface Outcome {
  readonly status: ResultStatus;
  /** In words; empty when there is nothing to say. */
  readonly reason: string;
}

/** What an {@link Intake} says to an offer. */
export type Answer =
  | { readonly type: 'outcome'; readonly outcome: Outcome }
  /** A file is there: is it the same? */
  | { readonly type: 'compare'; readonly sha256: () => Promise<Uint8Array> }
  | { readonly type: 'want'; readonly claim: ChunkClaim };

/** Where received files go. What it throws ends the session; what concerns one file is an outcome. */
export interface Intake {
  consider(entry: TransferEntry): Promise<Answer>;
  /** The file that is there is another one. */
  onDifferent(entry: TransferEntry): Promise<Answer>;
  /** A file, all of it. May run beside others. */
  storeWhole(entry: TransferEntry, data: DataMessage): Promise<Outcome>;
  /** The next piece of a larger file. @throws Error that is the end of this file */
  write(entry: TransferEntry, data: DataMessage): Promise<void>;
  /** All pieces have come. May run beside others. @param bytes how long the file is */
  complete(entry: TransferEntry, bytes: number, sha256: Uint8Array): Promise<Outcome>;
  /** The rest of a file will not come, or is of no use. */
  abandon(entry: TransferEntry): Promise<void>;
  /** All entries have their outcome: puts on the disk what is not there yet. */
  finish(): Promise<void>;
  /** Ends all that goes on; to be called at the end, however it came. */
  release(): Promise<void>;
}

export const STORED: Outcome = { status: 'stored', reason: '' };
export const IDENTICAL: Outcome = { status: 'identical', reason: '' };

/** The outcome for an entry that is not wanted. */
export function refused(reason: string): Outcome {
  return { status: 'refused', reason };
}

/** The outcome for an entry that could not be stored. */
export function failed(reason: string): Outcome {
  return { status: 'failed', reason };
}

/** An answer that settles the entry. */
export function settledBy(outcome: Outcome): Answer {
  return { type: 'outcome', outcome };
}
