import { VCLError } from '@vcl-protocol/core';
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
/**
 * The thread is one of Node's pool, which files, names and hashes may hold for seconds. So the event
 * loop looks for itself as well: soon, and ever more rarely while it finds nothing.
 */
const FIRST_LOOK_MS = 10;
const LAST_LOOK_MS = 160;
/** After it has found something, which a thread that waits would have told. */
const BUSY_POOL_LOOK_MS = 2;
/** struct epoll_event is packed on x64 alone. */
const EVENT_BYTES = process.arch === 'x64' ? 12 : 16;
const EVENT_DATA = process.arch === 'x64' ? 4 : 8;

/** Waits for any number of descriptors on one thread, and calls back in the event loop. */
export class Poller {
  readonly #libc: Libc;
  readonly #epoll: number;
  readonly #wakeFd: number;
  readonly #events: NativeBlock;
  /** Of the looks that the event loop takes while the thread may write to the other. */
  readonly #seen: NativeBlock;
  readonly #event: NativeBlock;
  readonly #targets = new Map<number, PollTarget>();
  #isWaiting = false;
  #isTurnDue = false;
  #isDense = false;
  #dispatchedAt = 0;
  #look: NodeJS.Timeout | undefined;
  #lookMs = 0;
  #hasHeard = false;

  /** @throws VCLError `IoError` when the process has too many open files */
  constructor(libc: Libc) {
    this.#libc = libc;
    this.#epoll = libc.epoll_create1(EPOLL_CLOEXEC);
    this.#wakeFd = libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (this.#epoll < 0 || this.#wakeFd < 0) {
      for (const fd of [this.#epoll, this.#wakeFd]) if (fd >= 0) libc.close(fd);
      throw new VCLError('IoError', 'too many open files to wait for datagrams: raise ulimit -n');
    }
    this.#events = libc.allocate(MAX_EVENTS * EVENT_BYTES);
    this.#seen = libc.allocate(MAX_EVENTS * EVENT_BYTES);
    this.#event = libc.allocate(EVENT_BYTES);
    this.#control(EPOLL_CTL_ADD, this.#wakeFd, EPOLLIN);
  }

  /** @throws VCLError `IoError` when the system waits for no more descriptors */
  add(fd: number, target: PollTarget): void {
    if (this.#control(EPOLL_CTL_ADD, fd, EPOLLIN) < 0) {
      const advice = 'raise fs.epoll.max_user_watches, or close some';
      throw new VCLError('IoError', `the system waits for no more sockets: ${advice}`);
    }
    this.#targets.set(fd, target);
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
    if (ready > 0) {
      this.#dispatch(this.#events, ready);
      return;
    }
    const isDue = this.#isDense && performance.now() < this.#dispatchedAt + DENSE_MS;
    if (isDue) this.#continue();
    else this.#waitOnThread();
  };

  #waitOnThread(): void {
    const { pointer } = this.#events;
    this.#isWaiting = true;
    if (this.#hasHeard || this.#lookMs === 0) this.#lookIn(FIRST_LOOK_MS);
    this.#hasHeard = false;
    try {
      this.#libc.epoll_wait.async(this.#epoll, pointer, MAX_EVENTS, WAIT_MS, this.#onWaited);
    } catch {
      // Other users of koffi have all the calls that may be under way.
      this.#isWaiting = false;
    }
  }

  readonly #onWaited = (_error: unknown, ready: number): void => {
    this.#isWaiting = false;
    if (ready > 0) this.#dispatch(this.#events, ready);
    else this.#takeTurn();
  };

  readonly #onLook = (): void => {
    const lastMs = this.#lookMs;
    this.#lookMs = 0;
    if (this.#targets.size === 0 || this.#isTurnDue) return;
    if (!this.#isWaiting) {
      this.#continue();
      return;
    }
    const ready = this.#libc.epoll_wait(this.#epoll, this.#seen.pointer, MAX_EVENTS, 0);
    this.#lookIn(ready > 0 ? BUSY_POOL_LOOK_MS : Math.min(2 * lastMs, LAST_LOOK_MS));
    if (ready > 0) this.#dispatch(this.#seen, ready);
  };

  #lookIn(ms: number): void {
    if (ms === this.#lookMs) {
      this.#look?.refresh();
      return;
    }
    clearTimeout(this.#look);
    this.#lookMs = ms;
    this.#look = setTimeout(this.#onLook, ms).unref();
  }

  /** What a target throws leaves the others unheard, but only until the next turn. */
  #dispatch({ view }: NativeBlock, ready: number): void {
    this.#hasHeard = true;
    try {
      for (let i = 0; i < ready; i++) {
        const flags = view.getUint32(i * EVENT_BYTES, true);
        this.#tell(view.getInt32(i * EVENT_BYTES + EVENT_DATA, true), flags);
      }
    } finally {
      const now = performance.now();
      this.#isDense = now - this.#dispatchedAt < DENSE_MS;
      this.#dispatchedAt = now;
      this.#continue();
    }
  }

  /** A descriptor may have been closed, and given to another, since its event: it finds nothing. */
  #tell(fd: number, flags: number): void {
    if (fd === this.#wakeFd) this.#libc.read(fd, this.#event.pointer, 8);
    if ((flags & EPOLLOUT) !== 0) this.#targets.get(fd)?.onWritable();
    // Errors and hang-ups are found by reading.
    if ((flags & ~EPOLLOUT) !== 0) this.#targets.get(fd)?.onReadable();
  }

  #wake(): void {
    this.#event.view.setBigUint64(0, 1n, true);
    this.#libc.write(this.#wakeFd, this.#event.pointer, 8);
  }

  #control(operation: number, fd: number, events: number): number {
    const { view, pointer } = this.#event;
    view.setUint32(0, events, true);
    view.setInt32(EVENT_DATA, fd, true);
    return this.#libc.epoll_ctl(this.#epoll, operation, fd, pointer);
  }
}
