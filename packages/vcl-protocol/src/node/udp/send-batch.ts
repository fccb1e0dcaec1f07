import type { RemoteAddress } from '@vcl-protocol/core';
import type { Libc, NativeBlock } from './libc.js';
import {
  CMSG,
  IOVEC_BYTES,
  MMSGHDR,
  MMSGHDR_BYTES,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SOCKADDR_BYTES,
  SOL_UDP,
  UDP_SEGMENT,
} from './linux.js';
import { setPointer } from './pointer.js';

/** A socket that sends through a {@link SendBatch}. */
export interface BatchSender {
  readonly fd: number;
  /** The system does not cut trains for it, or not on the way to `to`. */
  onTrainRefused(errno: number, to: RemoteAddress): void;
  /** The system refused to send to `to`. */
  onRefused(errno: number, to: RemoteAddress): void;
  /** Sends what it has queued: another socket wants the batch. */
  flush(): void;
}

/** A datagram that found the socket full. */
export interface LeftDatagram {
  readonly bytes: Uint8Array;
  readonly to: RemoteAddress;
}

/** Datagrams of one system call. */
const SLOTS = 128;
/** What UDP_SEGMENT takes at once, in datagrams and in bytes (udp(7)). */
const MAX_SEGMENTS = 64;
const MAX_TRAIN_BYTES = 65_000;
/** The header that sends the pieces of a refused train one by one. */
const SPARE = SLOTS;
const NONE_LEFT: readonly LeftDatagram[] = [];

/**
 * Datagrams for sendmmsg(2), to any peers. Neighbours of one length to one peer leave as one train
 * (UDP_SEGMENT), whose last datagram may be shorter, and which the system cuts as late as it can.
 * Datagrams are written into slots that the headers always point to: nothing is copied.
 */
export class SendBatch {
  /** Whose datagrams are in it. A batch serves all sockets of a process, one at a time. */
  #holder: BatchSender | undefined;
  readonly #libc: Libc;
  readonly #headers: NativeBlock;
  readonly #names: NativeBlock;
  readonly #iovecs: NativeBlock;
  readonly #controls: NativeBlock;
  readonly #slots: Uint8Array[] = [];
  /** Of each message: to whom, and its first slot. */
  readonly #to: RemoteAddress[] = [];
  readonly #firstSlots = new Uint16Array(SLOTS + 1);
  #datagrams = 0;
  #messages = 0;
  /** Of the last message: what all its datagrams but the last measure, and whether it is complete. */
  #segment = 0;
  #trainBytes = 0;
  #isTrainOver = true;

  constructor(libc: Libc, slotBytes: number) {
    this.#libc = libc;
    this.#headers = libc.allocate((SLOTS + 1) * MMSGHDR_BYTES);
    this.#names = libc.allocate(SLOTS * SOCKADDR_BYTES);
    this.#iovecs = libc.allocate(SLOTS * IOVEC_BYTES);
    this.#controls = libc.allocate(SLOTS * CMSG.bytes);
    const data = libc.allocate(SLOTS * slotBytes);
    for (let i = 0; i < SLOTS; i++) {
      this.#slots.push(data.bytes.subarray(i * slotBytes, (i + 1) * slotBytes));
      setPointer(this.#iovecs.view, i * IOVEC_BYTES, data.address + i * slotBytes);
      this.#initialize(i);
    }
  }

  /** To be called before a socket uses it. */
  lendTo(sender: BatchSender): void {
    if (this.#holder === sender) return;
    this.#holder?.flush();
    this.#holder = sender;
  }

  /** Whether datagrams of `sender` are in it. */
  holdsFor(sender: BatchSender): boolean {
    return this.#holder === sender && this.#datagrams > 0;
  }

  get isFull(): boolean {
    return this.#datagrams === SLOTS;
  }

  /** Where the next datagram is to be written; the batch must not be full. */
  get slot(): Uint8Array {
    return this.#slots[this.#datagrams]!;
  }

  /**
   * Queues the first `bytes` bytes of the slot.
   *
   * @param name struct sockaddr of `to`
   * @param usesTrains whether more may follow in one train
   */
  add(bytes: number, to: RemoteAddress, name: Uint8Array, usesTrains: boolean): void {
    const slot = this.#datagrams++;
    this.#iovecs.view.setUint32(slot * IOVEC_BYTES + 8, bytes, true);
    const joins =
      !this.#isTrainOver &&
      bytes > 0 &&
      bytes <= this.#segment &&
      this.#trainBytes + bytes <= MAX_TRAIN_BYTES &&
      this.#to[this.#messages - 1] === to;
    if (joins) this.#join(slot, bytes);
    else this.#begin(slot, bytes, to, name, usesTrains);
  }

  /** Hands everything to the system. @returns copies of what found the socket full */
  send(sender: BatchSender): readonly LeftDatagram[] {
    const { EAGAIN, EINTR } = this.#libc.errors;
    this.#firstSlots[this.#messages] = this.#datagrams;
    let first = 0;
    let left = NONE_LEFT;
    while (first < this.#messages) {
      const sent = this.#call(sender.fd, first, this.#messages - first);
      if (sent > 0) {
        first += sent;
        continue;
      }
      const errno = this.#libc.errno();
      if (errno === EAGAIN) {
        left = this.#copyFrom(first);
        break;
      }
      if (errno !== EINTR) this.#onRefused(sender, first++, errno);
    }
    this.#reset();
    return left;
  }

  #initialize(i: number): void {
    const { view } = this.#headers;
    const control = i * CMSG.bytes;
    setPointer(view, i * MMSGHDR_BYTES + MMSGHDR.name, this.#names.address + i * SOCKADDR_BYTES);
    setPointer(view, i * MMSGHDR_BYTES + MMSGHDR.control, this.#controls.address + control);
    this.#controls.view.setUint32(control + CMSG.length, CMSG.value + 2, true);
    this.#controls.view.setInt32(control + CMSG.level, SOL_UDP, true);
    this.#controls.view.setInt32(control + CMSG.type, UDP_SEGMENT, true);
  }

  #begin(
    slot: number,
    bytes: number,
    to: RemoteAddress,
    name: Uint8Array,
    usesTrains: boolean,
  ): void {
    const message = this.#messages++;
    const { view } = this.#headers;
    const at = message * MMSGHDR_BYTES;
    this.#to[message] = to;
    this.#firstSlots[message] = slot;
    this.#names.bytes.set(name, message * SOCKADDR_BYTES);
    view.setUint32(at + MMSGHDR.nameLength, name.length, true);
    setPointer(view, at + MMSGHDR.iov, this.#iovecs.address + slot * IOVEC_BYTES);
    view.setUint32(at + MMSGHDR.iovCount, 1, true);
    view.setUint32(at + MMSGHDR.controlLength, 0, true);
    this.#segment = bytes;
    this.#trainBytes = bytes;
    this.#isTrainOver = !usesTrains || bytes === 0;
  }

  #join(slot: number, bytes: number): void {
    const message = this.#messages - 1;
    const at = message * MMSGHDR_BYTES;
    const segments = slot - this.#firstSlots[message]! + 1;
    this.#headers.view.setUint32(at + MMSGHDR.iovCount, segments, true);
    if (segments === 2) {
      this.#headers.view.setUint32(at + MMSGHDR.controlLength, CMSG.bytes, true);
      const value = message * CMSG.bytes + CMSG.value;
      this.#controls.view.setUint16(value, this.#segment, true);
    }
    this.#trainBytes += bytes;
    this.#isTrainOver = bytes < this.#segment || segments === MAX_SEGMENTS;
  }

  #call(fd: number, first: number, count: number): number {
    const { pointer } = this.#headers;
    const from = first === 0 ? pointer : pointer + BigInt(first * MMSGHDR_BYTES);
    return this.#libc.sendmmsg(fd, from, count, MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  /** A train is tried once more in pieces: some devices and paths cannot cut it. */
  #onRefused(sender: BatchSender, message: number, errno: number): void {
    const { EIO, EINVAL, EMSGSIZE, EAGAIN } = this.#libc.errors;
    const to = this.#to[message]!;
    const [from, until] = [this.#firstSlots[message]!, this.#firstSlots[message + 1]!];
    const isTrain = until - from > 1;
    if (!isTrain || (errno !== EIO && errno !== EINVAL && errno !== EMSGSIZE)) {
      sender.onRefused(errno, to);
      return;
    }
    sender.onTrainRefused(errno, to);
    for (let slot = from; slot < until; slot++) {
      if (this.#sendPiece(sender.fd, message, slot) > 0) continue;
      const why = this.#libc.errno();
      // A full socket loses it, as a full queue on the way would.
      if (why !== EAGAIN) sender.onRefused(why, to);
    }
  }

  #sendPiece(fd: number, message: number, slot: number): number {
    const { bytes, view } = this.#headers;
    const start = message * MMSGHDR_BYTES;
    const spare = SPARE * MMSGHDR_BYTES;
    bytes.copyWithin(spare, start, start + MMSGHDR_BYTES);
    setPointer(view, spare + MMSGHDR.iov, this.#iovecs.address + slot * IOVEC_BYTES);
    view.setUint32(spare + MMSGHDR.iovCount, 1, true);
    view.setUint32(spare + MMSGHDR.controlLength, 0, true);
    return this.#call(fd, SPARE, 1);
  }

  #copyFrom(first: number): readonly LeftDatagram[] {
    const left: LeftDatagram[] = [];
    for (let message = first; message < this.#messages; message++) {
      const to = this.#to[message]!;
      const until = this.#firstSlots[message + 1]!;
      for (let slot = this.#firstSlots[message]!; slot < until; slot++) {
        const length = this.#iovecs.view.getUint32(slot * IOVEC_BYTES + 8, true);
        left.push({ bytes: this.#slots[slot]!.slice(0, length), to });
      }
    }
    return left;
  }

  #reset(): void {
    this.#datagrams = 0;
    this.#messages = 0;
    this.#isTrainOver = true;
    this.#holder = undefined;
    // What a peer's address is known by must not be kept alive here.
    this.#to.length = 0;
  }
}
