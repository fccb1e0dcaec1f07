/** The version of the messages that this program speaks (docs/transfer.md, Messages). */
export const TRANSFER_VERSION: number = 1;

/** Bounds of the messages. What is beyond does not decode. */
export const TransferLimits = {
  /** Bytes of UTF-8 of a path or of the target of a link. */
  PATH_BYTES: 4096,
  /** Bytes of UTF-8 of a reason. */
  REASON_BYTES: 1024,
  /** Paths that a client may ask for in one session. */
  PATHS: 256,
  /** Entries in one message OFFER. */
  ENTRIES: 256,
  /** Hashes of chunks in one message WANT. */
  HASHES: 1024,
  /** File contents in one message DATA. */
  DATA_BYTES: 131_072,
  /** Milliseconds on either side of 1970 that a Date can hold. */
  TIME_MS: 8.64e15,
  /** The largest file: 2^48 - 1 bytes. */
  FILE_BYTES: 281_474_976_710_655,
  /** Entries that are offered and not settled. */
  UNSETTLED: 4096,
} as const;

/** Bytes of a SHA-256. */
export const HASH_BYTES = 32;

/** What a client wants of a server: to give files or to get them. */
export type TransferAction = 'push' | 'pull';

/** `stream` is a file whose size nobody knows before its end, such as standard input. */
export type EntryKind = 'file' | 'directory' | 'link' | 'stream';

/** Something that the supplier has: a file, a directory, a symbolic link or a stream. */
export interface TransferEntry {
  /** Counted from 0 in a session. */
  readonly id: number;
  readonly kind: EntryKind;
  /** Permission bits, 0 to 0o777. */
  readonly mode: number;
  /** Time of the last change in milliseconds since 1970; may have a fraction. */
  readonly mtimeMs: number;
  /** 0 for what is no file. */
  readonly bytes: number;
  /** Relative, with `/` between the names. */
  readonly path: string;
  /** Where a link points; empty for all others. */
  readonly target: string;
}

/** What became of an entry at the taker. */
export type ResultStatus = 'stored' | 'identical' | 'refused' | 'failed';

/** A message of the transfer protocol, told apart by `type`. */
export type TransferMessage =
  /** Client: what I want. With `pull`, `paths` are wanted, none means all. */
  | {
      readonly type: 'hello';
      readonly version: number;
      readonly action: TransferAction;
      readonly paths: readonly string[];
    }
  /** Server: go on, in this version. */
  | { readonly type: 'welcome'; readonly version: number }
  /** Either side: the session is over for this reason, and trying again is of no use. */
  | { readonly type: 'stop'; readonly reason: string }
  /** Supplier: this is there. */
  | { readonly type: 'offer'; readonly entries: readonly TransferEntry[] }
  /** Supplier: this belongs to it and cannot be sent. */
  | { readonly type: 'problem'; readonly path: string; readonly reason: string }
  /** Supplier: that was all, so many files with so many bytes. */
  | { readonly type: 'offered'; readonly files: number; readonly bytes: number }
  /**
   * Taker: send the file, but for the chunks that have these hashes, from the beginning of the file
   * on; `more` hashes follow in another such message.
   */
  | {
      readonly type: 'want';
      readonly id: number;
      readonly chunkBytes: number;
      readonly more: boolean;
      /** SHA-256 values one after the other. */
      readonly hashes: Uint8Array;
    }
  /** Taker: a file of this hash is there already; is it the same? */
  | { readonly type: 'compare'; readonly id: number; readonly sha256: Uint8Array }
  /** Supplier: the answer. */
  | { readonly type: 'compared'; readonly id: number; readonly isSame: boolean }
  /** Supplier: contents at `offset`; zeros without bytes that say so are `zeroBytes` long. */
  | {
      readonly type: 'data';
      readonly id: number;
      readonly offset: number;
      readonly zeroBytes: number;
      /** Of the whole file, with its last piece; undefined with the others. */
      readonly sha256: Uint8Array | undefined;
      readonly bytes: Uint8Array;
    }
  /** Supplier: the rest of the file will not come. */
  | { readonly type: 'lost'; readonly id: number; readonly reason: string }
  /** Taker: what became of an entry. Each entry has one. */
  | {
      readonly type: 'result';
      readonly id: number;
      readonly status: ResultStatus;
      readonly reason: string;
    }
  /** Taker: every entry has its result, and what was stored is on the disk. */
  | { readonly type: 'settled' };

/** A DATA message. */
export type DataMessage = Extract<TransferMessage, { type: 'data' }>;

/** The first byte of each message. */
export const MESSAGE_CODES: Readonly<Record<TransferMessage['type'], number>> = {
  hello: 1,
  welcome: 2,
  stop: 3,
  offer: 4,
  offered: 5,
  want: 6,
  compare: 7,
  compared: 8,
  data: 9,
  lost: 10,
  result: 11,
  settled: 12,
  problem: 13,
};

/** In the order of their numbers. */
export const ACTIONS: readonly TransferAction[] = ['push', 'pull'];
/** In the order of their numbers. */
export const ENTRY_KINDS: readonly EntryKind[] = ['file', 'directory', 'link', 'stream'];
/** In the order of their numbers. */
export const STATUSES: readonly ResultStatus[] = ['stored', 'identical', 'refused', 'failed'];
