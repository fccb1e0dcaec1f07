import type * as Koffi from 'koffi';
import type { NativeBlock, Pointer } from 'vcl-protocol/native';
import { nativeAllocator } from '../load-koffi.js';

/** The C library of macOS, as far as utun needs it, by the names of POSIX. */
export interface UtunCalls {
  socket(family: number, type: number, protocol: number): number;
  ioctl(fd: number, request: number, argument: Pointer): number;
  connect(fd: number, address: Pointer, bytes: number): number;
  getsockopt(fd: number, level: number, name: number, value: Pointer, bytes: Pointer): number;
  fcntl(fd: number, command: number, value: number): number;
  read(fd: number, out: Pointer, bytes: number): number;
  write(fd: number, data: Pointer, bytes: number): number;
  close(fd: number): number;
  /** Waits on another thread. @throws when too many calls are under way */
  poll(fds: Pointer, count: number, timeoutMs: number, done: () => void): void;
  /** Why the last call failed. */
  errno(): number;
  readonly errors: Readonly<Record<string, number>>;
  allocate(bytes: number): NativeBlock;
}

/** Binds them; what is variadic in C is passed as such, which matters on arm64. */
export function utunCalls(koffi: typeof Koffi): UtunCalls {
  const library = koffi.load(null);
  const ioctl = library.func('int ioctl(int, unsigned long, ...)');
  const fcntl = library.func('int fcntl(int, int, ...)');
  const poll = library.func('int poll(void *, unsigned int, int)');
  return {
    socket: library.func('int socket(int, int, int)'),
    ioctl: (fd, request, argument) => ioctl(fd, request, 'void *', argument),
    connect: library.func('int connect(int, void *, uint32_t)'),
    getsockopt: library.func('int getsockopt(int, int, int, void *, void *)'),
    fcntl: (fd, command, value) => fcntl(fd, command, 'int', value),
    read: library.func('int64_t read(int, void *, size_t)'),
    write: library.func('int64_t write(int, void *, size_t)'),
    close: library.func('int close(int)'),
    poll: (fds, count, timeoutMs, done) => poll.async(fds, count, timeoutMs, done),
    errno: () => koffi.errno(),
    errors: koffi.os.errno,
    allocate: nativeAllocator(koffi),
  };
}
