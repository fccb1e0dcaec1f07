/** A record is at most this long on any carrier, in bytes: what its length of two bytes can say. */
export const MAX_RECORD_BYTES = 65_535;
/**
 * The first record of whoever connects is at most this long, in bytes (SPEC 13.1): it opens a session
 * or joins one. So its first byte tells it apart from TLS and HTTP on the same port.
 */
export const MAX_FIRST_RECORD_BYTES = 1_023;

const MIN_ASSEMBLY_BYTES = 2_048;

/**
 * Cuts a stream of bytes into records, each of which stands behind its length (u16, big endian). A
 * record that came in one piece is handed over where it lies, any other from a buffer that is used again.
 */
export class RecordSplitter {
  readonly #onRecord: (record: Uint8Array) => boolean;
  #maxBytes: number;
  /** The first byte of a length whose second has not come, or -1. */
  #highByte = -1;
  /** What the record that is being put together has, and will have. 0 of 0 between records. */
  #have = 0;
  #length = 0;
  #assembly = new Uint8Array(0);

  /**
   * @param onRecord takes a record, which it may overwrite until it returns; false to stop there
   * @param maxFirstBytes how long the first record may be
   */
  constructor(onRecord: (record: Uint8Array) => boolean, maxFirstBytes: number = MAX_RECORD_BYTES) {
    this.#onRecord = onRecord;
    this.#maxBytes = maxFirstBytes;
  }

  /**
   * Takes the next bytes of the stream.
   *
   * @returns false when this is no stream of records: a length of 0, or a first record that
   * is too long. Nothing must be pushed after that.
   */
  push(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.#length > 0) {
        const end = Math.min(chunk.length, at + this.#length - this.#have);
        this.#assembly.set(chunk.subarray(at, end), this.#have);
        this.#have += end - at;
        at = end;
        if (this.#have === this.#length && !this.#handOverAssembled()) return true;
        continue;
      }
      const byte = chunk[at++] as number;
      if (this.#highByte < 0) {
        this.#highByte = byte;
        continue;
      }
      const length = (this.#highByte << 8) | byte;
      this.#highByte = -1;
      if (length === 0 || length > this.#maxBytes) return false;
      this.#maxBytes = MAX_RECORD_BYTES;
      if (at + length > chunk.length) {
        this.#beginAssembly(length);
        continue;
      }
      if (!this.#onRecord(chunk.subarray(at, at + length))) return true;
      at += length;
    }
    return true;
  }

  #beginAssembly(length: number): void {
    this.#length = length;
    this.#have = 0;
    if (this.#assembly.length >= length) return;
    const doubled = Math.max(MIN_ASSEMBLY_BYTES, 2 * this.#assembly.length);
    this.#assembly = new Uint8Array(Math.min(MAX_RECORD_BYTES, Math.max(doubled, length)));
  }

  #handOverAssembled(): boolean {
    const length = this.#length;
    this.#length = 0;
    this.#have = 0;
    return this.#onRecord(this.#assembly.subarray(0, length));
  }
}
