import type { Libc, NativeParts, PollTarget } from 'vcl-protocol/native';
import { FramePool } from '../../src/device/frame-pool.js';
import { LinuxTun } from '../../src/device/linux/linux-tun.js';
import { FakeMemory } from './fake-memory.js';

export const ERRORS = { EAGAIN: 11, EINTR: 4, ENOMEM: 12, ENOBUFS: 105, EBADFD: 77, EIO: 5 };
export const FD = 7;

/** A kernel with one TUN descriptor. */
export class FakeKernel {
  readonly memory = new FakeMemory();
  readonly toRead: Uint8Array[] = [];
  readonly written: Uint8Array[] = [];
  readError = ERRORS.EAGAIN;
  writeError = 0;
  target: PollTarget | undefined;
  closed = 0;
  errno = 0;

  parts(): NativeParts {
    const libc = {
      allocate: this.memory.allocate,
      errors: ERRORS,
      errno: () => this.errno,
      read: (_fd: number, out: bigint, bytes: number) => {
        const data = this.toRead.shift();
        if (data === undefined) return this.#fail(this.readError);
        this.memory.at(out, bytes).set(data);
        return data.length;
      },
      write: (_fd: number, data: bigint, bytes: number) => {
        if (this.writeError !== 0) return this.#fail(this.writeError);
        this.written.push(this.memory.at(data, bytes).slice());
        return bytes;
      },
    } as unknown as Libc;
    const poller = {
      add: (_fd: number, target: PollTarget) => {
        this.target = target;
      },
      setWriting: () => {},
      remove: () => {
        this.target = undefined;
      },
    };
    return { libc, poller };
  }

  /** @param largeFrames that it has memory for, and no others; undefined: a pool that devices share */
  device(offloads: boolean, largeFrames?: number): LinuxTun {
    const { allocate } = this.memory;
    return new LinuxTun({
      tun: { fd: FD, name: 'vcl0', offloads },
      mtu: 1420,
      parts: this.parts(),
      close: () => this.closed++,
      ...(largeFrames === undefined
        ? {}
        : { pool: new FramePool(allocate, { largeFrames, smallFrames: 0 }) }),
    });
  }

  #fail(errno: number): number {
    this.errno = errno;
    return -1;
  }
}
