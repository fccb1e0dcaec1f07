import { type CloseOptions, type DropReason, type VCLConfig, VCLError } from '@vcl-protocol/core';
import { VCLConnection } from './connection.js';
import type { ConnectOptions, VCLConnectionOptions, WaitOptions } from './connection-options.js';
import type { EventSubscription, SubscribeOptions } from './events.js';
import { VCLMetrics } from './metrics.js';
import type { VCLPacket } from './packet.js';
import type { MessageOptions } from './send-options.js';

/** What all connections of a pool are bound with; a session log is of one connection. */
export type VCLPoolOptions = Omit<VCLConnectionOptions, 'record'>;

/**
 * Up to `max` connections, each known by a number. Whatever one of them waits for, the others go on.
 *
 * A connection keeps its place until it is closed here, also when its session has ended: what it has
 * received can still be read, and it may connect again. Numbers count from 0 and are never used twice.
 *
 * Whatever takes a number rejects with VCLError `UnknownId` when no connection has it.
 */
export class VCLPool implements AsyncDisposable {
  readonly #max: number;
  readonly #defaults: VCLPoolOptions;
  readonly #connections = new Map<number, VCLConnection>();
  /** Binds under way, which have their places already. */
  readonly #binding = new Set<Promise<VCLConnection>>();
  /** What connections have counted that are closed. */
  readonly #closed = new VCLMetrics<DropReason>();
  #nextId = 0;
  /** How often all were closed: what began to bind before is closed too. */
  #closures = 0;

  /**
   * @param max connections at a time, a whole number from 1
   * @param defaults what `bind` has for connections that say nothing else
   * @throws VCLError `InvalidConfig` when `max` is wrong, or `record` is among the defaults
   */
  constructor(max: number, defaults: VCLPoolOptions = {}) {
    if (!Number.isSafeInteger(max) || max < 1) {
      throw new VCLError('InvalidConfig', `max must be a whole number from 1: got ${max}`);
    }
    if ('record' in defaults) {
      throw new VCLError(
        'InvalidConfig',
        'record is a file of one connection: give it to bind instead of to the pool',
      );
    }
    this.#max = max;
    this.#defaults = { ...defaults };
  }

  /**
   * Binds a connection as `VCLConnection.bind` does.
   *
   * @param options in place of the pool's, one by one
   * @returns the number of the connection
   * @throws VCLError `PoolFull`, and others as `VCLConnection.bind` does;
   * `ConnectionClosed` when all were closed meanwhile
   */
  async bind(address: string, options: VCLConnectionOptions = {}): Promise<number> {
    if (this.isFull()) throw full(this.#max);
    const before = this.#closures;
    const binding = VCLConnection.bind(address, { ...this.#defaults, ...options });
    this.#binding.add(binding);
    let connection: VCLConnection;
    try {
      connection = await binding;
    } finally {
      this.#binding.delete(binding);
    }
    if (before !== this.#closures) {
      connection.abort();
      throw new VCLError('ConnectionClosed', 'the pool was closed meanwhile: bind again');
    }
    const id = this.#nextId++;
    this.#connections.set(id, connection);
    return id;
  }

  /** {@link bind} with `config` as the configuration. */
  bindWithConfig(
    address: string,
    config: Partial<VCLConfig>,
    options: Omit<VCLConnectionOptions, 'config'> = {},
  ): Promise<number> {
    return this.bind(address, { ...options, config });
  }

  /** Sets a session up with a server: `VCLConnection.connect`. */
  async connect(id: number, address: string, options: ConnectOptions = {}): Promise<void> {
    await this.get(id).connect(address, options);
  }

  /** Waits for a client of a connection that is bound with `clients`: `VCLConnection.acceptHandshake`. */
  async acceptHandshake(id: number, options: WaitOptions = {}): Promise<void> {
    await this.get(id).acceptHandshake(options);
  }

  /** Sends a message: `VCLConnection.send`. */
  async send(id: number, data: Uint8Array | string, options: MessageOptions = {}): Promise<void> {
    await this.get(id).send(data, options);
  }

  /** The next message on a connection: `VCLConnection.recv`. */
  async recv(id: number, options: WaitOptions = {}): Promise<VCLPacket> {
    return await this.get(id).recv(options);
  }

  /** @returns the time to the peer and back, in ms: `VCLConnection.ping` */
  async ping(id: number, options: WaitOptions = {}): Promise<number> {
    return await this.get(id).ping(options);
  }

  /** Changes the keys of a session: `VCLConnection.rotateKeys`. */
  async rotateKeys(id: number, options: WaitOptions = {}): Promise<void> {
    await this.get(id).rotateKeys(options);
  }

  /** Events of a connection: `VCLConnection.subscribe`. @throws VCLError `UnknownId` */
  subscribe(id: number, options: SubscribeOptions = {}): EventSubscription {
    return this.get(id).subscribe(options);
  }

  /**
   * Closes a connection in order: `VCLConnection.close`. Its place is free when that is done, however
   * it ended.
   */
  async close(id: number, options: CloseOptions = {}): Promise<void> {
    const connection = this.get(id);
    try {
      await connection.close(options);
    } catch (error) {
      if (!isBadOption(error)) this.#forget(id, connection);
      throw error;
    }
    this.#forget(id, connection);
  }

  /**
   * Closes all connections in order, and those that are being bound. The pool may be used again. An
   * end that a peer did not confirm is no error here.
   */
  async closeAll(options: CloseOptions = {}): Promise<void> {
    this.#closures++;
    const ends = [...this.#connections.keys()].map((id) => this.close(id, options));
    const unbound = [...this.#binding].map((binding) => binding.then((one) => one.close()));
    const outcomes = await Promise.allSettled(ends);
    await Promise.allSettled(unbound);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected' && isBadOption(outcome.reason)) throw outcome.reason;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.closeAll();
  }

  /** The connection itself, for all that it has beside. @throws VCLError `UnknownId` */
  get(id: number): VCLConnection {
    const connection = this.#connections.get(id);
    if (connection === undefined) throw unknown(id);
    return connection;
  }

  /** How many connections there are. */
  len(): number {
    return this.#connections.size;
  }

  isEmpty(): boolean {
    return this.#connections.size === 0;
  }

  /** Whether no place is free; those that are being bound have one. */
  isFull(): boolean {
    return this.#connections.size + this.#binding.size >= this.#max;
  }

  /** Whether a connection has this number. */
  contains(id: number): boolean {
    return this.#connections.has(id);
  }

  /** The numbers of the connections, ascending. */
  ids(): number[] {
    return [...this.#connections.keys()];
  }

  /** {@link ids}, by the name that the guide has. */
  connectionIds(): number[] {
    return this.ids();
  }

  /** Counters of all connections, those included that are closed: a new object each time. */
  metrics(): VCLMetrics<DropReason> {
    const all = new VCLMetrics<DropReason>();
    all.merge(this.#closed);
    for (const connection of this.#connections.values()) all.merge(connection.metrics());
    return all;
  }

  /** Several may have waited for the end of one connection. */
  #forget(id: number, connection: VCLConnection): void {
    if (this.#connections.delete(id)) this.#closed.merge(connection.metrics());
  }
}

function full(max: number): VCLError {
  const advice = 'close one, or make the pool with a larger max';
  return new VCLError('PoolFull', `the pool has its ${max} connections: ${advice}`);
}

function unknown(id: number): VCLError {
  return new VCLError(
    'UnknownId',
    `the pool has no connection ${id}: it was closed, or is of another pool`,
  );
}

/** Only that leaves a connection open which was to be closed. */
function isBadOption(error: unknown): boolean {
  return VCLError.is(error) && error.code === 'InvalidConfig';
}
