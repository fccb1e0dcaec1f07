import { randomBytes } from 'node:crypto';
import type { NativeHost, NativePathEvent, NativeQuic } from '../native.js';
import type { DialCommand, Place } from '../pipe/control.js';
import { Carrier, type CarrierOwner, type ChildParts } from './carrier.js';
import { CONNECTION_ID_BYTES, clientConfig } from './configuration.js';
import { UdpSocket } from './udp-socket.js';

/** What a {@link DialedCarrier} is made of. */
export interface DialedCarrierOptions {
  readonly id: number;
  readonly native: NativeQuic;
  readonly parts: ChildParts;
  readonly command: DialCommand;
  readonly onGone: () => void;
}

/** How long a new path may take to prove itself, ms. */
const REBIND_TIMEOUT_MS = 3_000;
/** Where no way leads out, the next try is so much later, ms. */
const REBIND_EACH_MS = 1_000;
/** What is under way to the old socket still arrives for so long, ms. */
const OLD_SOCKET_MS = 1_000;
/** The address that it sent from is there no more, or leads nowhere. */
const LOST_ADDRESS = new Set([
  'EADDRNOTAVAIL',
  'EINVAL',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ENETDOWN',
]);

/** A connection that was opened from here, on a socket of its own that it may leave for another. */
export class DialedCarrier implements CarrierOwner {
  readonly carrier: Carrier;
  readonly #options: DialedCarrierOptions;
  readonly #peer: NativeHost;
  readonly #keepAlive: ReturnType<typeof setInterval>;
  readonly #handshakeTimer: ReturnType<typeof setTimeout>;
  /** By port, which is how quiche's packets name theirs. */
  readonly #sockets = new Map<number, UdpSocket>();
  #socket: UdpSocket;
  #candidate: UdpSocket | undefined;
  #isOpening = false;
  #rebindAt = 0;
  #rebindTimer: ReturnType<typeof setTimeout> | undefined;
  #hasHeard = false;
  #isOver = false;

  private constructor(options: DialedCarrierOptions, socket: UdpSocket) {
    const { id, native, parts, command } = options;
    const { serverName, session, limits } = command;
    this.#options = options;
    this.#socket = socket;
    this.#peer = hostOf(command.peer);
    this.#sockets.set(socket.local.port, socket);
    const connection = native.Connection.connect(
      serverName,
      randomBytes(CONNECTION_ID_BYTES),
      socket.local,
      this.#peer,
      clientConfig(native, command),
    );
    if (session !== undefined) connection.setSession(Buffer.from(session, 'base64'));
    this.carrier = new Carrier({
      id,
      native: connection,
      parts,
      owner: this,
      writesEarly: command.isEarly,
    });
    this.#keepAlive = setInterval(() => this.#onKeepAlive(), limits.keepAliveMs);
    this.#handshakeTimer = setTimeout(() => this.#onLate(), limits.handshakeTimeoutMs);
    this.carrier.clock.touch();
  }

  /** @throws the system's error, or quiche's when the settings will not do */
  static async open(options: DialedCarrierOptions): Promise<DialedCarrier> {
    const { peer, localAddress } = options.command;
    let one: DialedCarrier | undefined;
    const socket = await UdpSocket.connect(hostOf(peer), localAddress, {
      onPacket: (packet, from, to) => one?.onPacket(packet, from, to),
      onTrouble: (error) => one?.onTrouble(error),
    });
    try {
      one = new DialedCarrier(options, socket);
      return one;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** Moves to a new socket, which the system may give another address. */
  rebind(): void {
    void this.#rebind().catch((error: Error) => this.#refuseRebind(error.message));
  }

  /** Ends it at once, and tells the peer. */
  destroy(): void {
    this.carrier.connection.close();
    this.carrier.connection.flush();
    this.#end(undefined, undefined);
  }

  onPacket(packet: Buffer, from: NativeHost, to: NativeHost): void {
    this.#hasHeard = true;
    this.carrier.connection.receive(packet, from, to);
    if (!this.#isOver) this.carrier.clock.touch();
  }

  onTrouble(error: NodeJS.ErrnoException): void {
    if (this.#isOver) return;
    if (!this.carrier.connection.isEstablished) {
      this.#end(error.message, error.code);
    } else if (LOST_ADDRESS.has(error.code ?? '') && this.#candidate === undefined) {
      const now = performance.now();
      if (now < this.#rebindAt) return;
      this.#rebindAt = now + REBIND_EACH_MS;
      this.rebind();
    }
  }

  transmit(packet: Uint8Array, from: NativeHost, to: NativeHost): void {
    (this.#sockets.get(from.port) ?? this.#socket).send(packet, to);
  }

  onEarly(): void {
    const { maxDatagramBytes } = this.carrier.connection;
    this.carrier.report({ event: 'early', local: this.#local(), maxDatagramBytes });
  }

  onEstablished(): void {
    clearTimeout(this.#handshakeTimer);
    const { native, maxDatagramBytes } = this.carrier.connection;
    const chain = native.peerCertChain() ?? [];
    this.carrier.report({
      event: 'established',
      local: this.#local(),
      chain: chain.map((one) => Buffer.from(one).toString('base64')),
      maxDatagramBytes,
      isResumed: native.isResumed(),
    });
  }

  onFirstBytes(): void {}

  onPathEvent({ type, local }: NativePathEvent): void {
    const candidate = this.#candidate;
    if (candidate === undefined || local?.port !== candidate.local.port) return;
    if (type === 'FailedValidation') this.#refuseRebind('the new path did not answer');
    if (type === 'Validated') this.#moveTo(candidate);
  }

  onIdIssued(): void {}

  onIdRetired(): void {}

  onGone(reason: string | undefined): void {
    this.#end(reason, undefined);
  }

  async #rebind(): Promise<void> {
    if (this.#candidate !== undefined || this.#isOpening) {
      throw new Error('another move is under way');
    }
    if (this.carrier.connection.native.availableDcids() === 0) {
      throw new Error('no connection id is left to move with: connect again');
    }
    this.#isOpening = true;
    const socket = await UdpSocket.connect(this.#peer, undefined, {
      onPacket: (packet, from, to) => this.onPacket(packet, from, to),
      onTrouble: (error) => this.onTrouble(error),
    }).finally(() => {
      this.#isOpening = false;
    });
    if (this.#isOver) {
      socket.close();
      return;
    }
    this.#candidate = socket;
    this.#sockets.set(socket.local.port, socket);
    this.carrier.connection.native.probePath(socket.local, this.#peer);
    this.#rebindTimer = setTimeout(
      () => this.#refuseRebind('the new path did not answer'),
      REBIND_TIMEOUT_MS,
    );
    this.carrier.clock.touch();
  }

  #moveTo(socket: UdpSocket): void {
    const old = this.#socket;
    this.carrier.connection.native.migrate(socket.local, this.#peer);
    this.#candidate = undefined;
    this.#socket = socket;
    clearTimeout(this.#rebindTimer);
    setTimeout(() => this.#drop(old), OLD_SOCKET_MS);
    this.carrier.report({ event: 'rebound', local: this.#local() });
    this.carrier.clock.touch();
  }

  #refuseRebind(reason: string): void {
    clearTimeout(this.#rebindTimer);
    if (this.#candidate !== undefined) this.#drop(this.#candidate);
    this.#candidate = undefined;
    if (!this.#isOver) this.carrier.report({ event: 'notRebound', reason });
  }

  #drop(socket: UdpSocket): void {
    this.#sockets.delete(socket.local.port);
    socket.close();
  }

  #onKeepAlive(): void {
    if (!this.#hasHeard && this.carrier.connection.isEstablished) {
      this.carrier.connection.ping();
      this.carrier.clock.touch();
    }
    this.#hasHeard = false;
  }

  #onLate(): void {
    this.#end('nothing answers', 'ETIMEDOUT');
  }

  #end(reason: string | undefined, code: string | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.carrier.clock.stop();
    clearInterval(this.#keepAlive);
    clearTimeout(this.#handshakeTimer);
    clearTimeout(this.#rebindTimer);
    for (const socket of this.#sockets.values()) socket.close();
    this.carrier.report({
      event: 'closed',
      ...(reason === undefined ? {} : { reason }),
      ...(code === undefined ? {} : { code }),
    });
    this.#options.onGone();
  }

  #local(): Place {
    const { host, port } = this.#socket.local;
    return { address: host, port };
  }
}

/** As quiche writes it. */
export function hostOf({ address, port }: Place): NativeHost {
  return { host: address, port };
}
