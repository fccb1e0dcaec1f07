import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import type * as Koffi from 'koffi';

/** Where something lies in native memory. */
export type Pointer = bigint;

/** The C library, as far as the fast link calls it, by the names of POSIX and Linux. */
export interface Libc {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Pointer, bytes: number): number;
  getsockname(fd: number, address: Pointer, bytes: Pointer): number;
  setsockopt(fd: number, level: number, name: number, value: Pointer, bytes: number): number;
  sendmmsg(fd: number, messages: Pointer, count: number, flags: number): number;
  recvmmsg(fd: number, messages: Pointer, count: number, flags: number, timeout: null): number;
  close(fd: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: Pointer): number;
  epoll_wait: EpollWait;
  eventfd(initial: number, flags: number): number;
  read(fd: number, out: Pointer, bytes: number): number;
  write(fd: number, data: Pointer, bytes: number): number;
  inet_pton(family: number, text: string, out: Pointer): number;
  inet_ntop(family: number, address: Pointer, out: Pointer, bytes: number): Pointer | null;
  if_nametoindex(name: string): number;
  if_indextoname(index: number, out: Pointer): Pointer | null;
  /** Why the last call failed. */
  errno(): number;
  /** Numbers of errors by name. */
  readonly errors: Readonly<Record<string, number>>;
  /** Memory that never moves; it is kept until the process ends. */
  allocate(bytes: number): NativeBlock;
}

interface EpollWait {
  (epoll: number, events: Pointer, count: number, timeoutMs: number): number;
  /** Waits on a thread of its own. */
  async(
    epoll: number,
    events: Pointer,
    count: number,
    timeoutMs: number,
    done: (error: unknown, ready: number) => void,
  ): void;
}

/** Memory outside of the heap, which calls of the system can be pointed to. */
export interface NativeBlock {
  readonly pointer: Pointer;
  /** The same as a number. */
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Where structs have the layout that this driver writes: 64 bits, least significant byte first. */
const ARCHITECTURES: readonly string[] = ['x64', 'arm64'];

/** What became of loading the C library. */
export interface LibcReport {
  readonly libc: Libc | undefined;
  /** Why there is none. */
  readonly reason: string | undefined;
}

let report: LibcReport | undefined;

/** The C library of this process, or why the fast link does not work here. */
export function loadLibc(): LibcReport {
  report ??= tryLoad();
  return report;
}

function tryLoad(): LibcReport {
  const { platform, arch } = process;
  if (platform !== 'linux' || !ARCHITECTURES.includes(arch) || endianness() !== 'LE') {
    return { libc: undefined, reason: `it is for Linux on ${ARCHITECTURES.join(' and ')}` };
  }
  const obstacle = threadObstacle(isMainThread, process.env.UV_THREADPOOL_SIZE);
  if (obstacle !== undefined) return { libc: undefined, reason: obstacle };
  try {
    const koffi: typeof Koffi = createRequire(import.meta.url)('koffi');
    const libc = bindFunctions(koffi);
    // Some builds of V8 cannot show native memory, and say so only now.
    libc.allocate(1);
    return { libc, reason: undefined };
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    return { libc: undefined, reason: `koffi does not load: ${why}` };
  }
}

/**
 * Why the thread that waits for datagrams would do harm here.
 *
 * @param poolSize what the environment says about the threads of Node's pool: 4 by default
 * @returns undefined when it would not
 */
export function threadObstacle(isMain: boolean, poolSize: string | undefined): string | undefined {
  if (!isMain)
    return 'it is for the main thread: nobody closes the sockets of a worker that is ended';
  if (poolSize === undefined || Number.parseInt(poolSize, 10) > 1) return undefined;
  return 'it needs a thread of its own: set UV_THREADPOOL_SIZE to 2 or more';
}

function bindFunctions(koffi: typeof Koffi): Libc {
  const library = koffi.load(null);
  return {
    socket: library.func('int socket(int, int, int)'),
    bind: library.func('int bind(int, void *, uint32_t)'),
    getsockname: library.func('int getsockname(int, void *, void *)'),
    setsockopt: library.func('int setsockopt(int, int, int, void *, uint32_t)'),
    sendmmsg: library.func('int sendmmsg(int, void *, unsigned int, int)'),
    recvmmsg: library.func('int recvmmsg(int, void *, unsigned int, int, void *)'),
    close: library.func('int close(int)'),
    epoll_create1: library.func('int epoll_create1(int)'),
    epoll_ctl: library.func('int epoll_ctl(int, int, int, void *)'),
    epoll_wait: library.func('int epoll_wait(int, void *, int, int)'),
    eventfd: library.func('int eventfd(unsigned int, int)'),
    read: library.func('int64_t read(int, void *, size_t)'),
    write: library.func('int64_t write(int, void *, size_t)'),
    inet_pton: library.func('int inet_pton(int, const char *, void *)'),
    inet_ntop: library.func('void *inet_ntop(int, void *, void *, uint32_t)'),
    if_nametoindex: library.func('unsigned int if_nametoindex(const char *)'),
    if_indextoname: library.func('void *if_indextoname(unsigned int, void *)'),
    errno: () => koffi.errno(),
    errors: koffi.os.errno,
    allocate: (bytes) => allocate(koffi, bytes),
  };
}

function allocate(koffi: typeof Koffi, bytes: number): NativeBlock {
  const pointer: Pointer = koffi.alloc('uint8_t', bytes);
  const memory = koffi.view(pointer, bytes);
  return {
    pointer,
    address: Number(pointer),
    bytes: new Uint8Array(memory).fill(0),
    view: new DataView(memory),
  };
}
