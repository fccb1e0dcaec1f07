import type { VCLError } from '@vcl-protocol/core';
import type { Report } from './pipe/control.js';

/** What the first record of the peer has to be, which belongs to the carrier (SPEC 13.5). */
export interface Greeting {
  /** How long it is, bytes. */
  readonly length: number;
  /** Takes it. @returns what is wrong with it */
  check(greeting: Uint8Array): VCLError | undefined;
  /** The handshake of the connection has ended. @returns what is wrong with the peer */
  onEstablished(report: Report & { readonly event: 'established' }): VCLError | undefined;
  /** A session to resume this connection with. */
  onSession(ticket: Uint8Array): void;
}

const VERSION = 1;

/** What a client says first, behind its length like any record: a peer's stream shows when it speaks. */
export const PREFACE: Uint8Array = Uint8Array.of(VERSION);

/** `record` behind its length. */
export function framed(record: Uint8Array): Uint8Array {
  const out = new Uint8Array(2 + record.length);
  out[0] = record.length >>> 8;
  out[1] = record.length & 0xff;
  out.set(record, 2);
  return out;
}

/** Collects the first record, of a known length, from the pieces of a stream. */
export class FirstRecord {
  readonly #bytes: Uint8Array;
  #count = 0;

  /** @param length of the record */
  constructor(length: number) {
    this.#bytes = new Uint8Array(2 + length);
  }

  /** The record behind its length, when it is there; undefined when it has another length. */
  get record(): Uint8Array | undefined {
    const length = ((this.#bytes[0] as number) << 8) | (this.#bytes[1] as number);
    return length + 2 === this.#bytes.length ? this.#bytes.subarray(2) : undefined;
  }

  get isComplete(): boolean {
    return this.#count === this.#bytes.length;
  }

  /** @returns what follows it */
  push(bytes: Uint8Array): Uint8Array {
    const taken = bytes.subarray(0, this.#bytes.length - this.#count);
    this.#bytes.set(taken, this.#count);
    this.#count += taken.length;
    return bytes.subarray(taken.length);
  }
}
