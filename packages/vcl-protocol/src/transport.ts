import {
  isTcp,
  type RemoteAddress,
  TransportMode,
  type VCLConfig,
  VCLError,
} from '@vcl-protocol/core';
import { type CarrierScheme, parseCarrierAddress } from './carrier-address.js';
import type { WaitOptions } from './connection-options.js';
import type { DialOptions } from './node/carriers/dial.js';
import { DatagramCarrier } from './transport/datagram-carrier.js';
import { LinkCarrier } from './transport/link-carrier.js';
import {
  bindCarriers,
  bindUdp,
  connectLink,
  connectUdp,
  type RawBindOptions,
} from './transport/open.js';
import type { RawMessage } from './transport/raw-carrier.js';
import { RawListener } from './transport/raw-listener.js';

/**
 * A carrier by itself: messages over UDP, TCP, WebSocket or QUIC, each received as it was sent, of 1
 * to 65,535 bytes (over UDP 65,507).
 *
 * **It protects nothing**: bytes travel in clear, and anybody may have sent or changed them. What is
 * encrypted, signed and chained is a `VCLConnection`, which runs on the same carriers.
 *
 * One that was bound to TCP, WebSocket or QUIC accepts clients; any other sends and receives.
 */
export class VCLTransport implements AsyncDisposable {
  readonly #on: DatagramCarrier | LinkCarrier | RawListener;

  private constructor(on: DatagramCarrier | LinkCarrier | RawListener) {
    this.#on = on;
  }

  /**
   * Binds UDP. Until {@link setPeer} the first who sends becomes the peer; what others send is dropped.
   *
   * @param address `host:port`; port 0 for any that is free
   * @throws VCLError `IoError` when it cannot be bound
   */
  static async bindUdp(address: string): Promise<VCLTransport> {
    return new VCLTransport(await bindUdp(address));
  }

  /** Binds any free port of UDP, for one peer. @throws VCLError `IoError` when the name is not found */
  static async connectUdp(address: string): Promise<VCLTransport> {
    return new VCLTransport(await connectUdp(address));
  }

  /** Listens on TCP. @throws VCLError `IoError` when the address cannot be bound */
  static async bindTcp(address: string): Promise<VCLTransport> {
    return new VCLTransport(await bindCarriers(address, ['tcp'], {}));
  }

  /** Connects by TCP. @throws VCLError `IoError` or `Timeout` that names the address */
  static async connectTcp(address: string, options: DialOptions = {}): Promise<VCLTransport> {
    return await VCLTransport.#connect(address, ['tcp'], options);
  }

  /**
   * Listens for WebSockets: `ws`, or `wss` when there is a certificate.
   *
   * @param address `host:port`, `ws://host:port/path` or `wss://host:port/path`
   * @throws VCLError `IoError` when it cannot be bound; `InvalidConfig` when the package `ws` is missing
   */
  static async bindWs(address: string, options: RawBindOptions = {}): Promise<VCLTransport> {
    return new VCLTransport(await bindCarriers(address, ['ws', 'wss'], options));
  }

  /** Connects by WebSocket to `ws://`, `wss://` or `host:port`. @throws as {@link connectTcp} */
  static async connectWs(address: string, options: DialOptions = {}): Promise<VCLTransport> {
    return await VCLTransport.#connect(address, ['ws', 'wss'], options);
  }

  /** Listens for QUIC. @throws VCLError `InvalidConfig` when this platform has no package for it */
  static async bindQuic(address: string, options: RawBindOptions = {}): Promise<VCLTransport> {
    return new VCLTransport(await bindCarriers(address, ['quic'], options));
  }

  /** Connects by QUIC. @throws as {@link connectTcp}, and `InvalidConfig` as {@link bindQuic} */
  static async connectQuic(address: string, options: DialOptions = {}): Promise<VCLTransport> {
    return await VCLTransport.#connect(address, ['quic'], options);
  }

  /**
   * Binds the carrier that the address names, or else the configuration. `auto` stands for TCP when
   * the mode is reliable, else for UDP: to find out which one gets through takes a `VCLConnection`.
   */
  static async fromConfigServer(
    address: string,
    config: Pick<VCLConfig, 'transport' | 'reliability'>,
    options: RawBindOptions = {},
  ): Promise<VCLTransport> {
    const scheme = schemeFor(parseCarrierAddress(address, 'bind').scheme, config);
    if (scheme === 'udp') return await VCLTransport.bindUdp(bare(address));
    return new VCLTransport(await bindCarriers(bare(address), [scheme], options));
  }

  /** Connects the carrier that the address names, or else the configuration, as {@link fromConfigServer}. */
  static async fromConfigClient(
    address: string,
    config: Pick<VCLConfig, 'transport' | 'reliability'>,
    options: DialOptions = {},
  ): Promise<VCLTransport> {
    const scheme = schemeFor(parseCarrierAddress(address, 'connect').scheme, config);
    if (scheme === 'udp') return await VCLTransport.connectUdp(bare(address));
    return await VCLTransport.#connect(bare(address), [scheme], options);
  }

  static async #connect(
    address: string,
    schemes: readonly [CarrierScheme, ...CarrierScheme[]],
    options: DialOptions,
  ): Promise<VCLTransport> {
    return new VCLTransport(new LinkCarrier(await connectLink(address, schemes, options)));
  }

  /**
   * The next client, which has connected already: none can hold up the others.
   *
   * @throws VCLError `InvalidConfig` unless this one listens, `ConnectionClosed` once it is closed;
   * the reason of the signal
   */
  async accept(options: WaitOptions = {}): Promise<VCLTransport> {
    if (!(this.#on instanceof RawListener)) {
      throw wrongKind('does not accept clients: bind TCP, WebSocket or QUIC for that');
    }
    return new VCLTransport(new LinkCarrier(await this.#on.accept(options.signal)));
  }

  /**
   * Sends one message; resolves when there is room for the next one.
   *
   * @param data 1 to 65,535 bytes (over UDP 65,507), or a text, which becomes UTF-8; copied at once
   * @throws VCLError `MessageTooBig` when it is longer or empty, `NoPeerAddress` over UDP before there
   * is a peer, `ConnectionClosed`, `InvalidConfig` when this one listens
   */
  async sendRaw(data: Uint8Array | string): Promise<void> {
    const carrier = this.#carrier();
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    if (bytes.length === 0 || bytes.length > carrier.maxBytes) {
      const message = `a message has 1 to ${carrier.maxBytes} bytes, not ${bytes.length}: split it`;
      throw new VCLError('MessageTooBig', message);
    }
    if (carrier.peer === undefined) {
      throw new VCLError('NoPeerAddress', 'there is no peer yet: call setPeer(), or receive first');
    }
    await carrier.send(bytes);
  }

  /**
   * The next message.
   *
   * @throws VCLError `ConnectionClosed` once there is none and will be none, `InvalidConfig` when this
   * one listens; the reason of the signal, which loses no message
   */
  async recvRaw(options: WaitOptions = {}): Promise<RawMessage> {
    return await this.#carrier().receive(options.signal);
  }

  /** Where it is bound. */
  localAddress(): RemoteAddress {
    return this.#on.local;
  }

  /** Whom it talks to; undefined while it listens, or over UDP before there is a peer. */
  peerAddress(): RemoteAddress | undefined {
    return this.#on instanceof RawListener ? undefined : this.#on.peer;
  }

  /** The same as {@link peerAddress}, by the name that a connection has for it. */
  remoteAddress(): RemoteAddress | undefined {
    return this.peerAddress();
  }

  /**
   * Over UDP: messages go to this address from here on, and come from there only.
   *
   * @param peer a numeric address and a port, or both as `host:port`
   * @throws VCLError `InvalidConfig` over anything else, `IoError` when the address cannot be read
   */
  setPeer(peer: RemoteAddress | string): void {
    if (!(this.#on instanceof DatagramCarrier)) {
      throw wrongKind('has the peer that it is connected to: only UDP takes another one');
    }
    if (typeof peer !== 'string') {
      this.#on.setPeer({ address: peer.address, port: peer.port });
      return;
    }
    const { host, port } = parseCarrierAddress(peer, 'connect');
    this.#on.setPeer({ address: host, port });
  }

  /** What carries the messages: never `auto`. */
  mode(): TransportMode {
    return this.#on.mode;
  }

  /** Whether it is TCP, connected or listening. */
  isTcp(): boolean {
    return this.mode() === TransportMode.Tcp;
  }

  /** Whether it is UDP. */
  isUdp(): boolean {
    return this.mode() === TransportMode.Udp;
  }

  /** Whether it is a WebSocket, connected or listening. */
  isWebSocket(): boolean {
    return this.mode() === TransportMode.WebSocket;
  }

  /** Whether it is QUIC, connected or listening. */
  isQuic(): boolean {
    return this.mode() === TransportMode.Quic;
  }

  /**
   * What it has dropped: over UDP messages of strangers or without room, while it listens clients
   * that were too many. A carrier that is connected drops nothing.
   */
  dropped(): number {
    return this.#on.drops;
  }

  /** Ends it; what was sent leaves first. Who waits is told with `ConnectionClosed`. Never rejects. */
  async close(): Promise<void> {
    await this.#on.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #carrier(): DatagramCarrier | LinkCarrier {
    if (this.#on instanceof RawListener) {
      throw wrongKind('listens: accept() a client, and send and receive there');
    }
    return this.#on;
  }
}

type RawScheme = Exclude<CarrierScheme, 'auto'>;

function schemeFor(
  scheme: CarrierScheme | undefined,
  config: Pick<VCLConfig, 'transport' | 'reliability'>,
): RawScheme {
  if (scheme !== undefined && scheme !== 'auto') return scheme;
  if (scheme === undefined && config.transport === TransportMode.WebSocket) return 'ws';
  if (scheme === undefined && config.transport === TransportMode.Quic) return 'quic';
  const asked = scheme === 'auto' ? TransportMode.Auto : config.transport;
  return isTcp({ transport: asked, reliability: config.reliability }) ? 'tcp' : 'udp';
}

/** The address without `auto://`, which the configuration has decided. */
function bare(address: string): string {
  return address.replace(/^auto:\/\//i, '');
}

function wrongKind(what: string): VCLError {
  return new VCLError('InvalidConfig', `this transport ${what}`);
}
