import { Reader } from '../reader.js';
import { ControlType, MAX_CONTROL_BODY_BYTES } from './control-types.js';

/** A message cut out of the control stream. */
export interface ControlMessage {
  /** One of `ControlType`. */
  readonly type: number;
  /** The body, a copy of its own. */
  readonly body: Uint8Array;
}

/** The longest header: a type and the longest varint. */
const MAX_HEADER_BYTES = 9;
const SMALLEST_BUFFER_BYTES = 256;

/**
 * Cuts the ordered bytes of the control stream into messages (SPEC 6.3). Bytes go in with
 * {@link push} in any pieces; {@link next} is then called until it gives undefined.
 */
export class ControlParser {
  readonly #reader = new Reader();
  #buffer: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #malformed = false;

  /** How many bytes wait for the rest of their message. */
  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  /** Takes the next bytes of the stream; they are copied. Ignored once the stream is malformed. */
  push(bytes: Uint8Array): void {
    if (this.#malformed) return;
    this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /**
   * The next whole message; messages of ignored types are passed over.
   *
   * @returns undefined when more bytes are needed; 'malformed', then and ever after, when a body is
   *   above 16,384 bytes or a type neither assigned nor to be ignored
   */
  next(): ControlMessage | undefined | 'malformed' {
    while (!this.#malformed) {
      const r = this.#reader.reset(this.#buffer, this.#start, this.#end);
      const type = r.u8();
      const length = r.varint();
      if (r.failed) {
        // With this many bytes a header is there: what failed is a length above 2^53 - 1.
        if (this.pendingBytes < MAX_HEADER_BYTES) return undefined;
        break;
      }
      if (!isAcceptable(type) || length > MAX_CONTROL_BODY_BYTES) break;
      if (length > r.remaining) return undefined;
      const bodyStart = r.pos;
      this.#start = bodyStart + length;
      if (type < ControlType.IGNORED_MIN) {
        return { type, body: this.#buffer.slice(bodyStart, this.#start) };
      }
    }
    this.#malformed = true;
    this.#buffer = new Uint8Array(0);
    this.#start = this.#end = 0;
    return 'malformed';
  }

  #makeRoom(bytes: number): void {
    if (this.#end + bytes <= this.#buffer.length) return;
    const pending = this.pendingBytes;
    const needed = pending + bytes;
    if (needed <= this.#buffer.length) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
    } else {
      const grown = new Uint8Array(Math.max(2 * needed, SMALLEST_BUFFER_BYTES));
      grown.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = grown;
    }
    this.#start = 0;
    this.#end = pending;
  }
}

function isAcceptable(type: number): boolean {
  const assigned = type >= ControlType.STATEMENT && type <= ControlType.EARLY;
  return assigned || type >= ControlType.IGNORED_MIN;
}
