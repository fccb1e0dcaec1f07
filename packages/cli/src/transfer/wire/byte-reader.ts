/** Reads numbers and texts off a message. After a read beyond the end `isBad` stays true. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #isBad = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether something was read that is not there, or text that is no UTF-8. */
  get isBad(): boolean {
    return this.#isBad;
  }

  /** Whether all was read, and nothing but what is there. */
  get isDone(): boolean {
    return !this.#isBad && this.#at === this.#bytes.length;
  }

  u8(): number {
    const at = this.#take(1);
    return at < 0 ? 0 : this.#view.getUint8(at);
  }

  u16(): number {
    const at = this.#take(2);
    return at < 0 ? 0 : this.#view.getUint16(at);
  }

  u32(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : this.#view.getUint32(at);
  }

  u48(): number {
    const high = this.u16();
    return high * 2 ** 32 + this.u32();
  }

  f64(): number {
    const at = this.#take(8);
    return at < 0 ? 0 : this.#view.getFloat64(at);
  }

  /** @returns a view of the message, not a copy */
  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return at < 0 ? EMPTY : this.#bytes.subarray(at, at + count);
  }

  /** All that is left. */
  rest(): Uint8Array {
    return this.bytes(this.#bytes.length - this.#at);
  }

  /** A length in two bytes, and as much UTF-8. */
  text(maxBytes: number): string {
    const count = this.u16();
    if (count > maxBytes) this.#isBad = true;
    try {
      return UTF8.decode(this.bytes(count));
    } catch {
      this.#isBad = true;
      return '';
    }
  }

  #take(count: number): number {
    const at = this.#at;
    if (this.#isBad || count > this.#bytes.length - at) {
      this.#isBad = true;
      return -1;
    }
    this.#at = at + count;
    return at;
  }
}

const EMPTY = new Uint8Array(0);
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
