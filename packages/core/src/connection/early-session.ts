import type { CryptoProvider } from '../crypto/provider.js';
import {
  type EarlyMessage,
  earlyMessageHash,
  type Ticket,
  ticketSecret,
} from '../handshake/early-data.js';
import type { HandshakeResult } from '../handshake/handshake-result.js';
import type { ReceivedMessage } from '../message/received-message.js';
import { LANE_RELIABLE } from '../message/reliability.js';
import { CloseCode } from '../wire/close-codes.js';
import {
  type EarlyMessageCount,
  encodeEarly,
  encodeTicket,
  type TicketMessage,
} from '../wire/control/ticket.js';

/** What a session needs of the tickets of its server. */
export interface TicketDesk {
  readonly lifetimeSeconds: number;
  issue(clientKey: Uint8Array, secretOf: (id: Uint8Array) => Uint8Array, now: number): Uint8Array;
  redeem(id: Uint8Array, clientKey: Uint8Array): readonly Uint8Array[];
}

/** The part of a handshake that tickets hang on, as the session keeps it: the original is wiped. */
export type TicketHandshake = Pick<HandshakeResult, 'exporter' | 'serverKey' | 'clientKey'>;

/** What an {@link EarlySession} is made of. */
export interface EarlySessionOptions {
  readonly crypto: CryptoProvider;
  /** Of a server that takes early data. */
  readonly desk?: TicketDesk | undefined;
  /** Of a client that has sent some. */
  readonly sent?:
    | { readonly ticket: Ticket; readonly messages: readonly EarlyMessage[] }
    | undefined;
}

const NONE: readonly Uint8Array[] = [];

/**
 * 0-RTT as a session sees it (SPEC 4.7): whatever went before the handshake goes again as its first
 * messages, which are chained and signed like all others; here is known which of them the
 * application has already. It outlives the machines of a session at rest.
 */
export class EarlySession {
  readonly #options: EarlySessionOptions;
  /** Hashes of the first messages of lane R, as far as they were handed over. */
  #known: readonly Uint8Array[] = NONE;
  #isTold = false;
  #hasTicket = false;

  constructor(options: EarlySessionOptions) {
    this.#options = options;
  }

  /** What the client sent before, to be sent first again. */
  get messages(): readonly EarlyMessage[] {
    return this.#options.sent?.messages ?? [];
  }

  /** The body of the EARLY that a client begins with, if it sent any. */
  earlyBody(): Uint8Array | undefined {
    const { sent } = this.#options;
    return sent && encodeEarly({ id: sent.ticket.id, count: sent.messages.length });
  }

  /** The body of the TICKET that a server gives, if it takes early data. */
  ticketBody(handshake: TicketHandshake, now: number): Uint8Array | undefined {
    const { desk } = this.#options;
    if (desk === undefined) return undefined;
    const id = desk.issue(handshake.clientKey, (one) => this.#secretOf(handshake, one), now);
    return encodeTicket({ id, lifetimeSeconds: desk.lifetimeSeconds });
  }

  /** TICKET came; undefined for a second one. */
  ticket(
    handshake: TicketHandshake,
    { id, lifetimeSeconds }: TicketMessage,
    now: number,
  ): Ticket | undefined {
    if (this.#hasTicket) return undefined;
    this.#hasTicket = true;
    const { serverKey, clientKey } = handshake;
    const expiresAt = now + lifetimeSeconds * 1000;
    return { id, secret: this.#secretOf(handshake, id), serverKey, clientKey, expiresAt };
  }

  /** EARLY came. @param hasOpened whether messages may have been handed over by now @returns 0 or a close code */
  onEarly(
    { clientKey }: TicketHandshake,
    { id, count }: EarlyMessageCount,
    hasOpened: boolean,
  ): number {
    if (this.#isTold || hasOpened) return CloseCode.PROTOCOL_VIOLATION;
    this.#isTold = true;
    const hashes = this.#options.desk?.redeem(id, clientKey) ?? NONE;
    if (hashes.length > 0 && hashes.length !== count) return CloseCode.CHAIN_INVALID;
    this.#known = hashes;
    return 0;
  }

  /** Whether the application has a message already; 'altered' when it was another one then. */
  isKnown(message: ReceivedMessage): boolean | 'altered' {
    const { lane, n } = message;
    const known = lane === LANE_RELIABLE ? this.#known[n] : undefined;
    if (known === undefined) return false;
    if (n === this.#known.length - 1) this.#known = NONE;
    const { crypto } = this.#options;
    return crypto.equal(earlyMessageHash(crypto, message), known) ? true : 'altered';
  }

  #secretOf({ exporter }: TicketHandshake, id: Uint8Array): Uint8Array {
    return ticketSecret(this.#options.crypto, exporter, id);
  }
}
