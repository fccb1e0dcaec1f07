/** Numbers of Linux's interface, the same on all 64-bit platforms: socket(7), udp(7), epoll(7). */

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

export const SOL_SOCKET = 1;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
/** Beyond the system's limit, for processes that may administer the network. */
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const SOL_UDP = 17;
export const UDP_SEGMENT = 103;
export const UDP_GRO = 104;

export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;

export const EPOLLIN = 0x1;
export const EPOLLOUT = 0x4;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
export const EPOLL_CLOEXEC = 0o2000000;
export const EFD_CLOEXEC = 0o2000000;
export const EFD_NONBLOCK = 0o4000;

/** struct sockaddr_in6, the longer one. */
export const SOCKADDR_BYTES = 28;
export const SOCKADDR_IN_BYTES = 16;
/** struct mmsghdr: a struct msghdr and the number of bytes that were moved. */
export const MMSGHDR_BYTES = 64;
export const MMSGHDR = {
  name: 0,
  nameLength: 8,
  iov: 16,
  iovCount: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
  length: 56,
} as const;
/** struct iovec: where, and how many bytes. */
export const IOVEC_BYTES = 16;
/** struct cmsghdr, then the value, both aligned. */
export const CMSG = { length: 0, level: 8, type: 12, value: 16, bytes: 24 } as const;
