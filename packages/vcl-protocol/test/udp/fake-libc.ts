import type { Libc, NativeBlock, Pointer } from '../../src/node/udp/libc.js';
import {
  CMSG,
  IOVEC_BYTES,
  MMSGHDR,
  MMSGHDR_BYTES,
  SOL_UDP,
  UDP_GRO,
  UDP_SEGMENT,
} from '../../src/node/udp/linux.js';

/** One message as the system would see it. */
export interface SentMessage {
  /** Lengths of the pieces that it was gathered from. */
  readonly pieces: readonly number[];
  readonly bytes: readonly number[];
  /** The value of UDP_SEGMENT, or undefined without it. */
  readonly segment: number | undefined;
  readonly name: readonly number[];
}

/** One message as the system hands it over. */
export interface IncomingMessage {
  readonly bytes: Uint8Array;
  readonly port: number;
  /** How long each datagram of a train is. */
  readonly segment?: number;
}

const ERRORS = {
  EAGAIN: 11,
  EINTR: 4,
  EIO: 5,
  EINVAL: 22,
  EMSGSIZE: 90,
  ENETUNREACH: 101,
} as const;

/** struct epoll_event is packed on x64 alone; its data are its last 8 bytes. */
const EVENT_BYTES = process.arch === 'x64' ? 12 : 16;

/** What sendmmsg of the fake does with a message: takes it, or fails by this name. */
export type Answer = keyof typeof ERRORS | undefined;

/** A C library whose memory is JavaScript's, and whose socket does what the test says. */
export class FakeLibc {
  readonly sent: SentMessage[] = [];
  calls = 0;
  /** What epoll_ctl was told: operation, descriptor, events. */
  readonly polled: [number, number, number][] = [];
  /** Decides about each message of sendmmsg. */
  answer: (message: SentMessage) => Answer = () => undefined;
  /** What recvmmsg finds, the first message first. */
  readonly incoming: IncomingMessage[] = [];
  /** Lengths of name and control that recvmmsg was given for the messages that it filled. */
  readonly offered: [number, number][] = [];
  /** Options of setsockopt that fail. */
  readonly unknownOptions = new Set<number>();
  /** What the next calls of epoll_wait report, as [descriptor, events]; nothing when there is none. */
  readonly ready: (readonly [number, number])[][] = [];
  /** Waits on a thread that are under way. */
  readonly waits: (() => void)[] = [];
  /** What epoll_create1, epoll_ctl and the asynchronous epoll_wait do. */
  epollFd = 3;
  controlResult = 0;
  hasNoThread = false;
  readonly closed: number[] = [];
  readonly #blocks: NativeBlock[] = [];
  #next = 0x7f00_0000_1000;
  #errno = 0;

  /** The part of the library that batches use; anything else fails the test. */
  get libc(): Libc {
    const part: Partial<Libc> = {
      errors: ERRORS,
      errno: () => this.#errno,
      allocate: (bytes) => this.#allocate(bytes),
      sendmmsg: (_fd, messages, count) => this.#sendmmsg(messages, count),
      socket: () => 5,
      bind: () => 0,
      recvmmsg: (_fd, messages, count) => this.#recvmmsg(messages, count),
      close: (fd) => this.closed.push(fd) - 1,
      setsockopt: (_fd, _level, name) => (this.unknownOptions.has(name) ? -1 : 0),
      getsockname: () => 0,
      inet_pton: () => 1,
      eventfd: () => 4,
      epoll_create1: () => this.epollFd,
      read: () => 8,
      write: () => 8,
      epoll_ctl: (_epoll, operation, fd, event) => {
        this.polled.push([operation, fd, this.#u32(Number(event))]);
        return this.controlResult;
      },
      epoll_wait: Object.assign((_epoll: number, events: Pointer) => this.#wait(events), {
        async: (...[, events, , , done]: Parameters<Libc['epoll_wait']['async']>) => {
          if (this.hasNoThread) throw new Error('too many calls are under way');
          this.waits.push(() => done(null, this.#wait(events)));
        },
      }),
    };
    return part as Libc;
  }

  #allocate(bytes: number): NativeBlock {
    const address = this.#next;
    // Blocks lie across the boundary of 32 bits, to find halves that were mixed up.
    this.#next += bytes + 0x1_0000_0040;
    const memory = new ArrayBuffer(bytes);
    const block: NativeBlock = {
      pointer: BigInt(address),
      address,
      bytes: new Uint8Array(memory),
      view: new DataView(memory),
    };
    this.#blocks.push(block);
    return block;
  }

  #sendmmsg(messages: Pointer, count: number): number {
    this.calls++;
    for (let i = 0; i < count; i++) {
      const message = this.#read(Number(messages) + i * MMSGHDR_BYTES);
      const error = this.answer(message);
      if (error !== undefined) {
        this.#errno = ERRORS[error];
        return i > 0 ? i : -1;
      }
      this.sent.push(message);
    }
    return count;
  }

  /** Ends the wait on a thread that is under way. */
  endWait(): void {
    this.waits.shift()?.();
  }

  #wait(events: Pointer): number {
    const ready = this.ready.shift() ?? [];
    ready.forEach(([fd, flags], i) => {
      this.#set(Number(events) + i * EVENT_BYTES, flags);
      this.#set(Number(events) + i * EVENT_BYTES + EVENT_BYTES - 8, fd);
    });
    return ready.length;
  }

  #recvmmsg(messages: Pointer, count: number): number {
    const arriving = this.incoming.splice(0, count);
    arriving.forEach((message, i) => {
      this.#fill(Number(messages) + i * MMSGHDR_BYTES, message);
    });
    this.#errno = ERRORS.EAGAIN;
    return arriving.length > 0 ? arriving.length : -1;
  }

  #fill(header: number, { bytes, port, segment }: IncomingMessage): void {
    const controlLength = this.#u64(header + MMSGHDR.controlLength);
    this.offered.push([this.#u32(header + MMSGHDR.nameLength), controlLength]);
    const name = this.#at(this.#u64(header + MMSGHDR.name));
    name.block.bytes.set([2, 0, port >> 8, port & 0xff, 10, 0, 0, 1], name.offset);
    this.#set(header + MMSGHDR.nameLength, 16);
    const out = this.#at(this.#u64(this.#u64(header + MMSGHDR.iov)));
    out.block.bytes.set(bytes, out.offset);
    this.#set(header + MMSGHDR.length, bytes.length);
    const hasRoom = segment !== undefined && controlLength >= CMSG.bytes;
    this.#set(header + MMSGHDR.controlLength, hasRoom ? CMSG.bytes : 0);
    if (!hasRoom) return;
    const control = this.#u64(header + MMSGHDR.control);
    this.#set(control + CMSG.level, SOL_UDP);
    this.#set(control + CMSG.type, UDP_GRO);
    this.#set(control + CMSG.value, segment);
  }

  #set(address: number, value: number): void {
    const { block, offset } = this.#at(address);
    block.view.setUint32(offset, value, true);
  }

  #read(header: number): SentMessage {
    const name = this.#bytes(
      this.#u64(header + MMSGHDR.name),
      this.#u32(header + MMSGHDR.nameLength),
    );
    const iov = this.#u64(header + MMSGHDR.iov);
    const pieces: number[] = [];
    const bytes: number[] = [];
    for (let i = 0; i < this.#u64(header + MMSGHDR.iovCount); i++) {
      const length = this.#u64(iov + i * IOVEC_BYTES + 8);
      pieces.push(length);
      bytes.push(...this.#bytes(this.#u64(iov + i * IOVEC_BYTES), length));
    }
    return { pieces, bytes, name, segment: this.#segment(header) };
  }

  #segment(header: number): number | undefined {
    if (this.#u64(header + MMSGHDR.controlLength) === 0) return undefined;
    const control = this.#u64(header + MMSGHDR.control);
    const isSegment =
      this.#u32(control + CMSG.level) === SOL_UDP && this.#u32(control + CMSG.type) === UDP_SEGMENT;
    if (!isSegment) throw new Error('an unknown control message');
    return this.#u32(control + CMSG.value) & 0xffff;
  }

  #bytes(address: number, length: number): number[] {
    const { block, offset } = this.#at(address);
    return [...block.bytes.subarray(offset, offset + length)];
  }

  #u32(address: number): number {
    const { block, offset } = this.#at(address);
    return block.view.getUint32(offset, true);
  }

  #u64(address: number): number {
    return this.#u32(address) + this.#u32(address + 4) * 0x1_0000_0000;
  }

  #at(address: number): { block: NativeBlock; offset: number } {
    const block = this.#blocks.find(
      (one) => address >= one.address && address < one.address + one.bytes.length,
    );
    if (block === undefined) throw new Error(`no memory at ${address}`);
    return { block, offset: address - block.address };
  }
}
