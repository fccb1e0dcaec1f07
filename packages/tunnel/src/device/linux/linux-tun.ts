import { VCLError } from '@vcl-protocol/core';
import type { Libc, NativeParts, PollTarget } from 'vcl-protocol/native';
import { type FramePool, type FrameSlot, retirePool, takePool } from '../frame-pool.js';
import { FrameReader, type FrameSource, ReadResult } from '../frame-reader.js';
import {
  MAX_FRAME_BYTES,
  type TunDevice,
  type TunHandler,
  VIRTIO_HEADER_BYTES,
} from '../tun-device.js';
import type { OpenTun } from './tun-ioctl.js';

/** What a {@link LinuxTun} is made of. */
export interface LinuxTunOptions {
  readonly tun: OpenTun;
  readonly mtu: number;
  readonly parts: NativeParts;
  /** Closes the descriptor. */
  readonly close: (fd: number) => void;
  /** Memory for frames; one of the usual size by default. */
  readonly pool?: FramePool;
}

/** Errors after which the next read may succeed; all others mean that the device is gone. */
const PASSING_ERRORS = ['EAGAIN', 'EINTR', 'ENOMEM', 'ENOBUFS'] as const;

/** A TUN device of Linux, read and written without waiting, on the thread of the event loop. */
export class LinuxTun implements TunDevice, PollTarget, FrameSource {
  readonly name: string;
  readonly mtu: number;
  readonly offloads: boolean;
  readonly #fd: number;
  readonly #libc: Libc;
  readonly #poller: NativeParts['poller'];
  readonly #closeFd: (fd: number) => void;
  readonly #pool: FramePool;
  /** Where reading and writing begin in a frame: the header, if the system knows it, or behind it. */
  readonly #start: number;
  readonly #outgoingPointer: bigint;
  readonly #readPointers = new Map<FrameSlot, bigint>();
  readonly #passing: ReadonlySet<number>;
  #handler: TunHandler | undefined;
  #reader: FrameReader | undefined;
  #errno = 0;
  #isPolled = false;
  #isClosed = false;

  constructor({ tun, mtu, parts, close, pool }: LinuxTunOptions) {
    this.name = tun.name;
    this.mtu = mtu;
    this.offloads = tun.offloads;
    this.#fd = tun.fd;
    this.#libc = parts.libc;
    this.#poller = parts.poller;
    this.#closeFd = close;
    this.#pool = pool ?? takePool(parts.libc.allocate);
    this.#start = tun.offloads ? 0 : VIRTIO_HEADER_BYTES;
    this.#outgoingPointer = this.#pool.outgoing.pointer + BigInt(this.#start);
    this.#passing = new Set(PASSING_ERRORS.map((name) => parts.libc.errors[name] ?? 0));
  }

  /** @throws VCLError `ConnectionClosed` after {@link close}, `IoError` when it cannot be waited for */
  start(handler: TunHandler): void {
    if (this.#isClosed) {
      throw new VCLError('ConnectionClosed', `the device ${this.name} is closed: open another`);
    }
    this.#handler = handler;
    this.#reader = new FrameReader(this, this.#pool, handler);
    this.#pool.onFree = this.#onFree;
    this.#poll();
  }

  reserve(): Uint8Array {
    // That of the pool may be another device's by then.
    if (this.#isClosed) return new Uint8Array(MAX_FRAME_BYTES);
    return this.#pool.outgoing.bytes;
  }

  write(bytes: number): boolean {
    if (this.#isClosed || bytes <= VIRTIO_HEADER_BYTES || bytes > MAX_FRAME_BYTES) return false;
    const length = bytes - this.#start;
    return this.#libc.write(this.#fd, this.#outgoingPointer, length) === length;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stop();
    this.#closeFd(this.#fd);
    retirePool(this.#pool);
  }

  onReadable(): void {
    const end = this.#reader!.drain();
    // The handler may have released frames after the one that was the last to find memory.
    if (end === 'full' && this.#pool.open === undefined) this.#unpoll();
    else if (end === 'lost') this.#lose(new VCLError('IoError', this.#lostText()));
  }

  onWritable(): void {
    // Room to write is not waited for: what a full queue does not take is lost.
  }

  read(slot: FrameSlot): number {
    const { bytes } = slot;
    if (!this.offloads) bytes.fill(0, 0, VIRTIO_HEADER_BYTES);
    const room = MAX_FRAME_BYTES - this.#start;
    const length = this.#libc.read(this.#fd, this.#pointerInto(slot), room);
    if (length > 0) return this.#start + length;
    if (length === 0) return ReadResult.Empty;
    this.#errno = this.#libc.errno();
    return this.#passing.has(this.#errno) ? ReadResult.Empty : ReadResult.Lost;
  }

  #pointerInto(slot: FrameSlot): bigint {
    if (this.offloads) return slot.pointer;
    let pointer = this.#readPointers.get(slot);
    if (pointer === undefined) {
      pointer = slot.pointer + BigInt(this.#start);
      this.#readPointers.set(slot, pointer);
    }
    return pointer;
  }

  readonly #onFree = (): void => {
    if (this.#isPolled || this.#isClosed || this.#handler === undefined) return;
    try {
      this.#poll();
    } catch (error) {
      this.#lose(error as VCLError);
    }
  };

  #poll(): void {
    this.#poller.add(this.#fd, this);
    this.#isPolled = true;
  }

  #unpoll(): void {
    if (this.#isPolled) this.#poller.remove(this.#fd);
    this.#isPolled = false;
  }

  #lose(error: Error): void {
    const handler = this.#handler;
    this.#stop();
    handler?.onLost(error);
  }

  #stop(): void {
    this.#handler = undefined;
    this.#reader?.stop();
    this.#unpoll();
  }

  #lostText(): string {
    const advice = 'it was deleted, or taken by another process: open it again';
    return `the interface ${this.name} is gone (error ${this.#errno}): ${advice}`;
  }
}
