import type { Connection, RemoteAddress } from '@vcl-protocol/core';
import type { CarrierLink, CarrierServer } from '../carrier-link.js';
import type { CarrierHub } from './carrier-hub.js';

/** What a {@link CarrierDoor} is made of. */
export interface CarrierDoorOptions {
  readonly hub: CarrierHub;
  readonly servers: readonly CarrierServer[];
  /** The sessions that live, whose carriers stay. */
  readonly connections: () => Iterable<Connection>;
}

const SWEEP_MS = 1_000;
/** A carrier that has led to no session by then is closed: a handshake is over after 10 s (SPEC 4.5). */
const GRACE_MS = 15_000;

/** Takes in the carriers that connect to a side that accepts, and closes those that no session uses. */
export class CarrierDoor {
  readonly #options: CarrierDoorOptions;
  readonly #arrivedAt = new Map<CarrierLink, number>();
  readonly #wereUsed = new WeakSet<CarrierLink>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: CarrierDoorOptions) {
    this.#options = options;
    for (const server of options.servers) server.start((link) => this.#take(link));
  }

  /** Lets nobody in any more. Resolves when the addresses are free; carriers that are in live on. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#options.servers.map((server) => server.close()));
  }

  #take(link: CarrierLink): void {
    this.#arrivedAt.set(link, performance.now());
    this.#options.hub.add(link, () => this.#arrivedAt.delete(link));
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#timer.unref?.();
  }

  #sweep(): void {
    const used = new Set<RemoteAddress>();
    for (const connection of this.#options.connections()) {
      for (const remote of connection.remotes) used.add(remote);
    }
    const now = performance.now();
    for (const [link, arrivedAt] of this.#arrivedAt) {
      const isUsed = used.has(link.remote);
      if (isUsed) this.#wereUsed.add(link);
      else if (this.#wereUsed.has(link) || now - arrivedAt > GRACE_MS) this.#close(link);
    }
    if (this.#arrivedAt.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #close(link: CarrierLink): void {
    this.#arrivedAt.delete(link);
    this.#options.hub.drop(link);
  }
}
