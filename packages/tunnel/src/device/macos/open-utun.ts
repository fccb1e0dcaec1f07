import { VCLError } from '@vcl-protocol/core';
import type * as Koffi from 'koffi';
import { takePool } from '../frame-pool.js';
import type { TunDevice } from '../tun-device.js';
import { WaitingTun } from '../waiting-tun.js';
import { type UtunCalls, utunCalls } from './utun-calls.js';
import { UtunSource } from './utun-source.js';
import {
  CTL_INFO_BYTES,
  CTLIOCGINFO,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  FD_CLOEXEC,
  IFNAME_BYTES,
  O_NONBLOCK,
  PF_SYSTEM,
  SOCK_DGRAM,
  SOCKADDR_CTL_BYTES,
  SYSPROTO_CONTROL,
  UTUN_OPT_IFNAME,
  unitOf,
  writeCtlInfo,
  writeSockaddrCtl,
} from './utun-structs.js';

/** Makes a utun interface of macOS. Experimental: it has not run there. @throws VCLError `IoError` */
export function openUtun(
  koffi: typeof Koffi,
  options: { readonly name: string; readonly mtu: number },
): TunDevice {
  return createUtunTun(utunCalls(koffi), options);
}

/**
 * The same with given calls.
 *
 * @param options `name`: `utun5` asks for that one, any other for a free one
 * @throws VCLError `IoError` that says what is missing
 */
export function createUtunTun(
  calls: UtunCalls,
  options: { readonly name: string; readonly mtu: number },
): TunDevice {
  const fd = calls.socket(PF_SYSTEM, SOCK_DGRAM, SYSPROTO_CONTROL);
  if (fd < 0) throw failure(calls, 'socket');
  const failed = connect(calls, fd, unitOf(options.name));
  if (failed !== undefined) {
    const error = failure(calls, failed);
    calls.close(fd);
    throw error;
  }
  const source = new UtunSource(calls, fd);
  const pool = takePool(calls.allocate);
  return new WaitingTun({ name: readName(calls, fd), mtu: options.mtu, source, pool });
}

/** @returns the name of the call that failed, if any */
function connect(calls: UtunCalls, fd: number, unit: number): string | undefined {
  const info = calls.allocate(CTL_INFO_BYTES);
  writeCtlInfo(info);
  if (calls.ioctl(fd, CTLIOCGINFO, info.pointer) < 0) return 'ioctl';
  const address = calls.allocate(SOCKADDR_CTL_BYTES);
  writeSockaddrCtl(address, info.view.getUint32(0, true), unit);
  if (calls.connect(fd, address.pointer, SOCKADDR_CTL_BYTES) < 0) return 'connect';
  const flags = calls.fcntl(fd, F_GETFL, 0);
  if (calls.fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return 'fcntl';
  return calls.fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? 'fcntl' : undefined;
}

function readName(calls: UtunCalls, fd: number): string {
  const name = calls.allocate(IFNAME_BYTES);
  const length = calls.allocate(Uint32Array.BYTES_PER_ELEMENT);
  length.view.setUint32(0, IFNAME_BYTES, true);
  calls.getsockopt(fd, SYSPROTO_CONTROL, UTUN_OPT_IFNAME, name.pointer, length.pointer);
  const end = name.bytes.indexOf(0);
  return String.fromCharCode(...name.bytes.subarray(0, end < 0 ? IFNAME_BYTES : end));
}

function failure(calls: UtunCalls, call: string): VCLError {
  const errno = calls.errno();
  const { EPERM, EBUSY } = calls.errors;
  let advice = 'the system does not make it';
  if (errno === EPERM) advice = 'run as root';
  if (errno === EBUSY) advice = 'another program holds it: choose another utun, or any other name';
  return new VCLError('IoError', `no utun interface: ${advice} (${call}, error ${errno})`);
}
