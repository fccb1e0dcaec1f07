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
/** Carriers that have led to no session yet, at most; beyond that the one that is there longest goes. */
const MAX_UNPROVEN = 2_048;

/** Takes in the carriers that connect to a side that accepts, and closes those that no session uses. */
export class CarrierDoor {
  readonly #options: CarrierDoorOptions;
  readonly #arrivedAt = new Map<CarrierLink, number>();
  /** Those that no session has used yet, as far as was looked, the oldest first. */
  readonly #unproven = new Set<CarrierLink>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: CarrierDoorOptions) {
    this.#options = options;
    for (const server of options.servers) server.start((link) => this.#take(link));
  }

  /** Lets nobody in any more. Resolves when the addresses are free; carriers that are in live on. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    // Settled, so that one that cannot be closed does not keep the others from it.
    await Promise.allSettled(this.#options.servers.map((server) => server.close()));
  }

  #take(link: CarrierLink): void {
    if (this.#unproven.size >= MAX_UNPROVEN) this.#makeRoom();
    this.#arrivedAt.set(link, performance.now());
    this.#unproven.add(link);
    this.#options.hub.add(link, () => this.#forget(link));
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#timer.unref?.();
  }

  #makeRoom(): void {
    this.#sweep();
    if (this.#unproven.size < MAX_UNPROVEN) return;
    for (const oldest of this.#unproven) {
      this.#close(oldest);
      return;
    }
  }

  #sweep(): void {
    const used = new Set<RemoteAddress>();
    for (const connection of this.#options.connections()) {
      for (const remote of connection.remotes) used.add(remote);
    }
    const now = performance.now();
    for (const [link, arrivedAt] of this.#arrivedAt) {
      if (used.has(link.remote)) this.#unproven.delete(link);
      else if (!this.#unproven.has(link) || now - arrivedAt > GRACE_MS) this.#close(link);
    }
    if (this.#arrivedAt.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #forget(link: CarrierLink): void {
    this.#arrivedAt.delete(link);
    this.#unproven.delete(link);
  }

  #close(link: CarrierLink): void {
    this.#forget(link);
    this.#options.hub.drop(link);
  }
}
