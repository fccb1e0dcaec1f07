import type { CryptoProvider, Sha256 } from '../../crypto/provider.js';
import { LOG_ENTRY_HEAD_BYTES, LOG_MESSAGE_BYTES, LogEntryType } from './log-entry.js';

const FIRST_BATCH_BYTES = 4_096;

/**
 * The checksum in END (SPEC 11.1): SHA-256 over the session's entries as they stand in the file,
 * without the salts and payloads of messages (their leaves hold those) and without itself. It finds
 * accidents in what nobody signs; whoever edits a log on purpose computes it anew.
 */
export class LogChecksum {
  readonly #hash: Sha256;
  /** Entries are short: they are gathered, so that the hash is not called for each. */
  #batch: Uint8Array = new Uint8Array(FIRST_BATCH_BYTES);
  #filled = 0;

  constructor(crypto: Pick<CryptoProvider, 'createSha256'>) {
    this.#hash = crypto.createSha256();
  }

  /** Takes an entry in, or the part of one that counts. */
  add(bytes: Uint8Array): void {
    if (this.#filled + bytes.length > this.#batch.length) this.#flush();
    if (bytes.length > this.#batch.length) {
      this.#hash.update(bytes);
      return;
    }
    this.#batch.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  /** The 32 bytes; once only. */
  digest(): Uint8Array {
    this.#flush();
    return this.#hash.digest();
  }

  #flush(): void {
    if (this.#filled > 0) this.#hash.update(this.#batch.subarray(0, this.#filled));
    this.#filled = 0;
  }
}

/** The part of a framed entry that counts, but for END, whose checksum is the last field. */
export function checksummedPart(type: number, bytes: Uint8Array): Uint8Array {
  if (type === LogEntryType.END) return bytes.subarray(0, Math.max(0, bytes.length - 32));
  if (type !== LogEntryType.MESSAGE) return bytes;
  return bytes.subarray(0, LOG_ENTRY_HEAD_BYTES + LOG_MESSAGE_BYTES);
}
