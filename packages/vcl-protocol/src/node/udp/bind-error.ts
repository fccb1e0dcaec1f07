import { VCLError } from '@vcl-protocol/core';
import { formatAddress } from '../../carrier-address.js';
import type { LinkOptions } from '../../datagram-link.js';

const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another socket has it: choose another port, or 0 for one that is free',
  EADDRNOTAVAIL: 'it is no address of this machine',
  EACCES: 'the system does not permit it: choose a port above 1023',
  EMFILE: 'the process has too many open files: raise its limit (ulimit -n)',
};

/** @param code the system's name for the error, if there is one */
export function bindError(
  options: Pick<LinkOptions, 'address' | 'port'>,
  code: string | undefined,
  cause: unknown,
): VCLError {
  const why = ADVICE[code ?? ''] ?? String(cause);
  return new VCLError('IoError', `cannot bind ${formatAddress(options)}: ${why}`, { cause });
}
