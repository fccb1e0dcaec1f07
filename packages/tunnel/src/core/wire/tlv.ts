import { Reader, varintLength, Writer } from '@vcl-protocol/core';

/** The longest message; longer ones are none (SPEC 14.2). */
const MAX_TUNNEL_MESSAGE_BYTES = 32_768;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Writes `type u8 || (field varint || <varint> value)*`. */
export class TlvWriter {
  readonly #parts: Uint8Array[] = [];
  readonly #type: number;
  #length = 1;

  constructor(type: number) {
    this.#type = type;
  }

  bytes(field: number, value: Uint8Array): this {
    const head = varintLength(field) + varintLength(value.length);
    const part = new Uint8Array(head + value.length);
    const writer = new Writer();
    writer.reset(part, 0, part.length);
    writer.varint(field);
    writer.varint(value.length);
    part.set(value, head);
    this.#parts.push(part);
    this.#length += part.length;
    return this;
  }

  number(field: number, value: number): this {
    const bytes = new Uint8Array(varintLength(value));
    const writer = new Writer();
    writer.reset(bytes, 0, bytes.length);
    writer.varint(value);
    return this.bytes(field, bytes);
  }

  /** What does not fit into `maxBytes` is left out, by whole characters; control characters become spaces. */
  text(field: number, value: string, maxBytes: number): this {
    const bytes = new Uint8Array(maxBytes);
    const { written } = encoder.encodeInto(value.replaceAll(/\p{Cc}/gu, ' '), bytes);
    return this.bytes(field, bytes.subarray(0, written));
  }

  finish(): Uint8Array {
    const message = new Uint8Array(this.#length);
    message[0] = this.#type;
    let at = 1;
    for (const part of this.#parts) {
      message.set(part, at);
      at += part.length;
    }
    return message;
  }
}

/** One value; what it is not makes the whole message unsound. */
export interface TlvValue {
  readonly bytes: Uint8Array;
  /** The value as a varint that takes all of it. */
  number(): number;
  /** The value as well-formed UTF-8 without control characters, of at most so many bytes. */
  text(maxBytes: number): string;
  /** The value is none of its field. */
  readonly fail: () => void;
}

/** Reads what {@link TlvWriter} writes. */
export class TlvReader {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The type, or -1 when the message is empty or too long. */
  get type(): number {
    const { length } = this.#bytes;
    return length === 0 || length > MAX_TUNNEL_MESSAGE_BYTES ? -1 : this.#bytes[0]!;
  }

  /** Calls back for each field in order. @returns whether the message and all values were sound */
  each(visit: (field: number, value: TlvValue) => void): boolean {
    const reader = new Reader();
    reader.reset(this.#bytes, 1, this.#bytes.length);
    let isSound = true;
    const fail = (): void => {
      isSound = false;
    };
    while (reader.remaining > 0 && isSound) {
      const field = reader.varint();
      const bytes = reader.bytes(reader.varint());
      if (reader.failed) return false;
      visit(field, fieldValue(bytes, fail));
    }
    return isSound;
  }
}

function fieldValue(bytes: Uint8Array, fail: () => void): TlvValue {
  return {
    bytes,
    fail,
    number() {
      const reader = new Reader();
      reader.reset(bytes, 0, bytes.length);
      const value = reader.varint();
      if (reader.failed || reader.remaining > 0) fail();
      return value;
    },
    text(maxBytes) {
      const text = bytes.length > maxBytes ? undefined : decodeText(bytes);
      if (text === undefined) fail();
      return text ?? '';
    },
  };
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    const text = decoder.decode(bytes);
    return /\p{Cc}/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
