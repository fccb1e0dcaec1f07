import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import { once } from 'node:events';
import { VCLError } from '@vcl-protocol/core';
import { PacketFates } from './packet-fates.js';
import { type DirectionStats, RelayDirection } from './relay-direction.js';

/** A UDP address on this machine. */
export interface UdpAddress {
  readonly address: string;
  readonly port: number;
}

/** What a {@link Relay} does to datagrams, in each direction. */
export interface RelayOptions {
  /** Where datagrams of the client go. */
  readonly server: UdpAddress;
  /** Share of datagrams to drop: 0 to 1. */
  readonly lossShare: number;
  /** Share of the others to hold back for a random time: 0 to 1. */
  readonly heldShare: number;
  /** The longest of these times, in milliseconds: at least 1. */
  readonly maxDelayMs: number;
  /** Decides which: a whole number below 2^32. */
  readonly seed: number;
}

/** What a {@link Relay} did. */
export interface RelayStats {
  readonly toServer: Readonly<DirectionStats>;
  readonly toClient: Readonly<DirectionStats>;
}

/**
 * A bad network on the loopback interface: carries datagrams of one client to a server and back,
 * drops some and lets some be overtaken.
 */
export class Relay {
  readonly #clientSide: Socket;
  readonly #serverSide: Socket;
  readonly #toServer: RelayDirection;
  readonly #toClient: RelayDirection;
  #client: UdpAddress | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(options: RelayOptions) {
    const { seed, maxDelayMs } = options;
    this.#clientSide = createSocket(SOCKET_OPTIONS);
    this.#serverSide = createSocket(SOCKET_OPTIONS);
    // Timers come up to a tick late.
    const base = { ...options, maxDelayMs: maxDelayMs - TIMER_TICK_MS };
    const [forth, back] = [new PacketFates(base), new PacketFates({ ...base, seed: ~seed })];
    this.#toServer = new RelayDirection(forth, (datagram) => this.#sendToServer(datagram));
    this.#toClient = new RelayDirection(back, (datagram) => this.#sendToClient(datagram));
  }

  /**
   * Opens the relay on free ports of 127.0.0.1.
   *
   * @throws VCLError `IoError` when it cannot
   */
  static async start(options: RelayOptions): Promise<Relay> {
    const relay = new Relay(options);
    try {
      await relay.#open(options.server);
      return relay;
    } catch (cause) {
      relay.close();
      throw new VCLError('IoError', `cannot open the UDP sockets of the relay: ${cause}`, {
        cause,
      });
    }
  }

  /** Where the client is to send. */
  get address(): UdpAddress {
    const { address, port } = this.#clientSide.address();
    return { address, port };
  }

  /** A live view. */
  get stats(): RelayStats {
    return { toServer: this.#toServer.stats, toClient: this.#toClient.stats };
  }

  /** Ends the relay; what it holds is lost. May be called again. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#clientSide.close();
    this.#serverSide.close();
  }

  async #open(server: UdpAddress): Promise<void> {
    const bound = [once(this.#clientSide, 'listening'), once(this.#serverSide, 'listening')];
    this.#clientSide.bind(0, LOOPBACK);
    this.#serverSide.bind(0, LOOPBACK);
    await Promise.all(bound);
    // A connected socket takes datagrams of the server only, and looks no name up for each.
    const connected = once(this.#serverSide, 'connect');
    this.#serverSide.connect(server.port, server.address);
    await connected;
    this.#clientSide.on('message', (datagram, { address, port }) => {
      this.#client = { address, port };
      this.#accept(this.#toServer, datagram);
    });
    this.#serverSide.on('message', (datagram) => this.#accept(this.#toClient, datagram));
    // A peer that is gone makes the kernel report its closed port: as good as loss.
    this.#clientSide.on('error', ignore);
    this.#serverSide.on('error', ignore);
  }

  #accept(direction: RelayDirection, datagram: Uint8Array): void {
    direction.accept(datagram, performance.now());
    this.#arm();
  }

  #arm(): void {
    if (this.#timer !== undefined || !(this.#toServer.isHolding || this.#toClient.isHolding))
      return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const now = performance.now();
      this.#toServer.release(now);
      this.#toClient.release(now);
      this.#arm();
    }, TIMER_TICK_MS);
  }

  #sendToServer(datagram: Uint8Array): void {
    if (!this.#closed) this.#serverSide.send(datagram);
  }

  #sendToClient(datagram: Uint8Array): void {
    if (this.#closed || this.#client === undefined) return;
    this.#clientSide.send(datagram, this.#client.port, this.#client.address);
  }
}

const LOOPBACK = '127.0.0.1';
/** The shortest that setTimeout waits. */
const TIMER_TICK_MS = 1;

const SOCKET_OPTIONS: SocketOptions = {
  type: 'udp4',
  // The kernel must not add losses of its own.
  recvBufferSize: 2 ** 22,
  sendBufferSize: 2 ** 20,
  // Addresses here are numbers; the default would take a turn of the loop for each datagram.
  lookup: (address, _options, callback) => callback(null, address, 4),
};

function ignore(): void {}
