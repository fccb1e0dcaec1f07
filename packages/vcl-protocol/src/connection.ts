import type {
  CloseOptions,
  DropReason,
  FlowView,
  PacketOutlet,
  PeerSilence,
  RemoteAddress,
  ResolvedConfig,
  VCLConfig,
} from '@vcl-protocol/core';
import { VCLError } from '@vcl-protocol/core';
import { type CarrierName, carrierName } from './carriers/carrier-name.js';
import { checkCloseOptions } from './close-options.js';
import type { ConnectOptions, VCLConnectionOptions, WaitOptions } from './connection-options.js';
import type { EventSubscription, SubscribeOptions } from './events.js';
import { FlowController } from './flow-controller.js';
import type { VCLMetrics } from './metrics.js';
import type { VCLPacket } from './packet.js';
import { checkMessageOptions, type MessageOptions, toPayload } from './send-options.js';
import type { Session } from './session.js';
import type { SessionKeeper } from './session-keeper.js';
import { COMMON_OPTIONS, requireIdleTimeout, resolveSettings } from './settings.js';
import { SocketKeeper } from './socket-keeper.js';

const OPTIONS: readonly string[] = [...COMMON_OPTIONS, 'clients', 'record', 'unsafe'];
const SHARED_KEY_BYTES = 32;

/**
 * A bound address and one session at a time with a peer: messages that are encrypted, chained and
 * signed. Bind, then {@link connect} or {@link acceptHandshake}; when a session has ended because of
 * the peer, another one may follow. Everything works at the same time: reading, sending, pings.
 */
export class VCLConnection implements AsyncDisposable, AsyncIterable<VCLPacket> {
  readonly #keeper: SessionKeeper;
  readonly #isUnsafe: boolean;
  readonly #boundAt: number = Date.now();
  #idleFlow: FlowController | undefined;

  /**
   * Binds an address: for UDP, and with `clients` for TCP and WebSocket on the same port, unless
   * the address or the configuration names one of them.
   *
   * @param address `host:port` or `[ipv6]:port`, as it is or behind `udp://`, `tcp://`, `ws://`,
   * `wss://`, `quic://`, `auto://`; port 0 for any that is free. `[::]:0` reaches IPv6 and IPv4
   * @throws VCLError `InvalidConfig` for an option that is wrong; `IoError` when the address cannot
   * be bound or a file not be used; `InvalidKey` for a bad identity file or key
   */
  static async bind(address: string, options: VCLConnectionOptions = {}): Promise<VCLConnection> {
    const settings = await resolveSettings(options, OPTIONS);
    const keeper = await SocketKeeper.open(address, settings, options);
    if (options.signal?.aborted === true) {
      keeper.abort();
      throw options.signal.reason;
    }
    return new VCLConnection(keeper, options.unsafe === true);
  }

  /** {@link bind} with `config` as the configuration. */
  static bindWithConfig(
    address: string,
    config: Partial<VCLConfig>,
    options: Omit<VCLConnectionOptions, 'config'> = {},
  ): Promise<VCLConnection> {
    return VCLConnection.bind(address, { ...options, config });
  }

  /** @internal */
  constructor(keeper: SessionKeeper, isUnsafe: boolean) {
    this.#keeper = keeper;
    this.#isUnsafe = isUnsafe;
  }

  /**
   * Sets a session up with the server at `address`, a name or a number, with a scheme as `bind` has
   * it or without. Of several addresses that a name has, and of several carriers, the first that
   * answers; UDP has a quarter of a second before the others. Resolves when the server has accepted
   * this side. The session moves to another carrier when the network drops the one it is on.
   *
   * @throws VCLError `Timeout` after 10 s without an answer, `AuthRefused` when either side does not
   * want the other, `IdentityChanged` when a known host shows another key, `HandshakeFailed`,
   * `ConnectionClosed`; the reason of the signal
   */
  async connect(address: string, options: ConnectOptions = {}): Promise<void> {
    this.#refuseClosed('connect');
    await this.#keeper.connect(address, options);
  }

  /**
   * Waits for a client that `clients` admits, and sets a session up with it. Others are refused, and
   * whatever else arrives is ignored.
   *
   * @throws VCLError `InvalidConfig` when the connection was bound without `clients`,
   * `HandshakeFailed` when there is a session, `ConnectionClosed`; the reason of the signal
   */
  async acceptHandshake(options: WaitOptions = {}): Promise<void> {
    this.#refuseClosed('acceptHandshake');
    await this.#keeper.accept(options);
  }

  /** Events from here on, of the present session or the one to come; they end with it. */
  subscribe(options: SubscribeOptions = {}): EventSubscription {
    return this.#keeper.hub.subscribe(options);
  }

  /**
   * Sends a message of any length up to `maxMessageBytes`. Resolves when it is in the send buffer, for
   * which it waits while that is full; the data may be changed as soon as `send` was called.
   *
   * @throws VCLError `NoPeerAddress` and `NoSharedSecret` before there is a session,
   * `ConnectionClosed`, `MessageTooBig`, `InvalidConfig` for a bad option; the reason of the signal
   */
  async send(data: Uint8Array | string, options: MessageOptions = {}): Promise<void> {
    const payload = toPayload(data);
    checkMessageOptions(options);
    await this.#session('send').send(payload, options);
  }

  /**
   * The next message. What has arrived before the end of the session is still handed out after it.
   *
   * @throws VCLError `NoSharedSecret` before there is a session; `ConnectionClosed` after an orderly
   * end; else what went wrong, such as `Timeout`; the reason of the signal
   */
  async recv(options: WaitOptions = {}): Promise<VCLPacket> {
    const session = this.#readable('recv');
    const packet = await session.recv(options.signal);
    if (packet !== undefined) return packet;
    throw new VCLError('ConnectionClosed', 'the session has ended, and all of it was read');
  }

  /**
   * The messages of the present session. Ends when the peer closes in order, or this side does.
   *
   * @throws VCLError as {@link recv} does for any other end
   */
  [Symbol.asyncIterator](): AsyncIterator<VCLPacket, undefined> {
    const session = this.#readable('iterate');
    return {
      async next() {
        const value = await session.recv(undefined);
        return value === undefined ? { done: true, value } : { done: false, value };
      },
    };
  }

  /**
   * The lossy lane of the present session becomes the data path of a tunnel: its messages are written
   * straight into datagrams and read where they lie; {@link send} takes reliable ones only.
   *
   * @returns what to call when the port has something to send
   * @throws VCLError as {@link send} does without a session
   */
  usePackets(packets: PacketOutlet): () => void {
    return this.#session('usePackets').usePackets(packets);
  }

  /** @returns the time to the peer and back, in ms. @throws VCLError `ConnectionClosed` and others */
  async ping(options: WaitOptions = {}): Promise<number> {
    return await this.#session('ping').ping(options.signal);
  }

  /** Changes the keys. Resolves when the new ones are in use in both directions. */
  async rotateKeys(options: WaitOptions = {}): Promise<void> {
    await this.#session('rotateKeys').rotateKeys(options.signal);
  }

  /**
   * Ends the session in order and frees the address: what was sent is delivered first, messages that
   * still come are dropped. Resolves when that is done, and at once when called again.
   *
   * @throws VCLError when the peer did not confirm that it has everything, or `IoError` when the
   * session log is not whole; the connection is closed nevertheless
   */
  async close(options: CloseOptions = {}): Promise<void> {
    checkCloseOptions(options);
    await this.#keeper.close(options);
  }

  /** Ends the session at once; the peer is told, what is queued is lost. */
  abort(): void {
    this.#keeper.abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Whether this side has closed, or its last session has ended. */
  isClosed(): boolean {
    const { isClosed, session } = this.#keeper;
    return isClosed || session?.end !== undefined;
  }

  /**
   * Sets the silence of the peer after which the session ends, now and in later sessions.
   *
   * @param seconds may be a fraction; 0 for never
   * @throws VCLError `InvalidConfig` when it is negative or beyond 2^32 ms
   */
  setTimeout(seconds: number): void {
    requireIdleTimeout(seconds, 'the timeout in seconds', 1000);
    this.#keeper.idleTimeoutMs = seconds * 1000;
  }

  /** The timeout of this side in seconds; the peer may have a shorter one. Default 60. */
  getTimeout(): number {
    return this.#keeper.idleTimeoutMs / 1000;
  }

  /** When anything was last sent or received; before that, when it was bound. */
  lastActivity(): Date {
    const { session } = this.#keeper;
    if (session === undefined) return new Date(this.#boundAt);
    return new Date(Date.now() - (performance.now() - session.connection.lastActivity));
  }

  getConfig(): ResolvedConfig {
    return this.#keeper.settings.config;
  }

  /** Flow and congestion control of the session, live; before it, an idle one. */
  flow(): FlowView {
    this.#idleFlow ??= new FlowController(this.getConfig().flowWindowSize);
    return this.#keeper.session?.connection.flow ?? this.#idleFlow;
  }

  /**
   * Gives up sending a lossy message of this side again.
   *
   * @param n its number in the lossy lane, from 0 in the order of sending
   * @returns whether it was neither acknowledged nor given up
   */
  ackPacket(n: number | bigint): boolean {
    return this.#keeper.session?.giveUp(Number(n)) ?? false;
  }

  /** How quiet the peer is; undefined before there was a session. */
  silence(): PeerSilence | undefined {
    return this.#keeper.session?.connection.silence(performance.now());
  }

  /** This side's identity: an Ed25519 key of 32 bytes. */
  getPublicKey(): Uint8Array {
    return this.#keeper.settings.publicKey.slice();
  }

  /** The identity that the peer has proved, or undefined before there was a session. */
  get peerIdentity(): Uint8Array | undefined {
    return this.#keeper.session?.connection.peerKey.slice();
  }

  /**
   * A secret that both peers share until the keys change, 32 bytes.
   *
   * @throws VCLError `InvalidConfig` unless bound with `unsafe: true`, `NoSharedSecret` without a session
   */
  getSharedSecret(): Uint8Array {
    this.#requireUnsafe('getSharedSecret');
    const { session } = this.#keeper;
    if (session !== undefined && session.end === undefined)
      return session.connection.sharedSecret();
    throw new VCLError('NoSharedSecret', 'there is no session: connect or accept first');
  }

  /**
   * Mixes a key into all sessions that the peer must have been given as well; it does not replace
   * the identities. To be called before `connect` and `acceptHandshake`.
   *
   * @param key 32 random bytes; copied
   * @throws VCLError `InvalidConfig` unless bound with `unsafe: true`, or too late; `InvalidKey`
   */
  setSharedKey(key: Uint8Array): void {
    this.#requireUnsafe('setSharedKey');
    if (key.length !== SHARED_KEY_BYTES || key.every((byte) => byte === 0)) {
      throw new VCLError('InvalidKey', 'a shared key is 32 random bytes, the same on both sides');
    }
    this.#keeper.setPsk(new Uint8Array(key));
  }

  /** Where it is bound. */
  localAddress(): RemoteAddress {
    const { address, port } = this.#keeper.local;
    return { address, port };
  }

  /** Where the peer is, or undefined before there was a session. */
  remoteAddress(): RemoteAddress | undefined {
    const remote = this.#keeper.session?.connection.remote;
    return remote && { address: remote.address, port: remote.port };
  }

  /** What carries the session at the moment, or undefined before there was one. */
  carrier(): CarrierName | undefined {
    const remote = this.#keeper.session?.connection.remote;
    return remote && carrierName(remote);
  }

  /** Counters and samples of all sessions so far, up to date: the same object each time. */
  metrics(): VCLMetrics<DropReason> {
    return this.#keeper.metrics.read();
  }

  /**
   * Moves the session to a new socket on the same host, as after a change of network. Only for the
   * side that connected; nothing is lost.
   *
   * @throws VCLError `InvalidConfig` on the other side, `NoPeerAddress` without a session, `IoError`
   */
  async rebind(): Promise<void> {
    this.#session('rebind');
    await this.#keeper.rebind();
  }

  /** @throws VCLError that says why the session cannot be worked with */
  #session(operation: string): Session {
    this.#refuseClosed(operation);
    const { session, isPending, settings } = this.#keeper;
    if (session?.end !== undefined) settings.dropLog.error({ operation }, CLOSED);
    if (session !== undefined) return session;
    if (isPending) throw new VCLError('NoSharedSecret', 'the handshake is not done: wait for it');
    throw new VCLError('NoPeerAddress', 'there is no peer: connect or accept first');
  }

  /** A session that has ended may hold messages that were not read. */
  #readable(operation: string): Session {
    const { session } = this.#keeper;
    if (session !== undefined) return session;
    this.#refuseClosed(operation);
    throw new VCLError('NoSharedSecret', 'nothing to read from: connect or accept first');
  }

  #refuseClosed(operation: string): void {
    const { isClosed, settings } = this.#keeper;
    if (!isClosed) return;
    settings.dropLog.error({ operation }, CLOSED);
    throw new VCLError('ConnectionClosed', 'the connection was closed: bind a new one');
  }

  #requireUnsafe(operation: string): void {
    if (this.#isUnsafe) return;
    throw new VCLError(
      'InvalidConfig',
      `${operation} is for tests and tools: bind with { unsafe: true } if you mean it. Peers are ` +
        'told apart by identities, which need no shared key',
    );
  }
}

const CLOSED = 'operation on a closed connection';
