import { createSocket, type RemoteInfo, type Socket, type SocketOptions } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { RemoteAddress } from '@vcl-protocol/core';
import type { DatagramLink, LinkHandler, LinkOptions } from '../../datagram-link.js';
import { bindError } from './bind-error.js';

/** Datagrams handed to the system and not yet sent, at most: then sending pauses. */
const MAX_UNDER_WAY = 64;
/** Holds what arrives while the process is busy; the system may grant less. */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;
const MAPPED_PREFIX = '::ffff:';

/** A bound UDP socket of node:dgram, on any system. One bound to `::` carries IPv4 as well, and shows its addresses as such. */
export class DgramLink implements DatagramLink {
  readonly local: RemoteAddress;
  readonly families: readonly (4 | 6)[];
  readonly #socket: Socket;
  readonly #maxDatagramBytes: number;
  readonly #isDual: boolean;
  readonly #free: OutgoingBuffer[] = [];
  #reserved: OutgoingBuffer | undefined;
  #buffers = 0;
  #isStarved = false;
  #closed: Promise<void> | undefined;
  #handler: LinkHandler | undefined;

  /** @throws VCLError `IoError` when the address cannot be bound */
  static async open(options: LinkOptions): Promise<DgramLink> {
    const { address, port } = options;
    const type = isIPv6(address) ? 'udp6' : 'udp4';
    const socket = createSocket({ type, lookup: alreadyNumeric(type === 'udp6' ? 6 : 4) });
    try {
      const listening = once(socket, 'listening');
      socket.bind(port, address);
      await listening;
    } catch (cause) {
      socket.close();
      throw bindError(options, codeOf(cause), cause);
    }
    enlargeBuffers(socket);
    return new DgramLink(socket, options);
  }

  private constructor(socket: Socket, options: LinkOptions) {
    const { address, port } = socket.address();
    this.#socket = socket;
    this.#maxDatagramBytes = options.maxDatagramBytes;
    this.#isDual = address === '::';
    this.local = { address, port };
    this.families = this.#isDual ? [4, 6] : isIPv6(address) ? [6] : [4];
    socket.on('message', (data, from) => this.#onMessage(data, from));
    socket.on('error', (error) => this.#handler?.onTrouble(error));
  }

  start(handler: LinkHandler): void {
    this.#handler = handler;
  }

  reserve(): Uint8Array | undefined {
    this.#reserved ??= this.#free.pop() ?? this.#makeBuffer();
    this.#isStarved = this.#reserved === undefined;
    return this.#reserved?.bytes;
  }

  send(bytes: number, to: RemoteAddress): void {
    const buffer = this.#reserved;
    if (buffer === undefined || this.#closed !== undefined) return;
    this.#reserved = undefined;
    const address =
      this.#isDual && !to.address.includes(':') ? MAPPED_PREFIX + to.address : to.address;
    this.#socket.send(buffer.bytes, 0, bytes, to.port, address, buffer.onSent);
  }

  /** Each datagram leaves at once. */
  flush(): void {}

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#handler = undefined;
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #onMessage(data: Buffer, from: RemoteInfo): void {
    // Nobody can be answered at port 0, and Node throws when asked to.
    if (from.port === 0) return;
    // A plain array, because slice() of a Buffer does not copy.
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.length);
    this.#handler?.onDatagram(bytes, this.#isDual ? unmapped(from) : from);
  }

  #makeBuffer(): OutgoingBuffer | undefined {
    if (this.#buffers === MAX_UNDER_WAY) return undefined;
    this.#buffers++;
    const buffer: OutgoingBuffer = {
      bytes: new Uint8Array(this.#maxDatagramBytes),
      onSent: (error) => this.#onSent(buffer, error),
    };
    return buffer;
  }

  /** Node is done with the buffer: until here it must not change. */
  #onSent(buffer: OutgoingBuffer, error: Error | null): void {
    this.#free.push(buffer);
    if (error !== null) this.#handler?.onTrouble(error);
    if (!this.#isStarved) return;
    this.#isStarved = false;
    this.#handler?.onDrain();
  }
}

interface OutgoingBuffer {
  readonly bytes: Uint8Array;
  readonly onSent: (error: Error | null) => void;
}

type Lookup = NonNullable<SocketOptions['lookup']>;

/** Stands in for the resolver, which would put every datagram off to the next tick. */
function alreadyNumeric(family: 4 | 6): Lookup {
  return (address, _options, callback) => callback(null, address, family);
}

function unmapped({ address, port }: RemoteInfo): RemoteAddress {
  const isMapped = address.startsWith(MAPPED_PREFIX) && address.includes('.');
  return { address: isMapped ? address.slice(MAPPED_PREFIX.length) : address, port };
}

function enlargeBuffers(socket: Socket): void {
  try {
    socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
    socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
  } catch {
    // Some systems refuse more than their limit instead of granting that; the default will do.
  }
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}
