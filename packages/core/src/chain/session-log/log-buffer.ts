const FIRST_BYTES = 1_024;
/** A buffer that grew beyond this is let go of when it is drained. */
const KEPT_BYTES = 1_048_576;

/** A byte array that grows at its end. */
export class LogBuffer {
  #bytes: Uint8Array = new Uint8Array(FIRST_BYTES);
  #length = 0;

  /** Bytes held. */
  get length(): number {
    return this.#length;
  }

  /** Adds a copy of `bytes`. */
  append(bytes: Uint8Array): void {
    const end = this.#length + bytes.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = end;
  }

  /** All bytes in an array of their own; the buffer is empty afterwards. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = new Uint8Array(FIRST_BYTES);
    this.#length = 0;
    return taken;
  }
}
