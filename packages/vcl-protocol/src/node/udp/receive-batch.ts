import type { RemoteAddress } from '@vcl-protocol/core';
import type { Libc, NativeBlock } from './libc.js';
import {
  CMSG,
  IOVEC_BYTES,
  MMSGHDR,
  MMSGHDR_BYTES,
  MSG_DONTWAIT,
  SOCKADDR_BYTES,
  SOL_UDP,
  UDP_GRO,
} from './linux.js';
import { setPointer } from './pointer.js';
import type { SocketAddresses } from './socket-address.js';

/** Who gets what was received. */
export interface ReceiveHandler {
  /** One datagram; the bytes are valid, and may be overwritten, until this returns. */
  onDatagram(data: Uint8Array, from: RemoteAddress): void;
}

/** Messages of one system call. Each may be a train of datagrams from one peer. */
const MESSAGES = 32;
const MESSAGE_BYTES = 65_536;

/**
 * Buffers for recvmmsg(2) with UDP_GRO. They are filled and emptied in one go, so that one batch
 * serves all sockets of a process.
 */
export class ReceiveBatch {
  readonly #libc: Libc;
  readonly #headers: NativeBlock;
  readonly #names: NativeBlock;
  readonly #controls: NativeBlock;
  readonly #slots: ReceiveSlot[] = [];
  /** Messages whose lengths the system has overwritten. */
  #used = 0;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#headers = libc.allocate(MESSAGES * MMSGHDR_BYTES);
    this.#names = libc.allocate(MESSAGES * SOCKADDR_BYTES);
    this.#controls = libc.allocate(MESSAGES * CMSG.bytes);
    const iovecs = libc.allocate(MESSAGES * IOVEC_BYTES);
    const data = libc.allocate(MESSAGES * MESSAGE_BYTES);
    for (let i = 0; i < MESSAGES; i++) {
      const { view } = this.#headers;
      const at = i * MMSGHDR_BYTES;
      const iovec = i * IOVEC_BYTES;
      setPointer(view, at + MMSGHDR.name, this.#names.address + i * SOCKADDR_BYTES);
      setPointer(view, at + MMSGHDR.iov, iovecs.address + iovec);
      setPointer(view, at + MMSGHDR.control, this.#controls.address + i * CMSG.bytes);
      view.setUint32(at + MMSGHDR.iovCount, 1, true);
      setPointer(iovecs.view, iovec, data.address + i * MESSAGE_BYTES);
      iovecs.view.setUint32(iovec + 8, MESSAGE_BYTES, true);
      this.#slots.push(
        new ReceiveSlot(data.bytes.subarray(i * MESSAGE_BYTES, (i + 1) * MESSAGE_BYTES)),
      );
      this.#rearm(i);
    }
  }

  /**
   * Hands over what has arrived, of one system call.
   *
   * @returns datagrams, or -1 when the socket is empty
   */
  receive(fd: number, addresses: SocketAddresses, handler: ReceiveHandler): number {
    const { pointer } = this.#headers;
    // Not after they were handed over: the handler may have thrown.
    for (let i = 0; i < this.#used; i++) this.#rearm(i);
    this.#used = 0;
    const messages = this.#libc.recvmmsg(fd, pointer, MESSAGES, MSG_DONTWAIT, null);
    if (messages <= 0) return -1;
    this.#used = messages;
    let datagrams = 0;
    for (let i = 0; i < messages; i++) datagrams += this.#handOver(i, addresses, handler);
    return datagrams;
  }

  #handOver(i: number, addresses: SocketAddresses, handler: ReceiveHandler): number {
    const length = this.#headers.view.getUint32(i * MMSGHDR_BYTES + MMSGHDR.length, true);
    const from = addresses.read(this.#names.view, i * SOCKADDR_BYTES);
    // Nobody can be answered at port 0. It counts all the same, so that a flood of it comes to an end.
    if (from.port === 0) return 1;
    const segment = this.#segmentOf(i, length);
    const slot = this.#slots[i]!;
    let count = 0;
    for (let start = 0; start < length || count === 0; start += segment) {
      handler.onDatagram(slot.piece(count, segment, Math.min(segment, length - start)), from);
      count++;
    }
    return count;
  }

  /** How long each datagram of a train is but the last. */
  #segmentOf(i: number, length: number): number {
    const { view } = this.#controls;
    const at = i * CMSG.bytes;
    const has =
      this.#headers.view.getUint32(i * MMSGHDR_BYTES + MMSGHDR.controlLength, true) > CMSG.value &&
      view.getInt32(at + CMSG.level, true) === SOL_UDP &&
      view.getInt32(at + CMSG.type, true) === UDP_GRO;
    const segment = has ? view.getInt32(at + CMSG.value, true) : 0;
    return segment > 0 ? segment : Math.max(1, length);
  }

  #rearm(i: number): void {
    const { view } = this.#headers;
    const at = i * MMSGHDR_BYTES;
    view.setUint32(at + MMSGHDR.nameLength, SOCKADDR_BYTES, true);
    view.setUint32(at + MMSGHDR.controlLength, CMSG.bytes, true);
  }
}

/** One receive buffer, with the views of the last way it was cut. */
class ReceiveSlot {
  readonly #bytes: Uint8Array;
  readonly #pieces: Uint8Array[] = [];
  #segment = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Piece `index` of a buffer that is cut every `segment` bytes. */
  piece(index: number, segment: number, length: number): Uint8Array {
    if (segment !== this.#segment) {
      this.#pieces.length = 0;
      this.#segment = segment;
    }
    const start = index * segment;
    if (length !== segment) return this.#bytes.subarray(start, start + length);
    let piece = this.#pieces[index];
    if (piece === undefined) {
      piece = this.#bytes.subarray(start, start + segment);
      this.#pieces[index] = piece;
    }
    return piece;
  }
}
