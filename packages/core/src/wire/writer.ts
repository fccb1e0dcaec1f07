const TWO_32 = 2 ** 32;

/** Below this a loop copies faster than making a view for `set` to read from. */
const LOOP_COPY_BYTES = 48;

/**
 * Writes fields one after the other into a part of a byte array (SPEC 1: unsigned, big endian).
 *
 * Callers compute room beforehand. Every method throws a RangeError, and writes nothing, when the
 * field does not fit into the room left or the number not into the field.
 */
export class Writer {
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  /** Index in the array of the next byte to write. */
  pos = 0;

  /** Starts over on `bytes[start, end)`. */
  reset(bytes: Uint8Array, start: number, end: number): this {
    if (!(start >= 0 && start <= end && end <= bytes.length)) {
      throw new RangeError(`writer bounds ${start}..${end} leave ${bytes.length} bytes`);
    }
    this.#bytes = bytes;
    this.pos = start;
    this.#end = end;
    return this;
  }

  /** How many bytes may still be written. */
  get remaining(): number {
    return this.#end - this.pos;
  }

  /** One byte. */
  u8(value: number): void {
    checkRange(value, 0xff);
    this.#bytes[this.#claim(1)] = value;
  }

  /** Two bytes. */
  u16(value: number): void {
    checkRange(value, 0xffff);
    const pos = this.#claim(2);
    this.#bytes[pos] = value >>> 8;
    this.#bytes[pos + 1] = value;
  }

  /** Four bytes. */
  u32(value: number): void {
    checkRange(value, TWO_32 - 1);
    this.#word(this.#claim(4), value);
  }

  /** Eight bytes; at most 2^53 - 1. */
  u64(value: number): void {
    checkRange(value, Number.MAX_SAFE_INTEGER);
    const pos = this.#claim(8);
    this.#word(pos, Math.floor(value / TWO_32));
    this.#word(pos + 4, value);
  }

  /** A variable-length integer (RFC 9000 section 16) in its shortest form; at most 2^53 - 1. */
  varint(value: number): void {
    checkRange(value, Number.MAX_SAFE_INTEGER);
    const length = varintLength(value);
    const pos = this.#claim(length);
    if (length === 1) {
      this.#bytes[pos] = value;
    } else if (length === 2) {
      this.#bytes[pos] = 0x40 | (value >>> 8);
      this.#bytes[pos + 1] = value;
    } else if (length === 4) {
      this.#word(pos, 0x8000_0000 + value);
    } else {
      this.#word(pos, 0xc000_0000 + Math.floor(value / TWO_32));
      this.#word(pos + 4, value);
    }
  }

  /** All of `b`. */
  bytes(b: Uint8Array): void {
    this.#bytes.set(b, this.#claim(b.length));
  }

  /** The bytes `b[from, to)`. */
  slice(b: Uint8Array, from: number, to: number): void {
    if (!(from >= 0 && from <= to && to <= b.length)) {
      throw new RangeError(`slice ${from}..${to} leaves ${b.length} bytes`);
    }
    let pos = this.#claim(to - from);
    if (to - from <= LOOP_COPY_BYTES) {
      for (let i = from; i < to; i++) this.#bytes[pos++] = b[i]!;
    } else {
      this.#bytes.set(to - from === b.length ? b : b.subarray(from, to), pos);
    }
  }

  /** `n` bytes of zero. */
  zeros(n: number): void {
    const pos = this.#claim(n);
    this.#bytes.fill(0, pos, pos + n);
  }

  #claim(n: number): number {
    const pos = this.pos;
    if (!(n >= 0 && n <= this.#end - pos)) {
      throw new RangeError(`${n} bytes do not fit into the ${this.#end - pos} left: reserve more`);
    }
    this.pos = pos + n;
    return pos;
  }

  #word(pos: number, value: number): void {
    const bytes = this.#bytes;
    bytes[pos] = value >>> 24;
    bytes[pos + 1] = value >>> 16;
    bytes[pos + 2] = value >>> 8;
    bytes[pos + 3] = value;
  }
}

/**
 * How many bytes the shortest variable-length integer (RFC 9000 section 16) of `value` takes: 1, 2,
 * 4 or 8.
 *
 * @param value 0 to 2^53 - 1
 */
export function varintLength(value: number): number {
  if (value < 0x40) return 1;
  if (value < 0x4000) return 2;
  return value < 0x4000_0000 ? 4 : 8;
}

function checkRange(value: number, max: number): void {
  if (!(value >= 0 && value <= max)) {
    throw new RangeError(`${value} is not in 0..${max}: check it before encoding`);
  }
}
