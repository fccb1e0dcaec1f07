import { lookup } from 'node:dns/promises';
import { VCLError } from '@vcl-protocol/core';
import type { DatagramNetwork } from '../../datagram-link.js';
import { DgramLink } from './dgram-link.js';
import { FastLink } from './fast-link.js';
import { loadLibc } from './libc.js';
import { sharedParts } from './native-parts.js';

/** UDP by node:dgram, which works everywhere. */
export const dgramNetwork: DatagramNetwork = {
  open: (options) => DgramLink.open(options),
  lookup: resolveHost,
};

let fast: DatagramNetwork | undefined;

/**
 * UDP of Linux with many datagrams a system call (UDP_SEGMENT, UDP_GRO, sendmmsg, recvmmsg), or
 * undefined where koffi does not load or the system is another.
 */
export function fastUdpNetwork(): DatagramNetwork | undefined {
  if (loadLibc().libc === undefined) return undefined;
  fast ??= {
    open: async (options) => FastLink.open(sharedParts()!, options),
    lookup: resolveHost,
  };
  return fast;
}

/** How UDP is driven in this process. */
export interface UdpReport {
  readonly driver: 'batched' | 'node:dgram';
  /** Why it is not the batched one, which is faster. */
  readonly reason: string | undefined;
}

export function describeUdp(): UdpReport {
  const { libc, reason } = loadLibc();
  return { driver: libc === undefined ? 'node:dgram' : 'batched', reason };
}

/** The fastest UDP that this process has. */
export function udpNetwork(): DatagramNetwork {
  return fastUdpNetwork() ?? dgramNetwork;
}

async function resolveHost(host: string): Promise<readonly string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (cause) {
    throw new VCLError('IoError', `cannot find the address of ${host}: check the name`, { cause });
  }
}
