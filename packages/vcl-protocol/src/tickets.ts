import { type EarlyMessage, type Ticket, VCLError } from '@vcl-protocol/core';
import { toPayload } from './send-options.js';

/** A message that may be handed over before the handshake has ended (SPEC 4.7). */
export type EarlyInput = Uint8Array | string;

const MAX_TICKETS = 256;

/**
 * Tickets of servers in memory, for the next connection of the same identity to each: one a server,
 * used once, gone with the process.
 */
class TicketJar {
  readonly #tickets = new Map<string, Ticket>();

  /** Keeps a ticket, in the place of an older one. @param host as known hosts have it */
  put(host: string, ticket: Ticket): void {
    const name = nameOf(host, ticket.clientKey);
    this.#tickets.delete(name);
    this.#tickets.set(name, ticket);
    if (this.#tickets.size <= MAX_TICKETS) return;
    for (const oldest of this.#tickets.keys()) {
      this.#tickets.delete(oldest);
      return;
    }
  }

  /**
   * Gives the ticket for a server out, once.
   *
   * @param serverKey the only key that is wanted, when one is
   */
  take(
    host: string,
    clientKey: Uint8Array,
    serverKey: Uint8Array | undefined,
    now: number,
  ): Ticket | undefined {
    const name = nameOf(host, clientKey);
    const ticket = this.#tickets.get(name);
    this.#tickets.delete(name);
    if (ticket === undefined || ticket.expiresAt <= now) return undefined;
    return serverKey === undefined || isSame(serverKey, ticket.serverKey) ? ticket : undefined;
  }
}

/** The tickets of all connections of the process. */
export const processTickets: TicketJar = new TicketJar();

/**
 * The messages of the option `earlyData`, copied.
 *
 * @throws VCLError `InvalidConfig` when it is no list
 */
export function toEarlyMessages(inputs: readonly EarlyInput[]): readonly EarlyMessage[] {
  if (!Array.isArray(inputs)) {
    throw new VCLError('InvalidConfig', 'earlyData is a list of messages: Uint8Array or string');
  }
  return inputs.map((data) => ({ kind: 0, payload: toPayload(data) }));
}

function nameOf(host: string, clientKey: Uint8Array): string {
  return `${host} ${clientKey.join(',')}`;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
