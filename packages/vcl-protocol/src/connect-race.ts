import {
  type ConnectAttempt,
  type Connection,
  type ConnectTo,
  type RemoteAddress,
  VCLError,
} from '@vcl-protocol/core';
import { AsyncQueue } from './async-queue.js';
import type { ConnectHandler, Station } from './station.js';

/** How long an address has before the next one is tried beside it (RFC 8305 section 5). */
const STAGGER_MS = 250;

/** What {@link ConnectRace} needs. */
export interface ConnectRaceOptions {
  readonly station: Station;
  /** Addresses of the server, best first. */
  readonly candidates: readonly RemoteAddress[];
  readonly to: ConnectTo;
  /** Whether the server with this key is wanted; rejects with why not. */
  readonly decide: (key: Uint8Array) => Promise<boolean>;
  /** The session is up; called within the turn in which that became known. */
  readonly onConnected: (connection: Connection) => void;
}

/**
 * Tries the addresses of a server, a new one every 250 ms, until one of them shows a key. That key
 * is decided on, and the other attempts are dropped: no server but one gets to see the client's.
 */
export class ConnectRace implements ConnectHandler {
  readonly #options: ConnectRaceOptions;
  readonly #untried: RemoteAddress[];
  readonly #running = new Set<ConnectAttempt>();
  readonly #connected = new AsyncQueue<never>();
  #timer: NodeJS.Timeout | undefined;
  #chosen: ConnectAttempt | undefined;

  constructor(options: ConnectRaceOptions) {
    this.#options = options;
    this.#untried = [...options.candidates];
  }

  /**
   * Resolves when a session is up.
   *
   * @throws VCLError why no address would do; the reason of `signal`
   */
  async run(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    this.#tryNext();
    try {
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
    this.#chosen = attempt;
    clearTimeout(this.#timer);
    this.#untried.length = 0;
    for (const other of this.#running) if (other !== attempt) this.#drop(other);
    void this.#decide(attempt, key);
  }

  onConnected(connection: Connection): void {
    this.#running.clear();
    this.#options.onConnected(connection);
    this.#connected.end();
  }

  onFailed(attempt: ConnectAttempt, error: VCLError): void {
    if (!this.#running.delete(attempt)) return;
    if (this.#untried.length > 0) this.#tryNext();
    else if (this.#running.size === 0) this.#connected.fail(this.#explained(error));
  }

  #tryNext(): void {
    clearTimeout(this.#timer);
    const remote = this.#untried.shift();
    if (remote === undefined) return;
    const { station, to } = this.#options;
    this.#running.add(station.connect(remote, to, this));
    if (this.#untried.length > 0) this.#timer = setTimeout(() => this.#tryNext(), STAGGER_MS);
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

  #stop(): void {
    clearTimeout(this.#timer);
    this.#untried.length = 0;
    for (const attempt of this.#running) this.#drop(attempt);
  }

  #drop(attempt: ConnectAttempt): void {
    this.#running.delete(attempt);
    this.#options.station.drop(attempt);
  }
}
