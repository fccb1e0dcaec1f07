import { Reader } from '../../wire/reader.js';
import { sameBytes } from '../same-bytes.js';
import { LOG_ENTRY_HEAD_BYTES, LOG_MAGIC, MAX_LOG_ENTRY_BYTES } from './log-entry.js';

/** An entry as it stands in the file. */
export interface RawLogEntry {
  /** Where in the file it begins. */
  readonly offset: number;
  readonly type: number;
  /** Length, type and body; a view that the next `push` may move. */
  readonly bytes: Uint8Array;
  /** The body alone, a view likewise. */
  readonly body: Uint8Array;
}

/** How far the parser can read: on, or not beyond a place that is no session log. */
export type LogParserState = 'reading' | 'unreadable';

const LENGTH_BYTES = 4;
const FIRST_BUFFER_BYTES = 4_096;

/**
 * Cuts a session log into entries as its bytes come (SPEC 11.1). It holds one entry at most, so its
 * memory is bounded by 2^25 bytes and one chunk.
 */
export class LogParser {
  #buffer: Uint8Array = new Uint8Array(FIRST_BUFFER_BYTES);
  #start = 0;
  #end = 0;
  /** Offset in the file of `#buffer[#start]`. */
  #offset = 0;
  #state: LogParserState = 'reading';
  readonly #reader = new Reader();

  /** `unreadable` once the file is no session log, or has no further entry that can be found. */
  get state(): LogParserState {
    return this.#state;
  }

  /** Where in the file the next entry begins. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes that wait for the rest of their entry; more than 0 at the end of a file that was cut. */
  get rest(): number {
    return this.#end - this.#start;
  }

  /** Whether the file's name and version have been read. */
  get begun(): boolean {
    return this.#offset > 0;
  }

  /** The next bytes of the file, copied. Drain {@link next} before the next push. */
  push(chunk: Uint8Array): void {
    if (this.#state === 'unreadable') return;
    this.#reserve(chunk.length);
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
    if (!this.begun) this.#readMagic();
  }

  /** The next entry that is here whole, or undefined. */
  next(): RawLogEntry | undefined {
    if (this.#state === 'unreadable' || !this.begun || this.rest < LENGTH_BYTES) return undefined;
    const length = this.#reader.reset(this.#buffer, this.#start, this.#end).u32();
    if (length < 1 || length > MAX_LOG_ENTRY_BYTES) {
      this.#state = 'unreadable';
      return undefined;
    }
    const size = LENGTH_BYTES + length;
    if (this.rest < size) return undefined;
    const bytes = this.#buffer.subarray(this.#start, this.#start + size);
    const offset = this.#offset;
    this.#consume(size);
    const body = bytes.subarray(LOG_ENTRY_HEAD_BYTES);
    return { offset, type: bytes[LENGTH_BYTES]!, bytes, body };
  }

  #readMagic(): void {
    const seen = Math.min(this.rest, LOG_MAGIC.length);
    if (!sameBytes(this.#buffer.subarray(0, seen), LOG_MAGIC.subarray(0, seen))) {
      this.#state = 'unreadable';
    } else if (seen === LOG_MAGIC.length) {
      this.#consume(seen);
    }
  }

  #consume(bytes: number): void {
    this.#start += bytes;
    this.#offset += bytes;
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#buffer.length) return;
    const needed = this.rest + bytes;
    const target = needed <= this.#buffer.length ? this.#buffer : this.#larger(needed);
    target.set(this.#buffer.subarray(this.#start, this.#end));
    this.#end = this.rest;
    this.#start = 0;
    this.#buffer = target;
  }

  #larger(needed: number): Uint8Array {
    return new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
  }
}
