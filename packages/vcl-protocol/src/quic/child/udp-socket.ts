import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { NativeHost } from '../native.js';

/** What a {@link UdpSocket} tells. */
export interface UdpHandler {
  /** A packet came; it may be overwritten. */
  onPacket(packet: Buffer, from: NativeHost, to: NativeHost): void;
  /** The system refuses to send or has lost the socket. */
  onTrouble(error: NodeJS.ErrnoException): void;
}

const BUFFER_BYTES = 2 << 20;

/** A UDP socket that sends to numeric addresses only, and to one only if it is connected. */
export class UdpSocket {
  readonly #socket: Socket;
  readonly #handler: UdpHandler;
  /** Where it is bound, as quiche knows it. */
  local: NativeHost = { host: '0.0.0.0', port: 0 };
  #isConnected = false;
  #isClosed = false;

  private constructor(family: number, handler: UdpHandler) {
    this.#handler = handler;
    this.#socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      // All addresses are numeric: there is nothing to look up.
      lookup: (host, _options, done) => done(null, host, family),
    });
  }

  /** @throws the system's error */
  static async bind(at: NativeHost, handler: UdpHandler): Promise<UdpSocket> {
    const one = new UdpSocket(isIP(at.host), handler);
    await one.#settle('listening', () => one.#socket.bind(at.port, at.host));
    one.#begin();
    return one;
  }

  /** @param from undefined for the system's choice @throws the system's error */
  static async connect(
    to: NativeHost,
    from: string | undefined,
    handler: UdpHandler,
  ): Promise<UdpSocket> {
    const one = new UdpSocket(isIP(to.host), handler);
    if (from !== undefined) await one.#settle('listening', () => one.#socket.bind(0, from));
    await one.#settle('connect', () => one.#socket.connect(to.port, to.host));
    one.#isConnected = true;
    one.#begin();
    return one;
  }

  /** Sends a copy of `packet`. */
  send(packet: Uint8Array, to: NativeHost): void {
    if (this.#isClosed) return;
    const copy = Buffer.from(packet);
    if (this.#isConnected) this.#socket.send(copy, this.#onSent);
    else this.#socket.send(copy, to.port, to.host, this.#onSent);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }

  readonly #onSent = (error: Error | null): void => {
    if (error !== null && !this.#isClosed) this.#handler.onTrouble(error);
  };

  #begin(): void {
    const { address, port } = this.#socket.address();
    this.local = { host: address, port };
    this.#socket.on('message', (packet, { address: host, port: from }) => {
      if (!this.#isClosed) this.#handler.onPacket(packet, { host, port: from }, this.local);
    });
    this.#socket.on('error', (error) => {
      if (!this.#isClosed) this.#handler.onTrouble(error);
    });
    try {
      this.#socket.setRecvBufferSize(BUFFER_BYTES);
      this.#socket.setSendBufferSize(BUFFER_BYTES);
    } catch {
      // The system gives less: more packets are lost in bursts.
    }
  }

  #settle(event: string, begin: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const onError = (error: Error): void => {
        this.close();
        reject(error);
      };
      this.#socket.once('error', onError);
      this.#socket.once(event, () => {
        this.#socket.off('error', onError);
        resolve();
      });
      begin();
    });
  }
}
