import {
  type AcceptAttempt,
  type ConnectAttempt,
  type Connection,
  type ConnectTo,
  type DropReason,
  type EarlyData,
  Endpoint,
  type EndpointEvent,
  MemoryBudget,
  type RecordOptions,
  type RemoteAddress,
  type VCLError,
} from '@vcl-protocol/core';
import { CarrierDoor } from './carriers/carrier-door.js';
import type { CarrierHub } from './carriers/carrier-hub.js';
import { offeredCarriers } from './carriers/carrier-plan.js';
import { openDatagrams, type Place } from './carriers/place.js';
import type { DatagramLink } from './datagram-link.js';
import { Driver, type DriverHost } from './driver.js';
import { DropWatch } from './drop-watch.js';
import type { Session } from './session.js';
import type { Settings } from './settings.js';
import { measureSignatureCosts } from './signature-costs.js';

/** A client that has proved its key and waits for a decision. */
export interface ArrivedClient {
  readonly attempt: AcceptAttempt;
  readonly key: Uint8Array;
  readonly remote: RemoteAddress;
}

/** Who started an attempt at a session, and is told what comes of it. */
export interface ConnectHandler {
  /** The server proved this key: answer with `acceptServer` or `refuseServer` of the endpoint. */
  onServerKey(attempt: ConnectAttempt, key: Uint8Array): void;
  /** The session is up: make it one that is driven, by {@link Station.adopt}. */
  onConnected(connection: Connection, attempt: ConnectAttempt): void;
  onFailed(attempt: ConnectAttempt, error: VCLError): void;
}

/** How the endpoint of a station is made. */
export interface StationOptions {
  /** Whether hellos are answered. */
  readonly accepts: boolean;
  readonly psk?: Uint8Array | undefined;
  readonly record?: RecordOptions | undefined;
  readonly maxConnections?: number | undefined;
  /** A client arrived; without an answer, it waits until it gives up. */
  readonly onClient: (client: ArrivedClient) => void;
  /** Messages came before a handshake has ended. Default: none are taken. */
  readonly onEarlyData?: ((data: EarlyData, attempt: AcceptAttempt) => void) | undefined;
  /** Datagrams that belong to no session were dropped. */
  readonly onDropped?: (reason: DropReason, count: number) => void;
}

/** Messages that are not whole, of all peers of the process, in bytes (SPEC 10). */
const PROCESS_MEMORY_BYTES = 48 * 1024 * 1024;
const processMemory = new MemoryBudget(PROCESS_MEMORY_BYTES);
/** Of one core, for signatures (SPEC 4.2): in microseconds a second. */
const SIGNATURE_MICROS = 100_000;

/** How often the logs tell what they have held back. */
const FLUSH_INTERVAL_MS = 10_000;

/** One bound address with its endpoint and the sessions on it. */
export class Station implements DriverHost {
  readonly driver: Driver;
  readonly settings: Settings;
  readonly hub: CarrierHub;
  readonly #door: CarrierDoor | undefined;
  readonly #onClient: (client: ArrivedClient) => void;
  readonly #onEarlyData: StationOptions['onEarlyData'];
  readonly #attempts = new Map<ConnectAttempt, ConnectHandler>();
  readonly #sessions = new Map<Connection, Session>();
  readonly #drops: DropWatch;
  #flushAt = 0;

  constructor(place: Place, settings: Settings, options: StationOptions) {
    const { hub, servers } = place;
    this.settings = settings;
    this.hub = hub;
    this.#onClient = options.onClient;
    this.#onEarlyData = options.onEarlyData;
    this.driver = new Driver(makeEndpoint(settings, options), hub, this);
    const connections = (): Iterable<Connection> => this.#sessions.keys();
    this.#door = servers.length > 0 ? new CarrierDoor({ hub, servers, connections }) : undefined;
    this.#drops = new DropWatch(this.endpoint.drops, settings.dropLog, options.onDropped);
  }

  get endpoint(): Endpoint {
    return this.driver.endpoint;
  }

  /** Starts an attempt at a session. */
  connect(remote: RemoteAddress, to: ConnectTo, handler: ConnectHandler): ConnectAttempt {
    const attempt = this.endpoint.connect(remote, to, this.driver.now());
    this.#attempts.set(attempt, handler);
    this.driver.schedule();
    return attempt;
  }

  /** Gives an attempt up; its handler hears no more of it. */
  drop(attempt: ConnectAttempt): void {
    this.#attempts.delete(attempt);
    this.endpoint.abortConnect(attempt);
    this.driver.schedule();
  }

  /** Drives a session until it has ended. */
  adopt(session: Session): void {
    this.#sessions.set(session.connection, session);
    this.driver.schedule();
  }

  /** @returns the session's connection, or undefined when the client has given up */
  accept({ attempt }: ArrivedClient): Connection | undefined {
    this.driver.schedule();
    return this.endpoint.acceptClient(attempt, this.driver.now());
  }

  /** @param reason told to the client */
  refuse({ attempt }: ArrivedClient, reason: string): void {
    this.endpoint.refuseClient(attempt, reason, this.driver.now());
    this.driver.schedule();
  }

  /** Gets a new socket on the same host, for a session that moves to it. */
  async openAnother(): Promise<DatagramLink> {
    return await openDatagrams({ address: this.hub.local.address, port: 0 }, this.settings);
  }

  /** Resolves when the address is free, see {@link Driver.finish}. */
  async finish(lingers: boolean): Promise<void> {
    const closing = this.#door?.close();
    await this.driver.finish(lingers);
    await closing;
    this.#drops.check(Number.POSITIVE_INFINITY);
  }

  onEndpointEvent(event: EndpointEvent): void {
    if (event.type === 'clientKey') {
      this.#onClient({ attempt: event.attempt, key: event.clientKey, remote: event.remote });
      return;
    }
    if (event.type === 'earlyData') {
      this.#onEarlyData?.(event.data, event.attempt);
      return;
    }
    const handler = this.#attempts.get(event.attempt);
    if (event.type === 'serverKey') {
      handler?.onServerKey(event.attempt, event.serverKey);
      return;
    }
    this.#attempts.delete(event.attempt);
    if (event.type === 'connected') {
      // Without a handler it was given up in the moment in which it came up: the server has to know.
      if (handler === undefined) event.connection.abandon();
      else handler.onConnected(event.connection, event.attempt);
    } else handler?.onFailed(event.attempt, event.error);
  }

  onReady(connection: Connection, now: number): void {
    const session = this.#sessions.get(connection);
    session?.collect(now);
    if (session?.end !== undefined) this.#sessions.delete(connection);
  }

  onTurnEnd(now: number): void {
    this.#drops.check(now);
    if (now < this.#flushAt) return;
    this.#flushAt = now + FLUSH_INTERVAL_MS;
    this.settings.sessionLog.flush();
    this.settings.dropLog.flush();
  }
}

function makeEndpoint(settings: Settings, options: StationOptions): Endpoint {
  const { crypto, signer, config, allowSelf, idleTimeoutMs, invitations, keyLog } = settings;
  const { psk, record, maxConnections } = options;
  const now = performance.now();
  const { signMicros, verifyMicros } = measureSignatureCosts(crypto);
  return new Endpoint({
    crypto,
    identity: signer,
    config,
    now,
    unixOffsetMs: Date.now() - now,
    accepts: options.accepts,
    invitations,
    carriers: offeredCarriers(settings),
    earlyData: options.onEarlyData !== undefined,
    ...(psk === undefined ? {} : { psk }),
    allowSelf,
    idleTimeoutMs,
    signRate: SIGNATURE_MICROS / signMicros,
    verifyRate: SIGNATURE_MICROS / verifyMicros,
    ...(record === undefined ? {} : { record }),
    keyLog: keyLog !== undefined,
    memory: processMemory,
    ...(maxConnections === undefined ? {} : { maxConnections }),
  });
}
