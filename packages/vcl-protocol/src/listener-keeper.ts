import {
  type CloseOptions,
  type Connection,
  type RemoteAddress,
  VCLError,
} from '@vcl-protocol/core';
import { EventHub } from './events.js';
import { MetricsFeed } from './metrics-feed.js';
import { Session } from './session.js';
import type { SessionKeeper } from './session-keeper.js';
import type { SessionLog } from './session-log.js';
import type { Settings } from './settings.js';
import type { Station } from './station.js';

/** What a {@link ListenerKeeper} is made of. */
export interface ListenerKeeperOptions {
  readonly station: Station;
  readonly connection: Connection;
  /** Belongs to the session alone. */
  readonly log: SessionLog | undefined;
  /** The session has ended. */
  readonly onEnded: () => void;
}

/** One of the sessions on a listener's socket. */
export class ListenerKeeper implements SessionKeeper {
  readonly settings: Settings;
  readonly hub: EventHub = new EventHub();
  readonly metrics: MetricsFeed = new MetricsFeed();
  readonly session: Session;
  readonly isPending = false;
  isClosed = false;
  readonly #station: Station;
  readonly #log: SessionLog | undefined;
  #idleTimeoutMs: number;
  #closingLog: Promise<void> | undefined;

  constructor({ station, connection, log, onEnded }: ListenerKeeperOptions) {
    this.settings = station.settings;
    this.#station = station;
    this.#log = log;
    this.#idleTimeoutMs = this.settings.idleTimeoutMs;
    this.session = new Session({
      connection,
      host: station.driver,
      hub: this.hub,
      logger: this.settings.sessionLog,
      metrics: this.metrics,
      log,
      keyLog: this.settings.keyLog,
      onEnded: () => {
        void this.#closeLog().catch(() => {});
        onEnded();
      },
    });
    this.metrics.begin(connection);
    station.adopt(this.session);
  }

  get local(): RemoteAddress {
    return this.#station.driver.local;
  }

  get idleTimeoutMs(): number {
    return this.#idleTimeoutMs;
  }

  set idleTimeoutMs(ms: number) {
    this.#idleTimeoutMs = ms;
    this.session.setIdleTimeout(ms);
  }

  connect(): Promise<void> {
    return Promise.reject(notHere());
  }

  accept(): Promise<void> {
    return Promise.reject(notHere());
  }

  setPsk(): void {
    throw notHere();
  }

  rebind(): Promise<void> {
    return Promise.reject(notHere());
  }

  async close(options: CloseOptions): Promise<void> {
    this.isClosed = true;
    try {
      await this.session.close(options);
    } finally {
      await this.#closeLog();
    }
  }

  abort(): void {
    this.isClosed = true;
    this.session.abort('aborted');
  }

  /** Its errors were reported when they happened; {@link close} tells them as well. */
  #closeLog(): Promise<void> {
    this.#closingLog ??= this.#log?.close() ?? Promise.resolve();
    return this.#closingLog;
  }
}

function notHere(): VCLError {
  return new VCLError(
    'InvalidConfig',
    'this connection belongs to a listener and has its session: bind a VCLConnection for another',
  );
}
