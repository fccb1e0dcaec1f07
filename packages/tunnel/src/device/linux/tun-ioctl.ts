import { closeSync, constants, openSync } from 'node:fs';
import type * as Koffi from 'koffi';
import type { NativeBlock } from 'vcl-protocol/native';
import { allocateNative } from '../load-koffi.js';

/** linux/if_tun.h and linux/if.h; the same on all 64-bit platforms. */
const CLONE_DEVICE = '/dev/net/tun';
const TUNSETIFF = 0x400454ca;
const TUNSETOFFLOAD = 0x400454d0;
const TUNSETVNETHDRSZ = 0x400454d8;
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const TUN_F_CSUM = 0x01;
const TUN_F_TSO4 = 0x02;
const TUN_F_TSO6 = 0x04;
/** struct ifreq: the name, then the flags. */
const IFREQ_BYTES = 40;
const IFREQ_FLAGS = 16;
const VNET_HEADER_BYTES = 10;
/** O_CLOEXEC is not among the constants of Node. */
const O_CLOEXEC = 0o2000000;

/** What opens a TUN device: the few calls of Linux that are needed. */
export interface TunCalls {
  /** Opens the clone device without blocking. @throws the error of `node:fs` */
  open(): number;
  close(fd: number): void;
  /** @returns 0, or the number of the error */
  setInterface(fd: number, request: NativeBlock): number;
  setOffload(fd: number, flags: number): number;
  setHeaderBytes(fd: number, value: NativeBlock): number;
  allocate(bytes: number): NativeBlock;
}

/** A descriptor that is a network interface. */
export interface OpenTun {
  readonly fd: number;
  /** With the number that `%d` became. */
  readonly name: string;
  readonly offloads: boolean;
}

/** The calls of this system. */
export function tunCalls(koffi: typeof Koffi): TunCalls {
  const ioctl = koffi.load(null).func('int ioctl(int, unsigned long, ...)');
  const call = (fd: number, request: number, type: string, value: unknown): number =>
    ioctl(fd, request, type, value) < 0 ? koffi.errno() : 0;
  return {
    open: () => openSync(CLONE_DEVICE, constants.O_RDWR | constants.O_NONBLOCK | O_CLOEXEC),
    close: closeSync,
    setInterface: (fd, request) => call(fd, TUNSETIFF, 'void *', request.pointer),
    setOffload: (fd, flags) => call(fd, TUNSETOFFLOAD, 'unsigned long', flags),
    setHeaderBytes: (fd, value) => call(fd, TUNSETVNETHDRSZ, 'void *', value.pointer),
    allocate: (bytes) => allocateNative(koffi, bytes),
  };
}

/**
 * Makes the interface, with offloads if that is wanted and the system grants all of them.
 *
 * @throws an error with `errno`, or with the `code` of `node:fs`
 */
export function openTun(calls: TunCalls, name: string, wantsOffloads: boolean): OpenTun {
  if (wantsOffloads) {
    const opened = tryOpen(calls, name, true);
    if (opened !== undefined) return opened;
  }
  return tryOpen(calls, name, false)!;
}

/** @returns undefined when the interface could be had, but not with offloads */
function tryOpen(calls: TunCalls, name: string, offloads: boolean): OpenTun | undefined {
  const fd = calls.open();
  request ??= calls.allocate(IFREQ_BYTES);
  writeRequest(request, name, IFF_TUN | IFF_NO_PI | (offloads ? IFF_VNET_HDR : 0));
  const errno = calls.setInterface(fd, request);
  if (errno === 0 && (!offloads || setOffloads(calls, fd, request))) {
    return { fd, name: readName(request), offloads };
  }
  calls.close(fd);
  if (offloads && (errno === 0 || errno === EINVAL)) return undefined;
  throw new SystemCallError('TUNSETIFF', errno);
}

/** Kept for all calls of the process, as native memory is not given back. */
let request: NativeBlock | undefined;
const EINVAL = 22;

/** A call of the system that failed. */
export class SystemCallError extends Error {
  override readonly name = 'SystemCallError';
  /** By errno(3). */
  readonly errno: number;

  constructor(call: string, errno: number) {
    super(`${call} failed with error ${errno}`);
    this.errno = errno;
  }
}

function writeRequest({ bytes, view }: NativeBlock, name: string, flags: number): void {
  bytes.fill(0);
  for (let i = 0; i < name.length; i++) bytes[i] = name.charCodeAt(i);
  view.setUint16(IFREQ_FLAGS, flags, true);
}

function readName({ bytes }: NativeBlock): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end));
}

/** UDP's segmentation is left out: super-packets of it are not cut here. */
function setOffloads(calls: TunCalls, fd: number, scratch: NativeBlock): boolean {
  const name = scratch.bytes.slice();
  scratch.view.setInt32(0, VNET_HEADER_BYTES, true);
  const headerErrno = calls.setHeaderBytes(fd, scratch);
  scratch.bytes.set(name);
  return headerErrno === 0 && calls.setOffload(fd, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) === 0;
}
