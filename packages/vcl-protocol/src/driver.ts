import type { Connection, Endpoint, EndpointEvent, RemoteAddress } from '@vcl-protocol/core';
import { platform } from '#platform';
import { AsyncQueue } from './async-queue.js';
import type { DatagramLink, LinkHandler } from './datagram-link.js';

/** What a driver tells its owner, within a turn. */
export interface DriverHost {
  onEndpointEvent(event: EndpointEvent, now: number): void;
  /** The connection may have something to report. */
  onReady(connection: Connection, now: number): void;
  /** All was reported. */
  onTurnEnd(now: number): void;
}

/** Rounds of sending and reporting in one turn; whatever is left gets a turn of its own. */
const MAX_ROUNDS = 8;
/** The longest time that timers take, in Node and browsers. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * The loop around one endpoint and one link. What arrives goes in at once; everything that follows
 * from it happens in one turn after the sockets were drained: send, report, set the one timer.
 */
export class Driver implements LinkHandler {
  readonly endpoint: Endpoint;
  /** What the system last said about a datagram that did not leave or arrive. */
  lastTrouble: Error | undefined;
  readonly #host: DriverHost;
  readonly #link: DatagramLink;
  #isTurnDue = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #isInTurn = false;
  #isClosed = false;
  #finishing: AsyncQueue<never> | undefined;
  #lingers = true;

  constructor(endpoint: Endpoint, link: DatagramLink, host: DriverHost) {
    this.endpoint = endpoint;
    this.#link = link;
    this.#host = host;
    link.start(this);
  }

  /** Milliseconds of a clock that never goes back. */
  now(): number {
    return performance.now();
  }

  /** Where the link is bound. */
  get local(): RemoteAddress {
    return this.#link.local;
  }

  /** To be called after every verb of the endpoint or of one of its connections. */
  schedule(): void {
    if (this.#isTurnDue || this.#isInTurn || this.#isClosed) return;
    this.#isTurnDue = true;
    platform.defer(this.#takeTurn);
  }

  /**
   * Resolves when the address is free again.
   *
   * @param lingers whether sessions may say their last words again for those who missed them, until
   * each has been over for a while (SPEC 9.1); otherwise everything ends with the next turn
   */
  async finish(lingers: boolean): Promise<void> {
    this.#finishing ??= new AsyncQueue();
    if (!lingers) this.#lingers = false;
    this.schedule();
    await this.#finishing.next();
    await this.#link.close();
  }

  onDatagram(data: Uint8Array, from: RemoteAddress): void {
    try {
      this.endpoint.handleDatagram(data, from, this.now());
    } finally {
      // What a logger throws must not keep what follows from the datagram.
      this.schedule();
    }
  }

  onDrain(): void {
    this.schedule();
  }

  onTrouble(error: Error): void {
    this.lastTrouble = error;
  }

  readonly #takeTurn = (): void => {
    this.#isTurnDue = false;
    const now = this.now();
    this.#exchange(now);
    try {
      this.#host.onTurnEnd(now);
    } finally {
      const isOver = this.endpoint.connectionCount === 0 || !this.#lingers;
      if (this.#finishing !== undefined && isOver) this.#conclude();
      else this.#setTimer(now);
    }
  };

  /** Sends and reports until there is neither; what is left, or was cut short, gets another turn. */
  #exchange(now: number): void {
    this.#isInTurn = true;
    let isDone = false;
    try {
      this.endpoint.handleTimeout(now);
      let rounds = 0;
      do this.#transmit(now);
      while (this.#report(now) && ++rounds < MAX_ROUNDS);
      isDone = rounds < MAX_ROUNDS;
    } finally {
      this.#isInTurn = false;
      // What a logger or a callback of the application threw must not stop the loop for good.
      if (!isDone) this.schedule();
    }
  }

  /** A timer only asks for a turn, so that what has arrived meanwhile is heard first. */
  readonly #onTimer = (): void => {
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.schedule();
  };

  #transmit(now: number): void {
    const link = this.#link;
    for (let out = link.reserve(); out !== undefined; out = link.reserve()) {
      const bytes = this.endpoint.pollTransmit(now, out);
      if (bytes === 0) break;
      link.send(bytes, this.endpoint.transmitTo!);
    }
    link.flush();
  }

  /** @returns whether there was anything, so that there may be more to send */
  #report(now: number): boolean {
    const { endpoint } = this;
    let had = false;
    for (let event = endpoint.pollEvent(); event !== undefined; event = endpoint.pollEvent()) {
      had = true;
      this.#host.onEndpointEvent(event, now);
    }
    for (let ready = endpoint.pollReady(); ready !== undefined; ready = endpoint.pollReady()) {
      had = true;
      this.#host.onReady(ready, now);
    }
    return had;
  }

  /** An earlier timer is left alone: a turn too many costs less than setting a timer each turn. */
  #setTimer(now: number): void {
    const at = this.endpoint.pollTimeout();
    if (at >= this.#timerAt || this.#isClosed) return;
    clearTimeout(this.#timer);
    const delayMs = Math.min(MAX_DELAY_MS, Math.max(1, Math.ceil(at - now)));
    this.#timerAt = now + delayMs;
    this.#timer = setTimeout(this.#onTimer, delayMs);
  }

  #conclude(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#finishing?.end();
  }
}
