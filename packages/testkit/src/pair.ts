import {
  type Connection,
  type ConnectionEvent,
  type ConnectTo,
  type CryptoProvider,
  createNobleProvider,
  createSeededProvider,
  Endpoint,
  type EndpointOptions,
  type ReceivedMessage,
  resolveConfig,
  type SendOptions,
  type VCLConfig,
  type VCLError,
} from '@vcl-protocol/core';
import type { NetworkAddress } from './network/address.js';
import type { LinkConditions } from './network/conditions.js';
import type { SimulatedHost } from './simulation/host.js';
import type { DatagramMachine } from './simulation/machine.js';
import { Simulation } from './simulation/simulation.js';

/** Settings of a {@link Pair}. */
export interface PairOptions {
  /** Everything random follows from it: network, keys, packet numbers that are skipped. */
  readonly seed: number | string;
  /** Settings of both sides. */
  readonly config?: Partial<VCLConfig>;
  /** Settings of one side, on top of `config`. */
  readonly clientConfig?: Partial<VCLConfig>;
  readonly serverConfig?: Partial<VCLConfig>;
  /** Conditions of both directions. Default: a perfect link with 10 ms delay. */
  readonly link?: Partial<LinkConditions>;
  /** More settings of the endpoints. */
  readonly endpoint?: Partial<EndpointOptions>;
  readonly client?: Partial<EndpointOptions>;
  readonly server?: Partial<EndpointOptions>;
  /** Where random bytes come from; default noble with seeded randomness. */
  readonly crypto?: CryptoProvider;
  /** Whether the server takes every client. Default true. */
  readonly acceptClients?: boolean;
}

/** One side of a {@link Pair}: an endpoint and what came of its session. */
export class PairSide implements DatagramMachine {
  readonly endpoint: Endpoint;
  readonly address: NetworkAddress;
  readonly messages: ReceivedMessage[] = [];
  readonly events: ConnectionEvent[] = [];
  connection: Connection | undefined;
  error: VCLError | undefined;
  /** Whether arriving messages are taken at once. Set to false for a reader that does not read. */
  reading = true;
  readonly #accepts: boolean;
  readonly #logs = new Map<Connection, Uint8Array[]>();

  constructor(endpoint: Endpoint, address: NetworkAddress, accepts: boolean) {
    this.endpoint = endpoint;
    this.address = address;
    this.#accepts = accepts;
  }

  get transmitTo(): NetworkAddress | undefined {
    return this.endpoint.transmitTo;
  }

  handleDatagram(data: Uint8Array, from: NetworkAddress, now: number): void {
    this.endpoint.handleDatagram(data, from, now);
  }

  handleTimeout(now: number): void {
    this.endpoint.handleTimeout(now);
  }

  pollTimeout(): number {
    return this.endpoint.pollTimeout();
  }

  pollTransmit(now: number, out: Uint8Array): number {
    return this.endpoint.pollTransmit(now, out);
  }

  /** Decides handshakes and collects what sessions report. */
  afterInput(now: number): void {
    for (let event = this.endpoint.pollEvent(); event; event = this.endpoint.pollEvent()) {
      switch (event.type) {
        case 'serverKey':
          this.endpoint.acceptServer(event.attempt, now);
          break;
        case 'clientKey':
          if (this.#accepts) this.connection = this.endpoint.acceptClient(event.attempt, now);
          else this.endpoint.refuseClient(event.attempt, 'not on the list', now);
          break;
        case 'connected':
          this.connection = event.connection;
          break;
        case 'connectFailed':
          this.error = event.error;
          break;
      }
    }
    for (let ready = this.endpoint.pollReady(); ready; ready = this.endpoint.pollReady()) {
      this.#collect(ready, now);
    }
  }

  /** Everything recorded of the present session. */
  log(): Uint8Array {
    const chunks = this.connection === undefined ? [] : (this.#logs.get(this.connection) ?? []);
    const log = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      log.set(chunk, at);
      at += chunk.length;
    }
    return log;
  }

  /** Takes the messages that are ready. */
  read(now: number): void {
    const { connection } = this;
    if (connection === undefined) return;
    for (let m = connection.pollMessage(now); m; m = connection.pollMessage(now)) {
      this.messages.push(m);
    }
  }

  #collect(connection: Connection, now: number): void {
    for (let event = connection.pollEvent(); event; event = connection.pollEvent()) {
      if (connection === this.connection) this.events.push(event);
    }
    for (let chunk = connection.pollLog(); chunk; chunk = connection.pollLog()) {
      const chunks = this.#logs.get(connection) ?? [];
      chunks.push(chunk);
      this.#logs.set(connection, chunks);
    }
    if (this.reading && connection === this.connection) this.read(now);
  }
}

/** The Unix time at which virtual time starts: 2026-01-01. */
const UNIX_START_MS = 1_767_225_600_000;

/**
 * A client and a server on virtual time with a seeded network between them. The same seed gives the
 * same run, so that a failing one can be replayed.
 */
export class Pair {
  readonly simulation: Simulation;
  readonly client: PairSide;
  readonly server: PairSide;
  readonly serverKey: Uint8Array;
  readonly crypto: CryptoProvider;
  readonly clientHost: SimulatedHost;
  readonly serverHost: SimulatedHost;

  constructor(options: PairOptions) {
    this.simulation = new Simulation({ seed: options.seed });
    const { network, random } = this.simulation;
    network.setConditions(undefined, undefined, { delayMs: 10, ...options.link });
    const base = options.crypto ?? createNobleProvider(() => {});
    const crypto = options.crypto ?? createSeededProvider(base, random.fork('crypto').u32());
    const clientAddress = { address: '192.0.2.1', port: 40_000 };
    const serverAddress = { address: '198.51.100.1', port: 4_433 };
    this.crypto = crypto;
    const serverIdentity = identity(crypto);
    this.serverKey = serverIdentity.publicKey;
    const make = (isServer: boolean): Endpoint =>
      new Endpoint({
        crypto,
        identity: isServer ? serverIdentity : identity(crypto),
        config: resolveConfig({
          ...options.config,
          ...(isServer ? options.serverConfig : options.clientConfig),
        }),
        now: 0,
        unixOffsetMs: UNIX_START_MS,
        accepts: isServer,
        ...options.endpoint,
        ...(isServer ? options.server : options.client),
      });
    this.client = new PairSide(make(false), clientAddress, true);
    this.server = new PairSide(make(true), serverAddress, options.acceptClients ?? true);
    this.clientHost = this.simulation.addHost(this.client, clientAddress, { name: 'client' });
    this.serverHost = this.simulation.addHost(this.server, serverAddress, { name: 'server' });
  }

  get now(): number {
    return this.simulation.now;
  }

  /** Starts a handshake at the present time. */
  connect(to: ConnectTo = {}): void {
    this.client.endpoint.connect(this.server.address, to, this.now);
    this.clientHost.turn();
  }

  /** Connects and runs until both sides have their session. @returns whether they have within `withinMs` */
  establish(withinMs = 10_000, to: ConnectTo = {}): boolean {
    this.connect(to);
    this.run(
      withinMs,
      () => this.client.connection !== undefined || this.client.error !== undefined,
    );
    return this.client.connection !== undefined && this.server.connection !== undefined;
  }

  /** Sends from one side at the present time. */
  send(from: 'client' | 'server', payload: Uint8Array, options: SendOptions = {}): void {
    const side = this[from];
    if (side.connection === undefined)
      throw new Error(`the ${from} has no session: establish first`);
    side.connection.send(payload, options, this.now);
    (from === 'client' ? this.clientHost : this.serverHost).turn();
  }

  /** Lets virtual time pass until `until` holds, at most `forMs`. */
  run(forMs: number, until?: () => boolean): void {
    const untilMs = this.now + forMs;
    this.simulation.run(until === undefined ? { untilMs } : { untilMs, until });
  }
}

function identity(crypto: CryptoProvider): ReturnType<CryptoProvider['createSigner']> {
  const seed = new Uint8Array(32);
  crypto.randomBytes(seed);
  return crypto.createSigner(seed);
}
