import { encodeMessage, encodeWholeHead } from '../wire/frames/message-frame.js';
import { varintLength, Writer } from '../wire/writer.js';
import type { OutgoingMessage } from './outgoing-message.js';

/** The bit of a MESSAGE type that says that a length follows (SPEC 6.1). */
const LENGTH_BIT = 0x04;

/**
 * Fills one record's plaintext with frames. A MESSAGE is first written without its length, as the
 * last frame may be; when another frame follows, the length is slipped in. So a message alone in a
 * datagram costs three bytes and no frame has to know what comes after it.
 */
export class PacketBuilder {
  readonly writer: Writer = new Writer();
  /** Message payload bytes in this record; bounded by `fragmentSize`. */
  payloadBytes = 0;
  /** Whether a frame stands in it that the peer has to acknowledge. */
  ackEliciting = false;
  /** Whether content stands in it that was sent before. */
  repeats = false;
  #start = 0;
  #limit = 0;
  #maxPayload = 0;
  #buffer: Uint8Array = new Uint8Array(0);
  #tailType = -1;
  #tailStart = 0;

  /** Starts a record whose frames go to `buffer[start, limit)`. */
  begin(buffer: Uint8Array, start: number, limit: number, maxPayload: number): void {
    this.writer.reset(buffer, start, limit);
    this.#buffer = buffer;
    this.#start = start;
    this.#limit = limit;
    this.#maxPayload = maxPayload;
    this.payloadBytes = 0;
    this.ackEliciting = false;
    this.repeats = false;
    this.#tailType = -1;
  }

  get isEmpty(): boolean {
    return this.writer.pos === this.#start;
  }

  /** Where the plaintext ends. */
  get end(): number {
    return this.writer.pos;
  }

  /** Bytes left for another frame, after the length that the last MESSAGE would then need. */
  get room(): number {
    return this.#limit - this.writer.pos - this.#tailLengthBytes();
  }

  /** Payload bytes that a MESSAGE with `overhead` bytes of fields could carry. */
  payloadRoom(overhead: number): number {
    return Math.min(this.room - overhead, this.#maxPayload - this.payloadBytes);
  }

  /** Whether a message of `length` bytes with `overhead` would go whole into a packet of its own. */
  fitsAlone(length: number, overhead: number): boolean {
    return length <= Math.min(this.#limit - this.#start - overhead, this.#maxPayload);
  }

  /** Whether three quarters of the payload that a datagram may carry are in it. */
  get isNearlyFull(): boolean {
    return this.payloadBytes * 4 >= this.#maxPayload * 3;
  }

  /** The writer, ready for a frame of any type but MESSAGE. */
  frame(ackEliciting: boolean): Writer {
    this.#closeTail();
    if (ackEliciting) this.ackEliciting = true;
    return this.writer;
  }

  /** Appends payload bytes `[from, to)` of a message as one MESSAGE frame. */
  message(message: OutgoingMessage, from: number, to: number): void {
    this.#closeTail();
    this.#tailType = this.writer.pos;
    const { lane, n, kind, length, payload } = message;
    encodeMessage(this.writer, lane, n, kind, from, length, payload, from, to, false);
    this.#tailStart = this.writer.pos - (to - from);
    this.payloadBytes += to - from;
    this.ackEliciting = true;
  }

  /** The memory that the record is written to. */
  get buffer(): Uint8Array {
    return this.#buffer;
  }

  /**
   * Begins a MESSAGE that is whole and that somebody else writes in place.
   *
   * @returns where its bytes begin; {@link wholeLimit} says where they must end
   */
  beginWhole(lane: number, n: number): number {
    this.#closeTail();
    this.#tailType = this.writer.pos;
    encodeWholeHead(this.writer, lane, n);
    this.#tailStart = this.writer.pos;
    return this.writer.pos;
  }

  /** Where the bytes of the MESSAGE that was begun end at the latest. */
  get wholeLimit(): number {
    return Math.min(this.#limit, this.writer.pos + this.#maxPayload - this.payloadBytes);
  }

  /** So many bytes were written. */
  endWhole(length: number): void {
    this.writer.pos += length;
    this.payloadBytes += length;
    this.ackEliciting = true;
  }

  /** None was written. */
  cancelWhole(): void {
    this.writer.pos = this.#tailType;
    this.#tailType = -1;
  }

  /** Pads with PADDING frames to at least `bytes` of plaintext. */
  pad(bytes: number): void {
    const missing = bytes - (this.writer.pos - this.#start);
    if (missing <= 0) return;
    this.#closeTail();
    const still = bytes - (this.writer.pos - this.#start);
    if (still > 0) this.writer.zeros(still);
  }

  #tailLengthBytes(): number {
    return this.#tailType < 0 ? 0 : varintLength(this.writer.pos - this.#tailStart);
  }

  #closeTail(): void {
    if (this.#tailType < 0) return;
    const end = this.writer.pos;
    const length = end - this.#tailStart;
    const shift = varintLength(length);
    this.#buffer.copyWithin(this.#tailStart + shift, this.#tailStart, end);
    this.#buffer[this.#tailType]! |= LENGTH_BIT;
    this.writer.pos = this.#tailStart;
    this.writer.varint(length);
    this.writer.pos = end + shift;
    this.#tailType = -1;
  }
}
