import type { NativeBlock, Pointer } from 'vcl-protocol/native';
import type { FrameSlot } from '../frame-pool.js';
import { ReadResult } from '../frame-reader.js';
import { MAX_FRAME_BYTES, VIRTIO_HEADER_BYTES } from '../tun-device.js';
import { MAX_WAIT_MS, type WaitingSource } from '../waiting-tun.js';
import type { UtunCalls } from './utun-calls.js';
import { FAMILY_BYTES, POLLFD_BYTES, POLLIN, writeFamily } from './utun-structs.js';

/** The family that macOS puts in front of packets falls on the end of the header that it has not. */
const START: number = VIRTIO_HEADER_BYTES - FAMILY_BYTES;
const PASSING_ERRORS = ['EAGAIN', 'EINTR', 'ENOBUFS', 'ENOMEM'] as const;

/** The packets of a utun socket. */
export class UtunSource implements WaitingSource {
  readonly #calls: UtunCalls;
  readonly #fd: number;
  readonly #pollFd: NativeBlock;
  readonly #pointers = new Map<FrameSlot, Pointer>();
  readonly #passing: ReadonlySet<number>;
  #errno = 0;

  /** @param fd a connected, non-blocking utun socket */
  constructor(calls: UtunCalls, fd: number) {
    this.#calls = calls;
    this.#fd = fd;
    this.#pollFd = calls.allocate(POLLFD_BYTES);
    this.#pollFd.view.setInt32(0, fd, true);
    this.#pollFd.view.setInt16(4, POLLIN, true);
    this.#passing = new Set(PASSING_ERRORS.map((name) => calls.errors[name] ?? 0));
  }

  read(slot: FrameSlot): number {
    const room = MAX_FRAME_BYTES - START;
    const length = this.#calls.read(this.#fd, this.#pointer(slot), room);
    if (length > FAMILY_BYTES) {
      slot.bytes.fill(0, 0, VIRTIO_HEADER_BYTES);
      return START + length;
    }
    if (length > 0) return ReadResult.Skipped;
    this.#errno = length === 0 ? 0 : this.#calls.errno();
    return this.#passing.has(this.#errno) ? ReadResult.Empty : ReadResult.Lost;
  }

  write(slot: FrameSlot, bytes: number): boolean {
    if (!writeFamily(slot.bytes, START)) return false;
    const length = bytes - START;
    return this.#calls.write(this.#fd, this.#pointer(slot), length) === length;
  }

  wait(done: () => void): void {
    this.#calls.poll(this.#pollFd.pointer, 1, MAX_WAIT_MS, done);
  }

  wake(): void {
    // Nothing ends a poll early; it ends by itself.
  }

  close(): void {
    this.#calls.close(this.#fd);
  }

  lostText(): string {
    return `macOS has removed the interface (error ${this.#errno}): open the device again`;
  }

  #pointer(slot: FrameSlot): Pointer {
    let pointer = this.#pointers.get(slot);
    if (pointer === undefined) {
      pointer = slot.pointer + BigInt(START);
      this.#pointers.set(slot, pointer);
    }
    return pointer;
  }
}
