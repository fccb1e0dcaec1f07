/**
 * Carries the state of machines into a record or out of it again. A machine names its fields once, in
 * one order, and each verb gives the value that the field has from there on: the same when the state
 * is written, the recorded one when it is read.
 */
export interface StateCarrier {
  number(value: number): number;
  flag(value: boolean): boolean;
  /** Bytes that may be long-lived: a copy of their own when they are read. Not for secrets. */
  bytes(value: Uint8Array): Uint8Array;
  /** Anything that stays an object for as long as the record lives; best undefined. */
  keep<T>(value: T): T;
  /** @param carry gets each item when the list is written, and undefined for each when it is read */
  list<T>(items: readonly T[], carry: (item: T | undefined) => T): readonly T[];
}

/** What {@link StateWriter} made. */
export interface StateRecord {
  readonly block: Uint8Array;
  readonly kept: readonly unknown[];
}

// A number takes one byte when it is small or says never, unknown, or none; else eight more.
const SMALL_LIMIT = 250;
const NEVER = 250;
const ALWAYS = 251;
const UNKNOWN = 252;
const MINUS_ONE = 253;
const DOUBLE = 255;
const DOUBLE_BYTES = 8;
const FIRST_BYTES = 1_024;
const NOTHING: readonly unknown[] = [];

/** Writes a record. */
export class StateWriter implements StateCarrier {
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #used = 0;
  readonly #kept: unknown[] = [];

  number(value: number): number {
    const tag = tagOf(value);
    this.#reserve(1 + DOUBLE_BYTES);
    this.#bytes[this.#used++] = tag;
    if (tag !== DOUBLE) return value;
    this.#view.setFloat64(this.#used, value);
    this.#used += DOUBLE_BYTES;
    return value;
  }

  flag(value: boolean): boolean {
    this.number(value ? 1 : 0);
    return value;
  }

  bytes(value: Uint8Array): Uint8Array {
    this.number(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#used);
    this.#used += value.length;
    return value;
  }

  keep<T>(value: T): T {
    if (this.flag(value !== undefined)) this.#kept.push(value);
    return value;
  }

  list<T>(items: readonly T[], carry: (item: T | undefined) => T): readonly T[] {
    this.number(items.length);
    for (const item of items) carry(item);
    return items;
  }

  /** The record of all that was written. */
  get record(): StateRecord {
    // A copy: what grew item by item has room for many more.
    const kept = this.#kept.length === 0 ? NOTHING : this.#kept.slice();
    return { block: this.#bytes.slice(0, this.#used), kept };
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Reads what {@link StateWriter} wrote, in the same order. */
export class StateReader implements StateCarrier {
  readonly #record: StateRecord;
  readonly #view: DataView;
  #at = 0;
  #keptAt = 0;

  constructor(record: StateRecord) {
    const { buffer, byteOffset, byteLength } = record.block;
    this.#record = record;
    this.#view = new DataView(buffer, byteOffset, byteLength);
  }

  /** Whether all was read. */
  get isDone(): boolean {
    return this.#at === this.#record.block.length && this.#keptAt === this.#record.kept.length;
  }

  number(_value: number): number {
    const tag = this.#view.getUint8(this.#at++);
    if (tag < SMALL_LIMIT) return tag;
    if (tag !== DOUBLE) return wordOf(tag);
    this.#at += DOUBLE_BYTES;
    return this.#view.getFloat64(this.#at - DOUBLE_BYTES);
  }

  flag(_value: boolean): boolean {
    return this.number(0) === 1;
  }

  bytes(_value: Uint8Array): Uint8Array {
    const length = this.number(0);
    this.#at += length;
    return this.#record.block.slice(this.#at - length, this.#at);
  }

  keep<T>(_value: T): T {
    return (this.flag(false) ? this.#record.kept[this.#keptAt++] : undefined) as T;
  }

  list<T>(_items: readonly T[], carry: (item: T | undefined) => T): readonly T[] {
    const items: T[] = [];
    for (let count = this.number(0); count > 0; count--) items.push(carry(undefined));
    return items;
  }
}

function tagOf(value: number): number {
  if (value >= 0 && value < SMALL_LIMIT && Number.isInteger(value)) {
    return Object.is(value, -0) ? DOUBLE : value;
  }
  if (value === Number.POSITIVE_INFINITY) return NEVER;
  if (value === Number.NEGATIVE_INFINITY) return ALWAYS;
  if (value === -1) return MINUS_ONE;
  return Number.isNaN(value) ? UNKNOWN : DOUBLE;
}

function wordOf(tag: number): number {
  if (tag === NEVER) return Number.POSITIVE_INFINITY;
  if (tag === ALWAYS) return Number.NEGATIVE_INFINITY;
  return tag === MINUS_ONE ? -1 : Number.NaN;
}
