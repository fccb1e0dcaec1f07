import type { Libc } from './libc.js';
import { loadLibc } from './libc.js';
import type { PollTarget } from './poller.js';
import { SharedParts } from './shared-parts.js';

/** The C library and the loop that waits for descriptors, one of each a process. */
export interface NativeParts {
  readonly libc: Libc;
  readonly poller: {
    /** @throws VCLError `IoError` when the system waits for no more descriptors */
    add(fd: number, target: PollTarget): void;
    setWriting(fd: number, isWriting: boolean): void;
    remove(fd: number): void;
  };
}

let parts: SharedParts | undefined;

/**
 * The parts that everything native of this process shares; undefined where koffi does not load or
 * the system is not Linux.
 *
 * @throws VCLError `IoError` when the process has too many open files
 */
export function sharedParts(): SharedParts | undefined {
  const { libc } = loadLibc();
  if (libc === undefined) return undefined;
  parts ??= new SharedParts(libc);
  return parts;
}

/** What a package beside this one may use of them, or why there is nothing. */
export function nativeParts(): { parts: NativeParts | undefined; reason: string | undefined } {
  return { parts: sharedParts(), reason: loadLibc().reason };
}
