const U8_BYTES = 1;
const U16_BYTES = 2;
const U32_BYTES = 4;
const U64_BYTES = 8;

/**
 * Reads what bincode 1.3 writes with its free functions: little endian, integers of fixed width, u32
 * for the variant of an enum, u64 for the length of a byte string. Reading past the end gives zeros
 * and sets {@link failed}, so that a decoder asks once, at the end.
 */
export class BincodeReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;
  #hasFailed = false;

  /** @param bytes not copied; what is read from it is */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Whether anything that was asked for was not there. */
  get failed(): boolean {
    return this.#hasFailed;
  }

  u8(): number {
    return this.#take(U8_BYTES) ? this.#view.getUint8(this.#offset - U8_BYTES) : 0;
  }

  u16(): number {
    return this.#take(U16_BYTES) ? this.#view.getUint16(this.#offset - U16_BYTES, true) : 0;
  }

  u32(): number {
    return this.#take(U32_BYTES) ? this.#view.getUint32(this.#offset - U32_BYTES, true) : 0;
  }

  /** A bigint, because the crate uses all 64 bits. */
  u64(): bigint {
    return this.#take(U64_BYTES) ? this.#view.getBigUint64(this.#offset - U64_BYTES, true) : 0n;
  }

  /** `count` bytes as they stand there: an array of fixed length. */
  array(count: number): Uint8Array {
    if (!this.#take(count)) return new Uint8Array(0);
    return Uint8Array.from(this.#bytes.subarray(this.#offset - count, this.#offset));
  }

  /** A byte string with its length in front. */
  bytes(): Uint8Array {
    const length = this.u64();
    // Compared before it becomes a number: the peer may claim 2^64 - 1 bytes.
    if (length > BigInt(this.#bytes.length)) {
      this.#hasFailed = true;
      return new Uint8Array(0);
    }
    return this.array(Number(length));
  }

  #take(count: number): boolean {
    if (this.#hasFailed || count > this.#bytes.length - this.#offset) {
      this.#hasFailed = true;
      return false;
    }
    this.#offset += count;
    return true;
  }
}

/** The inverse of {@link BincodeReader}. The caller knows how long the result will be. */
export class BincodeWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  /** @param length of the result in bytes */
  constructor(length: number) {
    this.#bytes = new Uint8Array(length);
    this.#view = new DataView(this.#bytes.buffer);
  }

  u8(value: number): this {
    this.#view.setUint8(this.#advance(U8_BYTES), value);
    return this;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#advance(U16_BYTES), value, true);
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#advance(U32_BYTES), value, true);
    return this;
  }

  u64(value: bigint): this {
    this.#view.setBigUint64(this.#advance(U64_BYTES), value, true);
    return this;
  }

  array(value: Uint8Array): this {
    this.#bytes.set(value, this.#advance(value.length));
    return this;
  }

  bytes(value: Uint8Array): this {
    return this.u64(BigInt(value.length)).array(value);
  }

  /** @returns what was written; nothing may be written afterwards */
  finish(): Uint8Array {
    return this.#bytes;
  }

  #advance(count: number): number {
    const at = this.#offset;
    this.#offset += count;
    return at;
  }
}
