/**
 * A fingerprint of what happened in a run, for the question "were these two runs the same?". Not a
 * cryptographic hash.
 */
export class TraceHash {
  #low = 0x811c9dc5;
  #high = 0x9e3779b9;
  readonly #scratch: DataView = new DataView(new ArrayBuffer(8));

  /** Adds a number with all its 64 bits. */
  addNumber(value: number): void {
    this.#scratch.setFloat64(0, value);
    for (let index = 0; index < 8; index++) this.#add(this.#scratch.getUint8(index));
  }

  /** Adds a text and its length. */
  addText(text: string): void {
    this.addNumber(text.length);
    for (let index = 0; index < text.length; index++) this.#add(text.charCodeAt(index));
  }

  /** Adds bytes and their number. */
  addBytes(bytes: Uint8Array): void {
    this.addNumber(bytes.length);
    for (let index = 0; index < bytes.length; index++) this.#add(bytes[index] as number);
  }

  /** @returns 16 hexadecimal digits; adding may go on afterwards */
  digest(): string {
    return hex32(this.#high) + hex32(this.#low);
  }

  #add(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x01000193);
    this.#high = Math.imul((this.#high << 5) ^ (this.#high >>> 27) ^ value, 0x85ebca6b);
  }
}

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
