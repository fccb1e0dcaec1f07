import type { CryptoProvider } from '../crypto/provider.js';
import {
  type EarlyMessage,
  earlyMessageHash,
  MAX_EARLY_FLIGHT_BYTES,
  openEarlyFlight,
  ticketIdOf,
} from '../handshake/early-data.js';
import type { FlightPiece } from '../handshake/envelope.js';
import type { TicketStore } from './ticket-store.js';

/** What came before the handshake has ended. */
export interface EarlyData {
  /** Of the ticket. */
  readonly id: Uint8Array;
  /** Whose ticket it was. The handshake may prove another key: whoever reads a hello can send a flight to it. */
  readonly clientKey: Uint8Array;
  readonly messages: readonly EarlyMessage[];
}

/** What an {@link EarlyIntake} is made of. */
export interface EarlyIntakeOptions {
  readonly crypto: CryptoProvider;
  readonly tickets: TicketStore;
  /** SHA-256 of the CH message of the attempt. */
  readonly helloHash: Uint8Array;
  /** The longest message this side takes. */
  readonly maxMessageBytes: number;
}

/**
 * The early flight of one half-open attempt, as its pieces come: in order, or it is given up, for
 * what is in it comes again after the handshake in any case (SPEC 4.7). Nothing is kept before the
 * first piece has named a ticket of this server.
 */
export class EarlyIntake {
  readonly #crypto: CryptoProvider;
  readonly #tickets: TicketStore;
  readonly #helloHash: Uint8Array;
  readonly #maxMessageBytes: number;
  #flight: Uint8Array | undefined;
  #filled = 0;
  #isOver = false;

  constructor({ crypto, tickets, helloHash, maxMessageBytes }: EarlyIntakeOptions) {
    this.#crypto = crypto;
    this.#tickets = tickets;
    this.#helloHash = helloHash;
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** @returns the messages when it was the last piece, 'kept', or 'dropped' */
  push(piece: FlightPiece, now: number): EarlyData | 'kept' | 'dropped' {
    const { offset, total, bytes } = piece;
    if (this.#isOver || offset !== this.#filled) return 'dropped';
    if (this.#flight === undefined && !this.#begin(piece, now)) return 'dropped';
    const flight = this.#flight!;
    if (total !== flight.length || bytes.length === 0) return this.#giveUp();
    flight.set(bytes, offset);
    this.#filled += bytes.length;
    if (this.#filled < total) return 'kept';
    this.#isOver = true;
    this.#flight = undefined;
    return this.#open(flight, now) ?? 'dropped';
  }

  #begin({ total, bytes }: FlightPiece, now: number): boolean {
    const id = ticketIdOf(bytes);
    if (total > MAX_EARLY_FLIGHT_BYTES || id === undefined) return false;
    if (this.#tickets.find(id, now) === undefined) return false;
    this.#flight = new Uint8Array(total);
    return true;
  }

  #open(flight: Uint8Array, now: number): EarlyData | undefined {
    const id = ticketIdOf(flight)!;
    const ticket = this.#tickets.find(id, now);
    if (ticket === undefined) return undefined;
    const { secret, clientKey } = ticket;
    const messages = openEarlyFlight(this.#crypto, secret, this.#helloHash, flight);
    if (messages === undefined) return undefined;
    // Its session would not take it either.
    if (messages.some(({ payload }) => payload.length > this.#maxMessageBytes)) return undefined;
    // Before anybody gets to see them: whatever happens then, they are not handed over again.
    this.#tickets.spend(
      id,
      messages.map((message) => earlyMessageHash(this.#crypto, message)),
      now,
    );
    return { id, clientKey, messages };
  }

  #giveUp(): 'dropped' {
    this.#isOver = true;
    this.#flight = undefined;
    return 'dropped';
  }
}
