/** Bytes of a stream that the connection did not take yet, in order. Whoever adds bounds them. */
export class SendQueue {
  readonly #chunks: Uint8Array[] = [];
  #first = 0;
  #offset = 0;

  get isEmpty(): boolean {
    return this.#first === this.#chunks.length;
  }

  /** Adds `bytes`, which are copied. */
  add(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#chunks.push(new Uint8Array(bytes));
  }

  /**
   * Gives the oldest bytes to `take`, again and again until it takes fewer than it was given.
   *
   * @returns how many were taken
   */
  drain(take: (bytes: Uint8Array) => number): number {
    let taken = 0;
    while (this.#first < this.#chunks.length) {
      const chunk = this.#chunks[this.#first] as Uint8Array;
      const count = take(chunk.subarray(this.#offset));
      taken += count;
      this.#offset += count;
      if (this.#offset < chunk.length) break;
      this.#offset = 0;
      this.#first++;
    }
    if (this.isEmpty) {
      this.#chunks.length = 0;
      this.#first = 0;
    } else if (this.#first > 64) {
      this.#chunks.splice(0, this.#first);
      this.#first = 0;
    }
    return taken;
  }
}
