/** Numbers and structs of macOS: sys/kern_control.h, sys/sys_domain.h, net/if_utun.h. */

export const PF_SYSTEM = 32;
export const SOCK_DGRAM = 2;
export const SYSPROTO_CONTROL = 2;
export const UTUN_OPT_IFNAME = 2;
/** _IOWR('N', 3, struct ctl_info). */
export const CTLIOCGINFO = 0xc064_4e03;
const AF_SYS_CONTROL = 2;
const UTUN_CONTROL = 'com.apple.net.utun_control';

export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const FD_CLOEXEC = 1;
export const O_NONBLOCK = 4;
export const POLLIN = 1;

/** struct ctl_info: a number of 32 bits, then a name. */
export const CTL_INFO_BYTES = 100;
/** struct sockaddr_ctl. */
export const SOCKADDR_CTL_BYTES = 32;
/** struct pollfd: descriptor, 16 bits that are wanted, 16 bits that are there. */
export const POLLFD_BYTES = 8;
/** IFNAMSIZ. */
export const IFNAME_BYTES = 16;
/** In front of each packet: the address family, most significant byte first. */
export const FAMILY_BYTES = 4;
const AF_INET = 2;
const AF_INET6 = 30;

/** Asks for the number of the utun control. */
export function writeCtlInfo({ bytes }: { bytes: Uint8Array }): void {
  bytes.fill(0, 0, CTL_INFO_BYTES);
  for (let i = 0; i < UTUN_CONTROL.length; i++) bytes[4 + i] = UTUN_CONTROL.charCodeAt(i);
}

/**
 * The address of a utun interface.
 *
 * @param controlId of the answer to {@link writeCtlInfo}
 * @param unit 0 for any free interface, or 1 more than its number
 */
export function writeSockaddrCtl(
  { bytes, view }: { bytes: Uint8Array; view: DataView },
  controlId: number,
  unit: number,
): void {
  bytes.fill(0, 0, SOCKADDR_CTL_BYTES);
  bytes[0] = SOCKADDR_CTL_BYTES;
  bytes[1] = PF_SYSTEM;
  view.setUint16(2, AF_SYS_CONTROL, true);
  view.setUint32(4, controlId, true);
  view.setUint32(8, unit, true);
}

/** @param name `utun5` is unit 6; any other name is unit 0, which is any free interface */
export function unitOf(name: string): number {
  const number = /^utun(\d{1,4})$/.exec(name)?.[1];
  return number === undefined ? 0 : Number(number) + 1;
}

/** Writes the family of the packet at `at + 4` to `at`. @returns whether it is an IP packet */
export function writeFamily(bytes: Uint8Array, at: number): boolean {
  const version = bytes[at + FAMILY_BYTES]! >>> 4;
  if (version !== 4 && version !== 6) return false;
  bytes.fill(0, at, at + FAMILY_BYTES);
  bytes[at + FAMILY_BYTES - 1] = version === 4 ? AF_INET : AF_INET6;
  return true;
}
