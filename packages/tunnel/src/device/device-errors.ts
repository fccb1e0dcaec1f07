import { VCLError } from '@vcl-protocol/core';

/** What helps against the errors that opening a device of Linux ends with. */
const ADVICE: Readonly<Record<string, string>> = {
  EPERM: 'run as root, or give the program the capability CAP_NET_ADMIN',
  EACCES: 'run as root, or give the program the capability CAP_NET_ADMIN',
  ENOENT: 'there is no /dev/net/tun: run `modprobe tun`, or give the container that device',
  ENODEV: 'the kernel has no TUN driver: run `modprobe tun`',
  ENXIO: 'the kernel has no TUN driver: run `modprobe tun`',
  EBUSY: 'another program holds the interface: choose another name, or one with %d',
  EINVAL: 'an interface of another kind has that name: choose another, or one with %d',
  EEXIST: 'an interface has that name: choose another, or one with %d',
  EMFILE: 'the process has too many open files: raise ulimit -n',
  ENFILE: 'the system has too many open files: raise fs.file-max',
};

/** @param code the error by name, such as `EBUSY` @returns what says how to go on */
export function tunOpenError(code: string, name: string): VCLError {
  const advice = ADVICE[code] ?? 'the system does not make it';
  return new VCLError('IoError', `the interface ${name} cannot be opened: ${advice} (${code})`);
}

/** @param platform of Node @param reason what loading koffi ended with */
export function noKoffiError(reason: string | undefined): VCLError {
  const advice = 'install the optional package koffi 3.3.4, which calls the system for it';
  return new VCLError('IoError', `there are no TUN devices: ${advice} (${reason ?? 'not loaded'})`);
}
