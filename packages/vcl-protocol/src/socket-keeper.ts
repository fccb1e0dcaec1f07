import {
  type CloseOptions,
  type Connection,
  type ConnectTo,
  checkEarlyMessages,
  type EarlyMessage,
  type RecordOptions,
  type RemoteAddress,
  type Ticket,
  VCLError,
} from '@vcl-protocol/core';
import { platform } from '#platform';
import type { CarrierWatch } from './carriers/carrier-watch.js';
import { closePlace, openPlace, type Place } from './carriers/place.js';
import { Reach } from './carriers/reach.js';
import { ClientWaitingRoom } from './client-waiting-room.js';
import type { ConnectOptions, VCLConnectionOptions, WaitOptions } from './connection-options.js';
import { EventHub } from './events.js';
import type { ClientDecision } from './identity/client-policy.js';
import { toPublicKey } from './identity/public-key.js';
import { decideServer, type ServerTrust } from './identity/trust.js';
import { MetricsFeed } from './metrics-feed.js';
import { Session } from './session.js';
import type { SessionKeeper } from './session-keeper.js';
import type { SessionLog } from './session-log.js';
import { releaseSettings, type Settings } from './settings.js';
import { Station } from './station.js';
import { processTickets, toEarlyMessages } from './tickets.js';

const MAX_MIGRATE_ROUNDS = 4;

/** A socket with at most one session at a time, of either role. */
export class SocketKeeper implements SessionKeeper {
  readonly settings: Settings;
  readonly metrics: MetricsFeed = new MetricsFeed();
  hub: EventHub = new EventHub();
  session: Session | undefined;
  isClosed = false;
  readonly #place: Place;
  readonly #options: VCLConnectionOptions;
  readonly #decide: ClientDecision | undefined;
  readonly #clients: ClientWaitingRoom;
  #log: SessionLog | undefined;
  #psk: Uint8Array | undefined;
  #idleTimeoutMs: number;
  #station: Station | undefined;
  #watch: CarrierWatch | undefined;
  #attempt: AbortController | undefined;
  #closing: Promise<void> | undefined;
  #lingers = true;

  /** @throws VCLError as `VCLConnection.bind` does */
  static async open(
    address: string,
    settings: Settings,
    options: VCLConnectionOptions,
  ): Promise<SocketKeeper> {
    const { clients, record } = options;
    const { logger } = settings;
    const decide =
      clients === undefined ? undefined : await platform.decideClient(clients, { logger });
    const place = await openPlace(address, settings, decide !== undefined);
    const keeper = new SocketKeeper(place, settings, options, decide);
    if (record === undefined) return keeper;
    try {
      const { file, append = false } = record;
      keeper.#log = await platform.openSessionLog({ file, append, crypto: settings.crypto });
      return keeper;
    } catch (error) {
      options.signal?.removeEventListener('abort', keeper.#onAbort);
      await closePlace(place);
      throw error;
    }
  }

  private constructor(
    place: Place,
    settings: Settings,
    options: VCLConnectionOptions,
    decide: ClientDecision | undefined,
  ) {
    this.settings = settings;
    this.#place = place;
    this.#options = options;
    this.#decide = decide;
    this.#idleTimeoutMs = settings.idleTimeoutMs;
    options.signal?.addEventListener('abort', this.#onAbort);
    this.#clients = new ClientWaitingRoom({
      isBusy: () => this.#isLive,
      refuse: (client, reason) => this.#station?.refuse(client, reason),
      onAccepted: (connection) => this.#begin(connection),
    });
  }

  get isPending(): boolean {
    return this.#attempt !== undefined;
  }

  get local(): RemoteAddress {
    return this.#place.hub.local;
  }

  get idleTimeoutMs(): number {
    return this.#idleTimeoutMs;
  }

  set idleTimeoutMs(ms: number) {
    this.#idleTimeoutMs = ms;
    this.session?.setIdleTimeout(ms);
  }

  setPsk(key: Uint8Array): void {
    if (this.#station !== undefined) {
      throw new VCLError(
        'InvalidConfig',
        'the shared key is set before connect or acceptHandshake',
      );
    }
    this.#psk = key;
  }

  async connect(address: string, options: ConnectOptions): Promise<void> {
    const { server, invitation, earlyData = [], signal } = options;
    const reach = new Reach(address, this.settings);
    const decide = decideServer(server, this.settings.logger);
    const messages = toEarlyMessages(earlyData);
    checkEarlyMessages(messages);
    await this.#attemptWith(signal, async (until) => {
      const station = this.#start();
      const to = this.#connectTo(server, invitation, reach.host, messages);
      const onServerKey = (key: Uint8Array): Promise<boolean> => decide(key, reach.host);
      const onConnected = (connection: Connection, watch?: CarrierWatch): void =>
        this.#begin(connection, watch, reach.host);
      await reach.connect({ station, to, decide: onServerKey, onConnected }, until);
      // With a ticket they have left already, and go again by themselves.
      if (to.early !== undefined) return;
      for (const { payload } of messages) await this.session?.send(payload, {});
    });
  }

  async accept({ signal }: WaitOptions): Promise<void> {
    const { logger } = this.settings;
    // Without a policy this throws, and says which there are.
    const decide = this.#decide ?? (await platform.decideClient(undefined, { logger }));
    await this.#attemptWith(signal, (until) => this.#clients.accept(this.#start(), decide, until));
  }

  async rebind(): Promise<void> {
    const { session } = this;
    const station = this.#station;
    if (session === undefined || station === undefined) {
      throw new VCLError('NoPeerAddress', 'there is no session to move: connect first');
    }
    if (session.connection.role === 'server') {
      throw new VCLError(
        'InvalidConfig',
        'only the side that connected can move to another address',
      );
    }
    const watch = this.#watch;
    if (watch?.link !== undefined) {
      await migrate(session, () => watch.move());
      return;
    }
    const link = await station.openAnother();
    try {
      await migrate(session, () => session.migrate());
    } catch (error) {
      await link.close();
      throw error;
    }
    await station.hub.replaceDatagrams(link);
    station.driver.schedule();
  }

  close(options: CloseOptions): Promise<void> {
    this.#closing ??= this.#shutDown(options);
    return this.#closing;
  }

  abort(): void {
    this.#lingers = false;
    this.session?.abort('aborted');
    this.#closing ??= this.#shutDown({});
    // A close that was under way may be past the point at which it looks at the above.
    void this.#station?.finish(false);
    // Whoever waits for the end is told; here nobody does.
    this.#closing.catch(() => {});
  }

  readonly #onAbort = (): void => this.abort();

  get #isLive(): boolean {
    return this.session !== undefined && this.session.end === undefined;
  }

  /** Runs one attempt at a session; closing this object aborts it. */
  async #attemptWith(
    signal: AbortSignal | undefined,
    run: (until: AbortSignal) => Promise<void>,
  ): Promise<void> {
    if (this.isClosed) throw closedByUser();
    if (this.#isLive || this.isPending) {
      throw new VCLError(
        'HandshakeFailed',
        'this connection has a session, or an attempt at one: close it, or bind another',
      );
    }
    const attempt = new AbortController();
    this.#attempt = attempt;
    if (this.session !== undefined) this.hub = new EventHub();
    this.session = undefined;
    try {
      await run(AbortSignal.any([attempt.signal, ...(signal === undefined ? [] : [signal])]));
    } finally {
      this.#attempt = undefined;
    }
  }

  #start(): Station {
    if (this.#station !== undefined) return this.#station;
    const idleTimeoutMs = this.#idleTimeoutMs;
    this.#station = new Station(
      this.#place,
      { ...this.settings, idleTimeoutMs },
      {
        accepts: this.#decide !== undefined,
        psk: this.#psk,
        record: this.#recordOptions(),
        onClient: (client) => this.#clients.arrive(client),
        onDropped: (reason, count) => this.hub.emit({ type: 'Dropped', reason, count }),
      },
    );
    this.metrics.addDrops(this.#station.endpoint.drops);
    return this.#station;
  }

  /** A session is up. */
  readonly #begin = (connection: Connection, watch?: CarrierWatch, host?: string): void => {
    const station = this.#station!;
    this.session = new Session({
      connection,
      host: station.driver,
      hub: this.hub,
      logger: this.settings.sessionLog,
      metrics: this.metrics,
      log: this.#log,
      keyLog: this.settings.keyLog,
      watch,
      ...(host === undefined
        ? {}
        : { onTicket: (ticket: Ticket) => processTickets.put(host, ticket) }),
    });
    this.#watch = watch;
    this.metrics.begin(connection);
    station.adopt(this.session);
    if (this.#idleTimeoutMs !== station.settings.idleTimeoutMs) {
      this.session.setIdleTimeout(this.#idleTimeoutMs);
    }
  };

  /**
   * Only a key that the user named is told to the core: a hello sealed for a key that the server no
   * longer has would end in silence, where a known host can be told that its key has changed.
   */
  #connectTo(
    server: ServerTrust | undefined,
    invitation: Uint8Array | undefined,
    host: string,
    messages: readonly EarlyMessage[],
  ): ConnectTo {
    const isKey = typeof server === 'string' || server instanceof Uint8Array;
    const serverKey = isKey ? toPublicKey(server) : undefined;
    const { publicKey } = this.settings;
    const ticket =
      messages.length === 0
        ? undefined
        : processTickets.take(host, publicKey, serverKey, performance.now());
    return {
      ...(serverKey === undefined ? {} : { serverKey }),
      ...(invitation === undefined ? {} : { invitation }),
      ...(ticket === undefined ? {} : { early: { ticket, messages } }),
    };
  }

  /** Sessions never begin a file here: what a file begins with is written by the {@link SessionLog}. */
  #recordOptions(): RecordOptions | undefined {
    const { record } = this.#options;
    if (record === undefined) return undefined;
    return { payloads: record.payloads === false ? 'redacted' : 'kept', append: true };
  }

  async #shutDown(options: CloseOptions): Promise<void> {
    this.isClosed = true;
    this.#attempt?.abort(closedByUser());
    try {
      if (this.session === undefined) this.hub.close();
      else await this.session.close(options);
    } finally {
      await (this.#station?.finish(this.#lingers) ?? closePlace(this.#place));
      // Not before: whoever aborts may be tired of waiting for just this.
      this.#options.signal?.removeEventListener('abort', this.#onAbort);
      releaseSettings(this.settings);
      await this.#log?.close();
    }
  }
}

/** Moves as soon as both sides have a connection id to spare, which takes a round trip at most. */
async function migrate(session: Session, move: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < MAX_MIGRATE_ROUNDS; round++) {
    if (await move()) return;
    await session.ping(undefined);
  }
  throw new VCLError('IoError', 'the peer has no more addresses for this session: connect anew');
}

function closedByUser(): VCLError {
  return new VCLError('ConnectionClosed', 'the connection was closed: bind a new one');
}
