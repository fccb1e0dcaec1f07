import { closeSync, constants, openSync } from 'node:fs';
import type * as Koffi from 'koffi';
import type { NativeBlock } from 'vcl-protocol/native';
import { tunOpenError } from '../device-errors.js';
import { nativeAllocator } from '../load-koffi.js';
import { VIRTIO_HEADER_BYTES } from '../tun-device.js';

/** Numbers of linux/if_tun.h and linux/if.h, the same on all 64-bit platforms. */
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
/** UDP's segmentation is left out: super-packets of it are not cut here. */
const OFFLOADS: number = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
/** struct ifreq: the name, then the flags. */
const IFREQ_BYTES = 40;
const IFREQ_FLAGS = 16;
/** Not among the constants of Node. */
const O_CLOEXEC = 0o2000000;

/** The calls of Linux that make a TUN device; they tell errors by name, such as `EBUSY`. */
export interface TunCalls {
  /** Opens the clone device without blocking. @throws the error of `node:fs` */
  open(): number;
  close(fd: number): void;
  /** TUNSETIFF. @param request struct ifreq @returns the error, if any */
  setInterface(fd: number, request: NativeBlock): string | undefined;
  /** TUNSETVNETHDRSZ. @param value an int @returns the error, if any */
  setHeaderBytes(fd: number, value: NativeBlock): string | undefined;
  /** TUNSETOFFLOAD. @returns the error, if any */
  setOffloads(fd: number, flags: number): string | undefined;
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
  // Native memory is not given back, so all devices of a process share the little that opening needs.
  const allocate = nativeAllocator(koffi);
  const blocks = new Map<number, NativeBlock>();
  const call = (fd: number, request: number, type: string, value: unknown): string | undefined =>
    ioctl(fd, request, type, value) < 0 ? errorName(koffi, koffi.errno()) : undefined;
  return {
    open: () => openSync(CLONE_DEVICE, constants.O_RDWR | constants.O_NONBLOCK | O_CLOEXEC),
    close: closeSync,
    setInterface: (fd, request) => call(fd, TUNSETIFF, 'void *', request.pointer),
    setHeaderBytes: (fd, value) => call(fd, TUNSETVNETHDRSZ, 'void *', value.pointer),
    setOffloads: (fd, flags) => call(fd, TUNSETOFFLOAD, 'unsigned long', flags),
    allocate: (bytes) => {
      const block = blocks.get(bytes) ?? allocate(bytes);
      blocks.set(bytes, block);
      return block;
    },
  };
}

function errorName(koffi: typeof Koffi, errno: number): string {
  const pair = Object.entries(koffi.os.errno).find(([, number]) => number === errno);
  return pair?.[0] ?? `error ${errno}`;
}

/**
 * Makes the interface, with offloads if that is wanted and the system grants all of them.
 *
 * @param name at most 15 ASCII characters, perhaps with `%d`
 * @throws VCLError `IoError` that says what is missing
 */
export function openTun(calls: TunCalls, name: string, wantsOffloads: boolean): OpenTun {
  if (wantsOffloads) {
    const opened = tryOpen(calls, name, true);
    if (typeof opened === 'object') return opened;
    if (opened !== 'EINVAL') throw tunOpenError(opened, name);
  }
  const opened = tryOpen(calls, name, false);
  if (typeof opened === 'object') return opened;
  throw tunOpenError(opened, name);
}

/** @returns the name of an error instead, `EINVAL` also when there are no offloads to be had */
function tryOpen(calls: TunCalls, name: string, offloads: boolean): OpenTun | string {
  let fd: number;
  try {
    fd = calls.open();
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
  const request = calls.allocate(IFREQ_BYTES);
  writeRequest(request, name, IFF_TUN | IFF_NO_PI | (offloads ? IFF_VNET_HDR : 0));
  let error = calls.setInterface(fd, request);
  if (error === undefined) {
    const actualName = readName(request);
    if (!offloads || setOffloads(calls, fd)) return { fd, name: actualName, offloads };
    error = 'EINVAL';
  }
  calls.close(fd);
  return error;
}

function setOffloads(calls: TunCalls, fd: number): boolean {
  const value = calls.allocate(Int32Array.BYTES_PER_ELEMENT);
  value.view.setInt32(0, VIRTIO_HEADER_BYTES, true);
  return (
    calls.setHeaderBytes(fd, value) === undefined && calls.setOffloads(fd, OFFLOADS) === undefined
  );
}

function writeRequest({ bytes, view }: NativeBlock, name: string, flags: number): void {
  bytes.fill(0);
  for (let i = 0; i < name.length; i++) bytes[i] = name.charCodeAt(i);
  view.setUint16(IFREQ_FLAGS, flags, true);
}

function readName({ bytes }: NativeBlock): string {
  return String.fromCharCode(...bytes.subarray(0, bytes.indexOf(0)));
}
