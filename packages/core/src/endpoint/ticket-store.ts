import type { TicketDesk } from '../connection/early-session.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { VCLError } from '../errors.js';
import { TICKET_ID_BYTES } from '../wire/control/ticket.js';
import type { EndpointOptions } from './endpoint-options.js';

/** A ticket that was given out and not used yet. */
interface IssuedTicket {
  readonly secret: Uint8Array;
  /** Only this client may use it. */
  readonly clientKey: Uint8Array;
  readonly expiresAt: number;
}

/** What is remembered of one that was used. */
interface UsedTicket {
  readonly clientKey: Uint8Array;
  /** Hashes of the messages that were handed over early under it. */
  readonly hashes: readonly Uint8Array[];
  readonly usedAt: number;
}

/** How long a ticket lives: 24 hours at most (rule B5). */
const LIFETIME_SECONDS = 86_400;
const MAX_TICKETS = 16_384;
/**
 * So long a used one is remembered in any case: what came early comes again in a session, and that
 * is up within seconds, or never.
 */
const REMEMBERED_MS = 120_000;
const NO_HASHES: readonly Uint8Array[] = [];

/**
 * The tickets of a server, in memory alone: after a restart none is known, and clients go without
 * early data. Each is good once: it is taken out before anything that came under it is handed over.
 */
export class TicketStore implements TicketDesk {
  readonly lifetimeSeconds: number = LIFETIME_SECONDS;
  readonly #crypto: CryptoProvider;
  readonly #issued = new Map<string, IssuedTicket>();
  readonly #used = new Map<string, UsedTicket>();
  /** The one ticket of each client, by its key. */
  readonly #latest = new Map<string, string>();

  constructor(crypto: CryptoProvider) {
    this.#crypto = crypto;
  }

  /** Tickets that were not used yet. */
  get size(): number {
    return this.#issued.size;
  }

  /** Makes a ticket for a client. @param secretOf gives the secret of an id @returns its id */
  issue(clientKey: Uint8Array, secretOf: (id: Uint8Array) => Uint8Array, now: number): Uint8Array {
    const id = new Uint8Array(TICKET_ID_BYTES);
    this.#crypto.randomBytes(id);
    const expiresAt = now + this.lifetimeSeconds * 1000;
    // A flight that was held back must not come after what the client did since.
    this.#forget(this.#latest.get(nameOf(clientKey)));
    this.#issued.set(nameOf(id), { secret: secretOf(id), clientKey: clientKey.slice(), expiresAt });
    this.#latest.set(nameOf(clientKey), nameOf(id));
    if (this.#issued.size > MAX_TICKETS) this.#forget(this.#issued.keys().next().value);
    return id;
  }

  /** A ticket that may be used; none is while another one would have to be forgotten too soon. */
  find(id: Uint8Array, now: number): Pick<IssuedTicket, 'secret' | 'clientKey'> | undefined {
    const ticket = this.#issued.get(nameOf(id));
    if (ticket === undefined || ticket.expiresAt <= now) return undefined;
    const [oldest] = this.#used.size < MAX_TICKETS ? [] : this.#used.values();
    return oldest !== undefined && now < oldest.usedAt + REMEMBERED_MS ? undefined : ticket;
  }

  /** Takes a ticket out that {@link find} gave, for messages that are handed over early. */
  spend(id: Uint8Array, hashes: readonly Uint8Array[], now: number): void {
    const name = nameOf(id);
    const ticket = this.#issued.get(name);
    if (ticket === undefined) return;
    const { clientKey } = ticket;
    this.#forget(name);
    this.#used.set(name, { clientKey, hashes, usedAt: now });
    if (this.#used.size > MAX_TICKETS) this.#used.delete(this.#used.keys().next().value!);
  }

  /** What came early under a used ticket was not handed over after all: it is, when it comes again. */
  forget(id: Uint8Array): void {
    const used = this.#used.get(nameOf(id));
    if (used !== undefined) this.#used.set(nameOf(id), { ...used, hashes: NO_HASHES });
  }

  /**
   * A session says that its first messages went early under a ticket of its client: it is good for
   * nothing from here on, wherever its early flight may still be. A ticket of somebody else is none:
   * ids are no secret, and hashes would tell what another client has said.
   *
   * @returns hashes of the messages that were handed over, none when they were not
   */
  redeem(id: Uint8Array, clientKey: Uint8Array): readonly Uint8Array[] {
    const name = nameOf(id);
    const ticket = this.#issued.get(name) ?? this.#used.get(name);
    if (ticket === undefined || !this.#crypto.equal(ticket.clientKey, clientKey)) return NO_HASHES;
    this.#forget(name);
    return this.#used.get(name)?.hashes ?? NO_HASHES;
  }

  #forget(name: string | undefined): void {
    const ticket = name === undefined ? undefined : this.#issued.get(name);
    if (name === undefined || ticket === undefined) return;
    ticket.secret.fill(0);
    this.#issued.delete(name);
    const client = nameOf(ticket.clientKey);
    if (this.#latest.get(client) === name) this.#latest.delete(client);
  }
}

/**
 * The tickets of a side that takes early data.
 *
 * @throws VCLError `InvalidConfig` when it waits for signatures
 */
export function ticketsOf({ earlyData, config, crypto }: EndpointOptions): TicketStore | undefined {
  if (!earlyData) return undefined;
  if (config.delivery === 'authenticated') return new TicketStore(crypto);
  throw new VCLError(
    'InvalidConfig',
    "early data comes before any signature: set delivery: 'authenticated', or do without",
  );
}

function nameOf(id: Uint8Array): string {
  return String.fromCharCode(...id);
}
