import type * as Koffi from 'koffi';
import type { NativeBlock, Pointer } from 'vcl-protocol/native';
import { nativeAllocator } from '../load-koffi.js';

/** The functions of Wintun 0.14 and of Windows that a device needs. */
export interface WintunLibrary {
  /** @param guid 16 bytes @returns null on failure, see {@link lastError} */
  createAdapter(name: string, kind: string, guid: Pointer): Pointer | null;
  /** The adapter of that name, if there is one. */
  openAdapter(name: string): Pointer | null;
  closeAdapter(adapter: Pointer): void;
  /** @param ringBytes a power of 2 from 128 KiB to 64 MiB, for each direction */
  startSession(adapter: Pointer, ringBytes: number): Pointer | null;
  endSession(session: Pointer): void;
  /** The event that tells of packets; it belongs to the session. */
  readWaitEvent(session: Pointer): Pointer;
  /** @param bytes where the length is written, 32 bits @returns null when there is no packet */
  receivePacket(session: Pointer, bytes: Pointer): Pointer | null;
  releaseReceivePacket(session: Pointer, packet: Pointer): void;
  /** @returns null when the ring is full */
  allocateSendPacket(session: Pointer, bytes: number): Pointer | null;
  sendPacket(session: Pointer, packet: Pointer): void;
  /** 0 while the driver is not loaded. */
  driverVersion(): number;
  /** GetLastError of the last call. */
  lastError(): number;
  /** WaitForSingleObject, on another thread. @throws when too many calls are under way */
  wait(event: Pointer, timeoutMs: number, done: () => void): void;
  /** SetEvent. */
  signal(event: Pointer): void;
  copy(to: Pointer, from: Pointer, bytes: number): void;
  allocate(bytes: number): NativeBlock;
}

/**
 * Loads Wintun.
 *
 * @param path of wintun.dll
 * @param systemPath of what exports WaitForSingleObject, SetEvent, GetLastError and RtlMoveMemory
 * @throws what koffi throws when a file or a function is missing
 */
export function loadWintun(
  koffi: typeof Koffi,
  path: string,
  systemPath = 'kernel32.dll',
): WintunLibrary {
  const wintun = koffi.load(path);
  const system = koffi.load(systemPath);
  const wait = system.func('uint32_t __stdcall WaitForSingleObject(void *, uint32_t)');
  return {
    createAdapter: wintun.func(
      'void *__stdcall WintunCreateAdapter(const char16_t *, const char16_t *, void *)',
    ),
    openAdapter: wintun.func('void *__stdcall WintunOpenAdapter(const char16_t *)'),
    closeAdapter: wintun.func('void __stdcall WintunCloseAdapter(void *)'),
    startSession: wintun.func('void *__stdcall WintunStartSession(void *, uint32_t)'),
    endSession: wintun.func('void __stdcall WintunEndSession(void *)'),
    readWaitEvent: wintun.func('void *__stdcall WintunGetReadWaitEvent(void *)'),
    receivePacket: wintun.func('void *__stdcall WintunReceivePacket(void *, void *)'),
    releaseReceivePacket: wintun.func('void __stdcall WintunReleaseReceivePacket(void *, void *)'),
    allocateSendPacket: wintun.func('void *__stdcall WintunAllocateSendPacket(void *, uint32_t)'),
    sendPacket: wintun.func('void __stdcall WintunSendPacket(void *, void *)'),
    driverVersion: wintun.func('uint32_t __stdcall WintunGetRunningDriverVersion()'),
    lastError: system.func('uint32_t __stdcall GetLastError()'),
    wait: (event, timeoutMs, done) => wait.async(event, timeoutMs, done),
    signal: system.func('int __stdcall SetEvent(void *)'),
    copy: system.func('void __stdcall RtlMoveMemory(void *, void *, size_t)'),
    allocate: nativeAllocator(koffi),
  };
}
