import type { CryptoProvider } from '../crypto/provider.js';
import { type EarlyMessage, sealEarlyFlight, type Ticket } from '../handshake/early-data.js';
import {
  ENVELOPE_MAX_BYTES,
  ENVELOPE_OVERHEAD_BYTES,
  EnvelopeKind,
  sealEnvelope,
} from '../handshake/envelope.js';
import type { OuterKeys } from '../handshake/outer-keys.js';

/** What a client sends before its handshake has ended. */
export interface EarlyToSend {
  readonly ticket: Ticket;
  readonly messages: readonly EarlyMessage[];
}

/** What an {@link EarlyFlight} is made of. */
export interface EarlyFlightOptions {
  readonly crypto: CryptoProvider;
  readonly outer: OuterKeys;
  /** The number of the attempt in every envelope. */
  readonly attempt: Uint8Array;
  readonly helloHash: Uint8Array;
  readonly early: EarlyToSend;
}

/** The early flight of an attempt, an envelope at a time: once after the first hello, and after a retry. */
export class EarlyFlight {
  readonly #options: EarlyFlightOptions;
  readonly #flight: Uint8Array;
  #offset = 0;

  /** @throws VCLError `MessageTooBig` */
  constructor(options: EarlyFlightOptions) {
    const { crypto, early, helloHash } = options;
    this.#options = options;
    this.#flight = sealEarlyFlight(crypto, early.ticket, helloHash, early.messages);
  }

  /** The server has asked for a cookie, and kept nothing. */
  repeat(): void {
    this.#offset = 0;
  }

  /** The next envelope, or undefined when all are sent. */
  next(): Uint8Array | undefined {
    const { crypto, outer, attempt } = this.#options;
    const offset = this.#offset;
    const total = this.#flight.length;
    if (offset === total) return undefined;
    const end = Math.min(total, offset + ENVELOPE_MAX_BYTES - ENVELOPE_OVERHEAD_BYTES);
    this.#offset = end;
    const flight = this.#flight.subarray(offset, end);
    return sealEnvelope(crypto, outer, {
      kind: EnvelopeKind.EarlyData,
      attempt,
      flight,
      offset,
      total,
    });
  }
}
