import type { Connection } from '@vcl-protocol/core';
import { AsyncQueue } from './async-queue.js';
import { ClientDoor } from './client-door.js';
import type { ClientDecision } from './identity/client-policy.js';
import type { ArrivedClient, Station } from './station.js';

/** Clients that wait for somebody to accept them, at most. */
const MAX_WAITING = 16;

/** What {@link ClientWaitingRoom} needs. */
export interface ClientWaitingRoomOptions {
  /** Says no to a client, with a reason for it. */
  readonly refuse: (client: ArrivedClient, reason: string) => void;
  /** Whether there is a session already. */
  readonly isBusy: () => boolean;
  /** A client was accepted. */
  readonly onAccepted: (connection: Connection) => void;
}

/** Clients of a socket that serves one at a time: they wait until one is wanted. */
export class ClientWaitingRoom {
  readonly #options: ClientWaitingRoomOptions;
  #waiting: ArrivedClient[] = [];
  #station: Station | undefined;
  #door: ClientDoor | undefined;
  #accepted: AsyncQueue<never> | undefined;
  /** Of the accept that waits. */
  #signal: AbortSignal | undefined;

  constructor(options: ClientWaitingRoomOptions) {
    this.#options = options;
  }

  /**
   * Resolves when a client has been accepted: the first that the policy admits, of those that wait
   * and those that come.
   */
  async accept(station: Station, decide: ClientDecision, signal: AbortSignal): Promise<void> {
    this.#station = station;
    this.#door ??= new ClientDoor({
      station,
      decide,
      onWelcome: (client) => this.#welcome(client),
    });
    this.#accepted = new AsyncQueue();
    this.#signal = signal;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const client of waiting) void this.#door.judge(client);
    try {
      await this.#accepted.next(signal);
    } finally {
      this.#accepted = undefined;
    }
  }

  /** A client has proved its key. */
  arrive(client: ArrivedClient): void {
    if (this.#accepted !== undefined) void this.#door?.judge(client);
    else this.#keep(client);
  }

  /** The policy admits the client; meanwhile another one may have come first. */
  #welcome(client: ArrivedClient): void {
    // Whoever has given up does not know it before its turn comes.
    const isWanted = this.#accepted?.ended === false && this.#signal?.aborted !== true;
    if (!isWanted) {
      this.#keep(client);
      return;
    }
    const connection = this.#station?.accept(client);
    if (connection === undefined) return;
    this.#options.onAccepted(connection);
    this.#accepted?.end();
  }

  #keep(client: ArrivedClient): void {
    if (this.#options.isBusy()) {
      this.#options.refuse(client, 'this server serves one client at a time, and has one');
      return;
    }
    this.#waiting.push(client);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
  }
}
