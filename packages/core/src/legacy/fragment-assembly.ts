import type { LegacyFragment } from './fragment.js';

/** As many messages the crate puts together at a time. */
const MAX_MESSAGES = 256;
/** Of all messages together: a piece costs memory beside its bytes, of which it may have just one. */
const MAX_PIECES = 262_144;

interface Partial {
  readonly total: number;
  readonly pieces: (Uint8Array | undefined)[];
  missing: number;
  bytes: number;
}

/**
 * Puts fragments together again. Unlike the crate it wants indices below the total, one total a
 * message, no empty pieces and a bound on bytes (G41); what a peer of the crate sends passes.
 */
export class LegacyAssembly {
  readonly #maxBytes: number;
  readonly #messages = new Map<bigint, Partial>();
  #bytes = 0;
  #pieces = 0;

  /** @param maxBytes held at a time, of all messages together */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * @returns the message when this was its last missing piece; `kept` when more are missing;
   * `inconsistent` or `limit` when the fragment was not taken
   */
  add(fragment: LegacyFragment): Uint8Array | 'kept' | 'inconsistent' | 'limit' {
    const { id, index, total, data } = fragment;
    if (index >= total || data.length === 0) return 'inconsistent';
    const known = this.#messages.get(id);
    if (known !== undefined && (known.total !== total || known.pieces[index] !== undefined)) {
      return 'inconsistent';
    }
    if (data.length > this.#maxBytes - this.#bytes || this.#pieces === MAX_PIECES) return 'limit';
    if (known === undefined && this.#messages.size === MAX_MESSAGES) return 'limit';
    const message = known ?? this.#begin(id, total);
    message.pieces[index] = data;
    message.bytes += data.length;
    this.#bytes += data.length;
    this.#pieces++;
    message.missing--;
    return message.missing === 0 ? this.#complete(id, message) : 'kept';
  }

  /** Forgets everything. */
  clear(): void {
    this.#messages.clear();
    this.#bytes = 0;
    this.#pieces = 0;
  }

  #begin(id: bigint, total: number): Partial {
    const message = { total, pieces: [], missing: total, bytes: 0 };
    this.#messages.set(id, message);
    return message;
  }

  #complete(id: bigint, { pieces, total, bytes }: Partial): Uint8Array {
    this.#messages.delete(id);
    this.#bytes -= bytes;
    this.#pieces -= total;
    const message = new Uint8Array(bytes);
    let end = 0;
    // One by one: as arguments of a call, 65,535 pieces may be more than a stack holds.
    for (const piece of pieces) {
      message.set(piece!, end);
      end += piece!.length;
    }
    return message;
  }
}
