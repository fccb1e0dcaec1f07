import { MESSAGE_HEADER_BYTES, MessageKind } from './message.js';

const BATCH_BYTES = 64 * 1024;

/** Where messages go: the pipe, as far as it is used. */
export interface MessageSink {
  write(bytes: Uint8Array): unknown;
  /** What was written and has not left, in bytes. */
  readonly writableLength: number;
}

/** Puts messages for the pipe together, so that those of one turn leave in few writes. */
export class MessageWriter {
  readonly #sink: MessageSink;
  #batch: Uint8Array | undefined;
  #used = 0;
  #isScheduled = false;

  constructor(sink: MessageSink) {
    this.#sink = sink;
  }

  /** What waits here and in the pipe, in bytes. */
  get backlogBytes(): number {
    return this.#used + this.#sink.writableLength;
  }

  /** Adds a message; it leaves by the end of the turn. `payload` is copied. */
  add(kind: MessageKind, id: number, payload: Uint8Array): void {
    const out = this.#reserve(kind, id, payload.length);
    out.set(payload);
  }

  /** Adds `record` behind its length (u16) as bytes of the stream of `id`. */
  addRecord(id: number, record: Uint8Array): void {
    const out = this.#reserve(MessageKind.Stream, id, 2 + record.length);
    out[0] = record.length >>> 8;
    out[1] = record.length & 0xff;
    out.set(record, 2);
  }

  /** Adds a {@link MessageKind.Credit}. */
  addCredit(id: number, bytes: number): void {
    writeUint32(this.#reserve(MessageKind.Credit, id, 4), 0, bytes);
  }

  /** Adds a {@link MessageKind.Control}: `message` as JSON. */
  addControl(id: number, message: object): void {
    this.add(MessageKind.Control, id, new TextEncoder().encode(JSON.stringify(message)));
  }

  /** Hands all to the pipe. */
  flush(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    const bytes = batch.subarray(0, this.#used);
    // The pipe keeps what it is given until that has left, so the next batch is another.
    this.#batch = undefined;
    this.#used = 0;
    this.#sink.write(bytes);
  }

  #reserve(kind: MessageKind, id: number, length: number): Uint8Array {
    const total = MESSAGE_HEADER_BYTES + length;
    if (this.#batch !== undefined && this.#used + total > this.#batch.length) this.flush();
    this.#batch ??= new Uint8Array(Math.max(BATCH_BYTES, total));
    const start = this.#used;
    this.#used += total;
    writeUint32(this.#batch, start, length);
    this.#batch[start + 4] = kind;
    writeUint32(this.#batch, start + 5, id);
    this.#schedule();
    return this.#batch.subarray(start + MESSAGE_HEADER_BYTES, start + total);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }
}

function writeUint32(out: Uint8Array, offset: number, value: number): void {
  out[offset] = value >>> 24;
  out[offset + 1] = (value >>> 16) & 0xff;
  out[offset + 2] = (value >>> 8) & 0xff;
  out[offset + 3] = value & 0xff;
}
