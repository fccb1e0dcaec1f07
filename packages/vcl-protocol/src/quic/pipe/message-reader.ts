import { MAX_PAYLOAD_BYTES, MESSAGE_HEADER_BYTES } from './message.js';

/** Takes one message; `payload` is its own until it returns. */
export type OnMessage = (kind: number, id: number, payload: Uint8Array) => void;

/** Cuts what comes through the pipe into messages. */
export class MessageReader {
  readonly #onMessage: OnMessage;
  #held = new Uint8Array(0);
  #heldBytes = 0;

  constructor(onMessage: OnMessage) {
    this.#onMessage = onMessage;
  }

  /** @returns false when this is no stream of messages; nothing must be pushed after that */
  push(chunk: Uint8Array): boolean {
    // A plain array, because slice() of a Buffer does not copy.
    let rest = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    while (this.#heldBytes > 0 && rest.length > 0) {
      const needed = this.#neededBytes();
      if (needed < 0) return false;
      const taken = rest.subarray(0, needed - this.#heldBytes);
      this.#hold(taken, needed);
      rest = rest.subarray(taken.length);
      if (this.#heldBytes < needed) return true;
      if (needed === MESSAGE_HEADER_BYTES && lengthOf(this.#held) > 0) continue;
      const whole = this.#held.subarray(0, needed);
      this.#heldBytes = 0;
      this.#handOver(whole);
    }
    return this.#pushWhole(rest);
  }

  /** Messages that lie in one piece, and the beginning of one that does not. */
  #pushWhole(bytes: Uint8Array): boolean {
    let at = 0;
    while (bytes.length - at >= MESSAGE_HEADER_BYTES) {
      const rest = bytes.subarray(at);
      const length = lengthOf(rest);
      if (length > MAX_PAYLOAD_BYTES) return false;
      const end = MESSAGE_HEADER_BYTES + length;
      if (rest.length < end) break;
      this.#handOver(rest.subarray(0, end));
      at += end;
    }
    const rest = bytes.subarray(at);
    if (rest.length > 0) this.#hold(rest, rest.length);
    return true;
  }

  /** How much has to be held before it can be told, or -1 when it is no message. */
  #neededBytes(): number {
    if (this.#heldBytes < MESSAGE_HEADER_BYTES) return MESSAGE_HEADER_BYTES;
    const length = lengthOf(this.#held);
    return length > MAX_PAYLOAD_BYTES ? -1 : MESSAGE_HEADER_BYTES + length;
  }

  #hold(bytes: Uint8Array, capacity: number): void {
    if (this.#held.length < capacity) {
      const held = new Uint8Array(Math.max(capacity, 4_096));
      held.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = held;
    }
    this.#held.set(bytes, this.#heldBytes);
    this.#heldBytes += bytes.length;
  }

  #handOver(message: Uint8Array): void {
    this.#onMessage(
      message[4] as number,
      readUint32(message, 5),
      message.subarray(MESSAGE_HEADER_BYTES),
    );
  }
}

/** The number (u32, big endian) at `offset`. */
export function readUint32(bytes: Uint8Array, offset: number): number {
  const high = ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
  const low = ((bytes[offset + 2] as number) << 8) | (bytes[offset + 3] as number);
  return high * 0x10000 + low;
}

function lengthOf(message: Uint8Array): number {
  return readUint32(message, 0);
}
