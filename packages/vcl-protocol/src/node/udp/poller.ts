import type { Libc, NativeBlock } from './libc.js';
import {
  EFD_CLOEXEC,
  EFD_NONBLOCK,
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLIN,
  EPOLLOUT,
} from './linux.js';

/** A descriptor that is waited for. */
export interface PollTarget {
  /** There is something to read. What is not read now is told again in another turn. */
  onReadable(): void;
  /** There is room to write. */
  onWritable(): void;
}

const MAX_EVENTS = 64;
/** A process that wants to exit waits at most this long for the thread that waits. */
const WAIT_MS = 250;
/**
 * While datagrams come at least this densely, the event loop asks for the next ones itself, for as
 * long as it takes until they are due: changing threads costs more. Sparse ones are worth no asking.
 */
const DENSE_MS = 0.1;
/** struct epoll_event is packed on x64 alone. */
const EVENT_BYTES = process.arch === 'x64' ? 12 : 16;
const EVENT_DATA = process.arch === 'x64' ? 4 : 8;

/** Waits for any number of descriptors on one thread, and calls back in the event loop. */
export class Poller {
  readonly #libc: Libc;
  readonly #epoll: number;
  readonly #wakeFd: number;
  readonly #events: NativeBlock;
  readonly #event: NativeBlock;
  readonly #targets = new Map<number, PollTarget>();
  #isWaiting = false;
  #isTurnDue = false;
  #isDense = false;
  #dispatchedAt = 0;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#events = libc.allocate(MAX_EVENTS * EVENT_BYTES);
    this.#event = libc.allocate(EVENT_BYTES);
    this.#epoll = libc.epoll_create1(EPOLL_CLOEXEC);
    this.#wakeFd = libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    this.#control(EPOLL_CTL_ADD, this.#wakeFd, EPOLLIN);
  }

  add(fd: number, target: PollTarget): void {
    this.#targets.set(fd, target);
    this.#control(EPOLL_CTL_ADD, fd, EPOLLIN);
    this.#continue();
  }

  /** Whether room to write is waited for as well. */
  setWriting(fd: number, isWriting: boolean): void {
    this.#control(EPOLL_CTL_MOD, fd, isWriting ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }

  remove(fd: number): void {
    if (!this.#targets.delete(fd)) return;
    this.#control(EPOLL_CTL_DEL, fd, 0);
    // The thread would keep the process alive for nothing.
    if (this.#targets.size === 0 && this.#isWaiting) this.#wake();
  }

  #continue(): void {
    if (this.#isTurnDue || this.#isWaiting) return;
    this.#isTurnDue = true;
    setImmediate(this.#takeTurn);
  }

  readonly #takeTurn = (): void => {
    this.#isTurnDue = false;
    if (this.#targets.size === 0) return;
    const ready = this.#libc.epoll_wait(this.#epoll, this.#events.pointer, MAX_EVENTS, 0);
    if (ready > 0) this.#dispatch(ready);
    const isDue = this.#isDense && performance.now() < this.#dispatchedAt + DENSE_MS;
    if (ready > 0 || isDue) this.#continue();
    else this.#waitOnThread();
  };

  #waitOnThread(): void {
    this.#isWaiting = true;
    const { pointer } = this.#events;
    this.#libc.epoll_wait.async(this.#epoll, pointer, MAX_EVENTS, WAIT_MS, (_error, ready) => {
      this.#isWaiting = false;
      if (ready > 0) this.#dispatch(ready);
      if (ready > 0) this.#continue();
      else this.#takeTurn();
    });
  }

  #dispatch(ready: number): void {
    const { view } = this.#events;
    for (let i = 0; i < ready; i++) {
      const flags = view.getUint32(i * EVENT_BYTES, true);
      const fd = view.getInt32(i * EVENT_BYTES + EVENT_DATA, true);
      if (fd === this.#wakeFd) this.#libc.read(fd, this.#event.pointer, 8);
      const target = this.#targets.get(fd);
      if ((flags & EPOLLOUT) !== 0) target?.onWritable();
      // Errors and hang-ups are found by reading.
      if ((flags & ~EPOLLOUT) !== 0) target?.onReadable();
    }
    const now = performance.now();
    this.#isDense = now - this.#dispatchedAt < DENSE_MS;
    this.#dispatchedAt = now;
  }

  #wake(): void {
    this.#event.view.setBigUint64(0, 1n, true);
    this.#libc.write(this.#wakeFd, this.#event.pointer, 8);
  }

  #control(operation: number, fd: number, events: number): void {
    const { view, pointer } = this.#event;
    view.setUint32(0, events, true);
    view.setInt32(EVENT_DATA, fd, true);
    this.#libc.epoll_ctl(this.#epoll, operation, fd, pointer);
  }
}
