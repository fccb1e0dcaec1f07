import { getSystemErrorName } from 'node:util';
import type { RemoteAddress, VCLError } from '@vcl-protocol/core';
import type { DatagramLink, LinkHandler, LinkOptions } from '../../datagram-link.js';
import { bindError } from './bind-error.js';
import type { Libc } from './libc.js';
import {
  AF_INET6,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCKADDR_BYTES,
  SOL_SOCKET,
  SOL_UDP,
  UDP_GRO,
  UDP_SEGMENT,
} from './linux.js';
import type { PollTarget } from './poller.js';
import type { ReceiveHandler } from './receive-batch.js';
import type { BatchSender, LeftDatagram, SendBatch } from './send-batch.js';
import type { SharedParts } from './shared-parts.js';
import { SocketAddresses } from './socket-address.js';

/** Holds what arrives while the process is busy; the system may grant less. */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;
/** Datagrams that are taken in one go; then what follows from them has its turn. */
const MAX_DATAGRAMS_A_TURN = 256;

/**
 * A bound UDP socket of Linux that sends and receives many datagrams by one system call. One bound
 * to `::` carries IPv4 as well, and shows its addresses as such.
 */
export class FastLink implements DatagramLink, PollTarget, BatchSender, ReceiveHandler {
  readonly local: RemoteAddress;
  readonly families: readonly (4 | 6)[];
  readonly fd: number;
  readonly #parts: SharedParts;
  readonly #addresses: SocketAddresses;
  readonly #batch: SendBatch;
  /** Peers behind a device or path that takes no trains, by the objects that the link shows them as. */
  readonly #withoutTrains = new WeakSet<RemoteAddress>();
  #usesTrains: boolean;
  #usesTrainsToAll = true;
  #waiting: readonly LeftDatagram[] = [];
  #handler: LinkHandler | undefined;
  #isClosed = false;

  /** @throws VCLError `IoError` when the address cannot be bound */
  static open(parts: SharedParts, options: LinkOptions): FastLink {
    const { libc } = parts;
    const addresses = new SocketAddresses(libc, parts.addressScratch, options.address);
    const fd = libc.socket(addresses.family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) throw failure(libc, options);
    try {
      setOptions(parts, fd, addresses);
      bind(parts, fd, addresses, options);
      return new FastLink(parts, fd, addresses, options);
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  }

  private constructor(
    parts: SharedParts,
    fd: number,
    addresses: SocketAddresses,
    { maxDatagramBytes }: LinkOptions,
  ) {
    this.#parts = parts;
    this.fd = fd;
    this.#addresses = addresses;
    this.#batch = parts.sendBatch(maxDatagramBytes);
    this.local = boundAddress(parts, fd, addresses);
    const { address } = this.local;
    this.families = address === '::' ? [4, 6] : address.includes(':') ? [6] : [4];
    // Older systems do not cut trains, and some would send one as a single datagram.
    this.#usesTrains = set(parts, fd, SOL_UDP, UDP_SEGMENT, 0) === 0;
  }

  start(handler: LinkHandler): void {
    if (this.#isClosed) return;
    this.#handler = handler;
    this.#parts.poller.add(this.fd, this);
    if (this.#waiting.length > 0) this.#parts.poller.setWriting(this.fd, true);
  }

  reserve(): Uint8Array | undefined {
    if (this.#isClosed || this.#waiting.length > 0) return undefined;
    this.#batch.lendTo(this);
    if (this.#batch.isFull) this.flush();
    return this.#waiting.length > 0 ? undefined : this.#batch.slot;
  }

  send(bytes: number, to: RemoteAddress): void {
    if (this.#isClosed || this.#waiting.length > 0) return;
    this.#batch.lendTo(this);
    this.#add(bytes, to);
  }

  flush(): void {
    if (!this.#batch.holdsFor(this)) return;
    const left = this.#batch.send(this);
    if (left.length === 0) return;
    this.#waiting = left;
    this.#parts.poller.setWriting(this.fd, true);
  }

  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.flush();
    this.#isClosed = true;
    this.#handler = undefined;
    this.#waiting = [];
    this.#parts.poller.remove(this.fd);
    this.#parts.libc.close(this.fd);
    return Promise.resolve();
  }

  onReadable(): void {
    let taken = 0;
    while (taken < MAX_DATAGRAMS_A_TURN && this.#handler !== undefined) {
      const datagrams = this.#parts.receiveBatch.receive(this.fd, this.#addresses, this);
      if (datagrams < 0) return;
      taken += datagrams;
    }
  }

  /** By way of here, so that a handler that closes the link hears nothing of the rest of a batch. */
  onDatagram(data: Uint8Array, from: RemoteAddress): void {
    this.#handler?.onDatagram(data, from);
  }

  onWritable(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#batch.lendTo(this);
    for (const { bytes, to } of waiting) {
      this.#batch.slot.set(bytes);
      this.#add(bytes.length, to);
    }
    this.flush();
    if (this.#waiting.length > 0) return;
    this.#parts.poller.setWriting(this.fd, false);
    this.#handler?.onDrain();
  }

  /** A path says so by the length of its packets; one peer behind such must not slow the others down. */
  onTrainRefused(errno: number, to: RemoteAddress): void {
    if (errno === this.#parts.libc.errors.EIO) this.#usesTrains = false;
    this.#usesTrainsToAll = false;
    this.#withoutTrains.add(to);
  }

  onRefused(errno: number, to: RemoteAddress): void {
    const name = errorName(errno);
    this.#handler?.onTrouble(new Error(`sendmmsg ${name} ${to.address}:${to.port}`));
  }

  #add(bytes: number, to: RemoteAddress): void {
    try {
      const usesTrains =
        this.#usesTrains && (this.#usesTrainsToAll || !this.#withoutTrains.has(to));
      this.#batch.add(bytes, to, this.#addresses.write(to), usesTrains);
    } catch (error) {
      this.#handler?.onTrouble(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

function setOptions(parts: SharedParts, fd: number, { family }: SocketAddresses): void {
  // What it means for an address other than `::` is nothing, or an error (`::ffff:127.0.0.1`).
  if (family === AF_INET6) set(parts, fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  // Beyond the system's limit it takes a privilege; without it, one gets that limit.
  for (const name of [SO_RCVBUF, SO_RCVBUFFORCE, SO_SNDBUF, SO_SNDBUFFORCE]) {
    set(parts, fd, SOL_SOCKET, name, SOCKET_BUFFER_BYTES);
  }
  // Without it, each datagram comes on its own.
  set(parts, fd, SOL_UDP, UDP_GRO, 1);
}

function set(parts: SharedParts, fd: number, level: number, name: number, value: number): number {
  const { libc, scratch } = parts;
  scratch.view.setInt32(0, value, true);
  return libc.setsockopt(fd, level, name, scratch.pointer, 4);
}

function bind(
  parts: SharedParts,
  fd: number,
  addresses: SocketAddresses,
  options: LinkOptions,
): void {
  const { libc, scratch } = parts;
  const name = addresses.write(options);
  scratch.bytes.set(name);
  if (libc.bind(fd, scratch.pointer, name.length) < 0) throw failure(libc, options);
}

/** The address as the system has it, with the port that it chose. */
function boundAddress({ libc, scratch }: SharedParts, fd: number, addresses: SocketAddresses) {
  const length = SOCKADDR_BYTES;
  scratch.view.setUint32(length, length, true);
  libc.getsockname(fd, scratch.pointer, scratch.pointer + BigInt(length));
  return addresses.read(scratch.view, 0);
}

function failure(libc: Libc, options: LinkOptions): VCLError {
  const name = errorName(libc.errno());
  return bindError(options, name, new Error(name));
}

/** Node refuses to name a number that is none of an error; it can be 0 when it was overwritten. */
function errorName(errno: number): string {
  return errno > 0 ? getSystemErrorName(-errno) : 'an unknown error';
}
