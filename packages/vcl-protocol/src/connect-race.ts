import {
  type ConnectAttempt,
  type Connection,
  type ConnectTo,
  type RemoteAddress,
  VCLError,
} from '@vcl-protocol/core';
import { platform } from '#platform';
import { AsyncQueue } from './async-queue.js';
import type { CarrierLink } from './carrier-link.js';
import type { CarrierDialer, CarrierTarget } from './carriers/carrier-dialer.js';
import { CarrierTries } from './carriers/carrier-tries.js';
import type { ConnectHandler, Station } from './station.js';

/** How long an address has before the next one is tried beside it (RFC 8305 section 5). */
const STAGGER_MS = 250;

/** How a session has come up: on a carrier, or on datagrams. */
export interface WonBy {
  readonly link: CarrierLink | undefined;
  readonly way: CarrierTarget | undefined;
}

/** What {@link ConnectRace} needs. */
export interface ConnectRaceOptions {
  readonly station: Station;
  /** Addresses of the server for datagrams, best first; none when datagrams are not wanted. */
  readonly candidates: readonly RemoteAddress[];
  /** Carriers to the server; none of them is spoken on while datagrams have their first 250 ms. */
  readonly dialer: CarrierDialer;
  readonly to: ConnectTo;
  /** Whether the server with this key is wanted; rejects with why not. */
  readonly decide: (key: Uint8Array) => Promise<boolean>;
  /** The session is up; called within the turn in which that became known. */
  readonly onConnected: (connection: Connection, by: WonBy) => void;
}

const DATAGRAMS: WonBy = { link: undefined, way: undefined };

/**
 * Tries the ways to a server, a new one every 250 ms, until one of them shows a key. That key is
 * decided on, and the other attempts are dropped: no server but one gets to see the client's.
 */
export class ConnectRace implements ConnectHandler {
  readonly #options: ConnectRaceOptions;
  readonly #untried: RemoteAddress[];
  readonly #running = new Map<ConnectAttempt, WonBy>();
  readonly #connected = new AsyncQueue<never>();
  readonly #tries: CarrierTries;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #chosen: ConnectAttempt | undefined;

  constructor(options: ConnectRaceOptions) {
    this.#options = options;
    this.#untried = [...options.candidates];
    this.#tries = new CarrierTries(options.dialer, {
      onCarrier: (link, way) => this.#tryOn(link, way),
      onFailed: (error) => this.#failIfLast(error),
    });
  }

  /**
   * Resolves when a session is up.
   *
   * @throws VCLError why no way would do; the reason of `signal`
   */
  async run(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    try {
      this.#tries.start(this.#untried.length > 0);
      this.#tryNext();
      await this.#connected.next(signal);
    } finally {
      this.#stop();
    }
  }

  /** Gives up. */
  abort(error: VCLError): void {
    this.#connected.fail(error);
  }

  onServerKey(attempt: ConnectAttempt, key: Uint8Array): void {
    if (this.#chosen !== undefined) return;
    if (!this.#isOwnCarrierOf(attempt, key)) return;
    this.#chosen = attempt;
    this.#tryNoOthers();
    for (const other of [...this.#running.keys()]) if (other !== attempt) this.#drop(other);
    void this.#decide(attempt, key);
  }

  onConnected(connection: Connection, attempt: ConnectAttempt): void {
    const by = this.#running.get(attempt) ?? DATAGRAMS;
    this.#running.delete(attempt);
    this.#stop();
    this.#options.onConnected(connection, by);
    this.#connected.end();
  }

  onFailed(attempt: ConnectAttempt, error: VCLError): void {
    const by = this.#running.get(attempt);
    if (by === undefined) return;
    this.#running.delete(attempt);
    this.#letGo(by);
    this.#failIfLast(error);
  }

  /** Whether the carrier is the server's own, as far as a carrier can tell; else it is given up. */
  #isOwnCarrierOf(attempt: ConnectAttempt, key: Uint8Array): boolean {
    const claimed = this.#running.get(attempt)?.link?.claimedIdentity;
    if (claimed === undefined || isEqual(claimed, key)) return true;
    this.#drop(attempt);
    const message =
      'the carrier belongs to another server than the handshake: somebody is in between';
    this.#failIfLast(new VCLError('HandshakeFailed', message));
    return false;
  }

  #tryNext(): void {
    clearTimeout(this.#timer);
    const remote = this.#untried.shift();
    if (remote === undefined) return;
    this.#try(remote, DATAGRAMS);
    if (this.#untried.length > 0) this.#timer = setTimeout(() => this.#tryNext(), STAGGER_MS);
  }

  #tryOn(link: CarrierLink, way: CarrierTarget): void {
    this.#options.station.hub.add(link, (error) => this.#onLost(link, error));
    this.#try(link.remote, { link, way });
  }

  #try(remote: RemoteAddress, by: WonBy): void {
    const { station, to } = this.#options;
    this.#running.set(station.connect(remote, to, this), by);
  }

  /** A carrier was lost before the session was up. */
  #onLost(link: CarrierLink, error: Error | undefined): void {
    for (const [attempt, by] of this.#running) {
      if (by.link !== link) continue;
      this.#drop(attempt);
      this.#failIfLast(
        new VCLError('IoError', `the carrier was closed during the handshake${cause(error)}`, {
          cause: error,
        }),
      );
    }
  }

  #failIfLast(error: unknown): void {
    if (this.#untried.length > 0) this.#tryNext();
    else if (this.#running.size === 0 && this.#tries.pending === 0) {
      this.#connected.fail(error instanceof VCLError ? this.#explained(error) : error);
    }
  }

  async #decide(attempt: ConnectAttempt, key: Uint8Array): Promise<void> {
    const { driver } = this.#options.station;
    try {
      if (await this.#options.decide(key)) {
        driver.endpoint.acceptServer(attempt, driver.now());
      } else {
        this.#connected.fail(new VCLError('AuthRefused', 'the key of the server was not accepted'));
      }
    } catch (error) {
      this.#connected.fail(error);
    }
    driver.schedule();
  }

  /** What the system said about the datagrams may be why nothing came back. */
  #explained(error: VCLError): VCLError {
    const { lastTrouble } = this.#options.station.driver;
    if (error.code !== 'Timeout' || lastTrouble === undefined) return error;
    return new VCLError('Timeout', `${error.message} (${lastTrouble.message})`, {
      cause: lastTrouble,
    });
  }

  #tryNoOthers(): void {
    clearTimeout(this.#timer);
    this.#untried.length = 0;
    this.#tries.stop();
  }

  #stop(): void {
    this.#tryNoOthers();
    for (const attempt of [...this.#running.keys()]) this.#drop(attempt);
  }

  #drop(attempt: ConnectAttempt): void {
    const by = this.#running.get(attempt);
    this.#running.delete(attempt);
    this.#options.station.drop(attempt);
    if (by !== undefined) this.#letGo(by);
  }

  /** Not before the turn that is due: it tells the server that nobody wants its session any more. */
  #letGo({ link }: WonBy): void {
    const { hub } = this.#options.station;
    if (link !== undefined) platform.defer(() => hub.drop(link));
  }
}

function cause(error: Error | undefined): string {
  return error === undefined ? '' : ` (${error.message})`;
}

/** Both are public. */
function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
