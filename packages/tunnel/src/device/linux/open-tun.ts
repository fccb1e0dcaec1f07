import { closeSync, constants, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { VCLError } from '@vcl-protocol/core';
import type * as Koffi from 'koffi';

/** What the kernel gave. */
export interface OpenedTun {
  readonly fd: number;
  /** As the kernel has it: it may have filled a number in. */
  readonly name: string;
  /** Whether frames have a virtio header, and may be super-packets. */
  readonly offloads: boolean;
}

/** Numbers of linux/if_tun.h and linux/if.h, the same on all platforms of Linux that koffi knows. */
const TUNSETIFF = 0x400454ca;
const TUNSETOFFLOAD = 0x400454d0;
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const TUN_F_CSUM = 0x01;
const TUN_F_TSO4 = 0x02;
const TUN_F_TSO6 = 0x04;
/** struct ifreq: a name of 16 bytes, then a union. */
const IFREQ_BYTES = 40;
const NAME_BYTES = 16;
const VALID_NAME = /^[A-Za-z0-9_.%-]{1,15}$/;

/**
 * Opens a TUN device of this name, which is made when there is none.
 *
 * @param wantsOffloads whether the kernel may hand over super-packets
 * @throws VCLError `InvalidConfig` for a name that none can have; `IoError` that says what is missing
 */
export function openTun(name: string, wantsOffloads: boolean): OpenedTun {
  if (!VALID_NAME.test(name)) {
    const rule = 'up to 15 letters, digits, dots, dashes, underscores';
    throw new VCLError('InvalidConfig', `name must be one that an interface can have (${rule})`);
  }
  const calls = loadCalls();
  const fd = openControl();
  try {
    const offloads = wantsOffloads && request(calls, fd, name, IFF_VNET_HDR) === undefined;
    const errno = offloads ? undefined : request(calls, fd, name, 0);
    if (errno !== undefined) throw refusal(name, errno);
    if (offloads) enableOffloads(calls, fd);
    return { fd, name: calls.lastName, offloads };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

interface Calls {
  readonly ioctlPointer: (fd: number, request: number, type: string, value: Uint8Array) => number;
  readonly ioctlNumber: (fd: number, request: number, type: string, value: number) => number;
  readonly errno: () => number;
  readonly errors: Readonly<Record<string, number>>;
  lastName: string;
}

let loaded: Calls | undefined;

function loadCalls(): Calls {
  if (loaded !== undefined) return loaded;
  let koffi: typeof Koffi;
  try {
    koffi = createRequire(import.meta.url)('koffi');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    throw new VCLError('IoError', `a TUN device needs koffi, which does not load: ${why}`, {
      cause,
    });
  }
  // Variadic, as it is in C: some platforms pass such arguments in another way.
  const ioctl = koffi.load(null).func('int ioctl(int, unsigned long, ...)');
  loaded = {
    ioctlPointer: ioctl,
    ioctlNumber: ioctl,
    errno: () => koffi.errno(),
    errors: koffi.os.errno,
    lastName: '',
  };
  return loaded;
}

function openControl(): number {
  try {
    // Never a blocking one: a read of it would keep the process from ending.
    return openSync('/dev/net/tun', constants.O_RDWR | constants.O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const advice =
      code === 'ENOENT' || code === 'ENODEV'
        ? 'there is no /dev/net/tun: load the module (modprobe tun), or give the container the device'
        : '/dev/net/tun cannot be opened: run as root, or with the capability CAP_NET_ADMIN';
    throw new VCLError('IoError', `${advice} (${code})`, { cause });
  }
}

/** @returns why it was refused, or undefined */
function request(calls: Calls, fd: number, name: string, flags: number): number | undefined {
  const ifreq = Buffer.alloc(IFREQ_BYTES);
  ifreq.write(name, 'latin1');
  ifreq.writeUInt16LE(IFF_TUN | IFF_NO_PI | flags, NAME_BYTES);
  if (calls.ioctlPointer(fd, TUNSETIFF, 'void *', ifreq) < 0) return calls.errno();
  const end = ifreq.indexOf(0);
  calls.lastName = ifreq.toString('latin1', 0, Math.min(end, NAME_BYTES));
  return undefined;
}

function enableOffloads(calls: Calls, fd: number): void {
  const all = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
  // A kernel that knows less sends whole packets behind the same header.
  calls.ioctlNumber(fd, TUNSETOFFLOAD, 'unsigned long', all);
}

function refusal(name: string, errno: number): VCLError {
  const { EPERM, EBUSY, EINVAL } = loaded!.errors;
  if (errno === EPERM) {
    return new VCLError(
      'IoError',
      `the interface ${name} cannot be made: run as root, or with the capability CAP_NET_ADMIN`,
    );
  }
  if (errno === EBUSY) {
    return new VCLError(
      'IoError',
      `the interface ${name} is in use by another process: stop it, or choose another name`,
    );
  }
  const hint = errno === EINVAL ? `: ${name} exists and is no TUN device, or is a bad name` : '';
  return new VCLError('IoError', `the interface ${name} cannot be made (errno ${errno})${hint}`);
}
