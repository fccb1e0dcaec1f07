const EMPTY = new Uint8Array(0);
const TWO_32 = 2 ** 32;

/** The high half of a 64-bit number from which on it is no longer below 2^53. */
const HIGH_LIMIT = 2 ** 21;

/**
 * A cursor over a part of a byte array (SPEC 1: unsigned, big endian). It never throws and never
 * reads past its end: a read that does not fit sets {@link failed}, moves to the end and gives 0 or
 * no bytes, so that a decoder may read all its fields and ask once.
 */
export class Reader {
  #bytes: Uint8Array = EMPTY;
  /** Index in the array of the next byte to read. */
  pos = 0;
  /** Index in the array of the first byte that is out of bounds. */
  end = 0;
  /** Whether a read did not fit or a number was above 2^53 - 1; stays set until {@link reset}. */
  failed = false;

  /** Starts over on `bytes[start, end)`; bounds outside of the array are cut to it. */
  reset(bytes: Uint8Array, start: number, end: number): this {
    this.#bytes = bytes;
    this.end = Math.min(end, bytes.length);
    this.pos = Math.min(Math.max(start, 0), this.end);
    this.failed = false;
    return this;
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.end - this.pos;
  }

  /** Whether everything was read and every read fitted. */
  get done(): boolean {
    return !this.failed && this.pos === this.end;
  }

  /** One byte. */
  u8(): number {
    const pos = this.#take(1);
    return pos < 0 ? 0 : this.#bytes[pos]!;
  }

  /** Two bytes as a number. */
  u16(): number {
    const pos = this.#take(2);
    return pos < 0 ? 0 : (this.#bytes[pos]! << 8) | this.#bytes[pos + 1]!;
  }

  /** Four bytes as a number. */
  u32(): number {
    const pos = this.#take(4);
    return pos < 0 ? 0 : this.#word(pos);
  }

  /** Eight bytes as a number; fails above 2^53 - 1. */
  u64(): number {
    const pos = this.#take(8);
    return pos < 0 ? 0 : this.#join(this.#word(pos), this.#word(pos + 4));
  }

  /** A variable-length integer (RFC 9000 section 16), in any length; fails above 2^53 - 1. */
  varint(): number {
    if (this.pos >= this.end) return this.#fail();
    const first = this.#bytes[this.pos]!;
    const pos = this.#take(1 << (first >> 6));
    if (pos < 0) return 0;
    switch (first >> 6) {
      case 0:
        return first;
      case 1:
        return ((first & 0x3f) << 8) | this.#bytes[pos + 1]!;
      case 2:
        return this.#word(pos) & 0x3fff_ffff;
      default:
        return this.#join(this.#word(pos) & 0x3fff_ffff, this.#word(pos + 4));
    }
  }

  /** The next `n` bytes as a view into the array, not a copy. */
  bytes(n: number): Uint8Array {
    const pos = this.#take(n);
    return pos < 0 ? EMPTY : this.#bytes.subarray(pos, pos + n);
  }

  /** Bytes behind their length as a varint, as a view; fails when there are more than `max`. */
  varbytes(max: number): Uint8Array {
    const length = this.varint();
    if (length > max) {
      this.#fail();
      return EMPTY;
    }
    return this.bytes(length);
  }

  /** Passes over `n` bytes. */
  skip(n: number): void {
    this.#take(n);
  }

  /** Advances by `n`; gives where the bytes start, or -1 when they do not fit. */
  #take(n: number): number {
    const pos = this.pos;
    if (n >= 0 && n <= this.end - pos) {
      this.pos = pos + n;
      return pos;
    }
    this.#fail();
    return -1;
  }

  #word(pos: number): number {
    const bytes = this.#bytes;
    const value =
      (bytes[pos]! << 24) | (bytes[pos + 1]! << 16) | (bytes[pos + 2]! << 8) | bytes[pos + 3]!;
    return value >>> 0;
  }

  #join(high: number, low: number): number {
    return high < HIGH_LIMIT ? high * TWO_32 + low : this.#fail();
  }

  // Moving to the end makes loops over `remaining` stop.
  #fail(): 0 {
    this.failed = true;
    this.pos = this.end;
    return 0;
  }
}
