import {
  type CloseOptions,
  type DropReason,
  type EarlyData,
  type RemoteAddress,
  VCLError,
} from '@vcl-protocol/core';
import { AsyncQueue } from './async-queue.js';
import { openPlace } from './carriers/place.js';
import { ClientDoor } from './client-door.js';
import { VCLConnection } from './connection.js';
import type { VCLListenerOptions, WaitOptions } from './connection-options.js';
import type { ClientDecision } from './identity/client-policy.js';
import { encodePublicKey } from './identity/public-key.js';
import { ListenerKeeper } from './listener-keeper.js';
import { VCLMetrics } from './metrics.js';
import { MetricsFeed } from './metrics-feed.js';
import { decideClient } from './node/identity/accept-policy.js';
import { RecordDirectory } from './node/record-directory.js';
import { COMMON_OPTIONS, releaseSettings, resolveSettings, type Settings } from './settings.js';
import { type ArrivedClient, Station } from './station.js';

const OPTIONS: readonly string[] = [
  ...COMMON_OPTIONS,
  'clients',
  'record',
  'backlog',
  'maxConnections',
  'carrierServers',
  'onEarlyData',
];
const DEFAULT_BACKLOG = 128;

/** A server for any number of peers on one UDP socket. Handshakes do not wait for each other. */
export class VCLListener implements AsyncDisposable, AsyncIterable<VCLConnection> {
  readonly #station: Station;
  readonly #options: VCLListenerOptions;
  readonly #files: RecordDirectory | undefined;
  readonly #door: ClientDoor;
  readonly #decide: ClientDecision;
  /** Decisions about early data that are under way, by the key of the client. */
  readonly #early = new Map<string, Promise<unknown>>();
  readonly #accepted = new AsyncQueue<VCLConnection>();
  readonly #connections = new Set<VCLConnection>();
  /** Drops that belong to no session, and what ended sessions have counted. */
  readonly #feed = new MetricsFeed();
  readonly #ended = new VCLMetrics<DropReason>();
  /** Clients that were admitted and whose files are being opened. */
  #beginning = 0;
  #closing: Promise<void> | undefined;
  #lingers = true;

  /**
   * Binds an address and begins to accept: UDP, TCP and WebSocket on one port, unless the address or
   * the configuration names one of them.
   *
   * @param address as `VCLConnection.bind` has it
   * @throws VCLError `InvalidConfig` also without `clients`, and others as `VCLConnection.bind` does
   */
  static async bind(address: string, options: VCLListenerOptions): Promise<VCLListener> {
    const settings = await resolveSettings(options ?? {}, OPTIONS);
    requireCount(options?.backlog, 'backlog');
    requireCount(options?.maxConnections, 'maxConnections');
    const decide = await decideClient(options?.clients, { logger: settings.logger });
    const { record, maxConnections, carrierServers = [] } = options;
    const files = record && (await RecordDirectory.open(record, settings.crypto));
    const { hub, servers } = await openPlace(address, settings, true);
    const place = { hub, servers: [...servers, ...carrierServers] };
    const listener: VCLListener = new VCLListener({ decide, options, files }, (onClient) => {
      const payloads = record?.payloads === false ? 'redacted' : 'kept';
      return new Station(place, settings, {
        accepts: true,
        record: record && { payloads, append: true },
        maxConnections,
        onClient,
        onEarlyData:
          options.onEarlyData && ((data, { remote }) => listener.#noteEarly(data, remote)),
      });
    });
    if (options.signal?.aborted === true) {
      listener.#onAbort();
      throw options.signal.reason;
    }
    return listener;
  }

  private constructor(
    { decide, options, files }: ListenerParts,
    makeStation: (onClient: (client: ArrivedClient) => void) => Station,
  ) {
    this.#options = options;
    this.#decide = decide;
    this.#files = files;
    options.signal?.addEventListener('abort', this.#onAbort);
    this.#station = makeStation((client) => this.#arrive(client));
    this.#feed.addDrops(this.#station.endpoint.drops);
    this.#door = new ClientDoor({
      station: this.#station,
      decide,
      onWelcome: (client) => void this.#admit(client),
    });
  }

  /**
   * The next client that was admitted.
   *
   * @throws VCLError `ConnectionClosed` when the listener is closed; the reason of the signal
   */
  async accept(options: WaitOptions = {}): Promise<VCLConnection> {
    const { value } = await this.#accepted.next(options.signal);
    if (value !== undefined) return value;
    throw new VCLError('ConnectionClosed', 'the listener was closed: bind a new one');
  }

  /** Clients as they are admitted, until the listener is closed. Leaving the loop closes nothing. */
  [Symbol.asyncIterator](): AsyncIterator<VCLConnection, undefined> {
    return this.#accepted[Symbol.asyncIterator]();
  }

  /** The connections whose session has not ended, those included that wait for {@link accept}. */
  get connections(): ReadonlySet<VCLConnection> {
    return this.#connections;
  }

  /** Where it is bound. */
  localAddress(): RemoteAddress {
    const { address, port } = this.#station.driver.local;
    return { address, port };
  }

  /** This side's identity: an Ed25519 key of 32 bytes. */
  getPublicKey(): Uint8Array {
    return this.#settings.publicKey.slice();
  }

  /** Counters of all sessions so far, and of what belonged to none: a new object each time. */
  metrics(): VCLMetrics<DropReason> {
    const all = new VCLMetrics<DropReason>();
    all.merge(this.#feed.read());
    all.merge(this.#ended);
    for (const connection of this.#connections) all.merge(connection.metrics());
    return all;
  }

  /**
   * Accepts nobody any more, closes all connections in order and frees the address. An end that a
   * peer did not confirm is no error here.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#shutDown(options);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #onAbort = (): void => {
    for (const connection of this.#connections) connection.abort();
    this.#lingers = false;
    void this.close();
    void this.#station.finish(false);
  };

  get #settings(): Settings {
    return this.#station.settings;
  }

  #arrive(client: ArrivedClient): void {
    if (this.#closing === undefined) void this.#door.judge(client);
    else this.#station.refuse(client, CLOSING);
  }

  /** A copy of a flight may come by an attempt of its own, so decisions are known by the client's key. */
  #noteEarly(data: EarlyData, remote: RemoteAddress): void {
    const key = encodePublicKey(data.clientKey);
    const decided = Promise.all([this.#early.get(key), this.#arriveEarly(data, remote)]);
    this.#early.set(key, decided);
    void decided.then(() => {
      if (this.#early.get(key) === decided) this.#early.delete(key);
    });
  }

  /** The policy decides about early data as it does about the client, whose key the ticket stands for. */
  async #arriveEarly({ id, clientKey, messages }: EarlyData, remote: RemoteAddress): Promise<void> {
    const { address, port } = remote;
    try {
      if (await this.#decide(clientKey, { address, port })) {
        this.#options.onEarlyData?.({ peerIdentity: clientKey.slice(), messages });
        return;
      }
    } catch (error) {
      this.#settings.dropLog.error(
        { error },
        'onEarlyData threw: the messages come in the session',
      );
    }
    // Whoever was wanted for nothing early may be wanted as a client: then it all comes in the session.
    this.#station.endpoint.tickets?.forget(id);
  }

  async #admit(client: ArrivedClient): Promise<void> {
    const { backlog = DEFAULT_BACKLOG } = this.#options;
    const ahead = this.#accepted.size + this.#beginning - this.#accepted.waiting;
    if (ahead >= backlog) {
      this.#settings.dropLog.warn({ backlog }, 'client refused: too many wait for accept');
      this.#station.refuse(client, 'the server is busy: try again later');
      return;
    }
    try {
      // What came early has to be handed over, or not, before it comes again.
      const early = this.#early.get(encodePublicKey(client.key));
      if (early !== undefined) await early;
      await this.#begin(client);
    } catch (error) {
      this.#settings.dropLog.error({ error }, 'client refused: its session cannot be recorded');
      this.#station.refuse(client, 'the server cannot record the session');
    }
  }

  async #begin(client: ArrivedClient): Promise<void> {
    const { sid } = client.attempt.peer!.result;
    let file: RecordFile | undefined;
    this.#beginning++;
    try {
      file = await this.#files?.openFor(sid);
    } finally {
      // Until here, and not later: from here on it counts among those that wait for `accept`.
      this.#beginning--;
    }
    const session = this.#closing === undefined ? this.#station.accept(client) : undefined;
    if (session === undefined) {
      await file?.discard();
      this.#station.refuse(client, CLOSING);
      return;
    }
    const keeper = new ListenerKeeper({
      station: this.#station,
      connection: session,
      log: file?.log,
      onEnded: () => this.#forget(connection),
    });
    const connection = new VCLConnection(keeper, false);
    this.#connections.add(connection);
    this.#accepted.push(connection);
  }

  #forget(connection: VCLConnection): void {
    if (this.#connections.delete(connection)) this.#ended.merge(connection.metrics());
  }

  async #shutDown(options: CloseOptions): Promise<void> {
    this.#accepted.end();
    // Settled, because a peer that is gone must not keep the others' ends from being awaited.
    await Promise.allSettled([...this.#connections].map((one) => one.close(options)));
    await this.#station.finish(this.#lingers);
    // Not before: whoever aborts may be tired of waiting for just this.
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    releaseSettings(this.#settings);
  }
}

type RecordFile = Awaited<ReturnType<RecordDirectory['openFor']>>;

const CLOSING = 'the server is closing';

function requireCount(value: unknown, name: string): void {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) > 0)) return;
  throw new VCLError('InvalidConfig', `${name} must be a whole number from 1: got ${value}`);
}

interface ListenerParts {
  readonly decide: ClientDecision;
  readonly options: VCLListenerOptions;
  readonly files: RecordDirectory | undefined;
}
