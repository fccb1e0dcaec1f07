import { VCLError, type VCLErrorCode } from '@vcl-protocol/core';

/**
 * What `vcl` exits with. From 64 on the numbers of BSD's sysexits; 1 to 4 are verdicts of
 * `vcl verify` (SPEC 11.2), and 1 is also the verdict of `vcl demo`.
 */
export const ExitCode = {
  /** It worked; a log is whole; the demo held. */
  OK: 0,
  /** Something in the demo did not hold; a log was altered; a tunnel is not connected. */
  FAILED: 1,
  /** The verdict on a log that cannot be read, also for want of the file. */
  UNREADABLE: 4,
  /** The command line, or an environment variable, is not one that vcl understands. */
  USAGE: 64,
  /** A key or key file is damaged, or open to others. */
  DATA: 65,
  /** An error that is none of the others. */
  SOFTWARE: 70,
  /** A file is there already. */
  CANNOT_CREATE: 73,
  /** Reading, writing or the network failed. */
  IO: 74,
  /** One side does not want the other, or a known server has another key. */
  NO_PERMISSION: 77,
  /** Ctrl-C. */
  INTERRUPTED: 130,
} as const;
/** One of the {@link ExitCode} values. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The exit code for an error that ended a command. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!VCLError.is(error)) return ExitCode.SOFTWARE;
  if (systemCodeOf(error) === 'EEXIST') return ExitCode.CANNOT_CREATE;
  return BY_ERROR[error.code] ?? ExitCode.SOFTWARE;
}

const BY_ERROR: Partial<Record<VCLErrorCode, ExitCode>> = {
  InvalidConfig: ExitCode.USAGE,
  InvalidKey: ExitCode.DATA,
  AuthRefused: ExitCode.NO_PERMISSION,
  IdentityChanged: ExitCode.NO_PERMISSION,
  IoError: ExitCode.IO,
  Timeout: ExitCode.IO,
};

/** The name of the system error under `error`, such as ENOENT, or undefined. */
export function systemCodeOf(error: unknown): string | undefined {
  return systemErrorOf(error)?.code;
}

/** The system error that `error` is or was caused by, or undefined. */
export function systemErrorOf(error: unknown): NodeJS.ErrnoException | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (!VCLError.is(at) && isSystemError(at)) return at;
  }
  return undefined;
}

function isSystemError(error: Error): error is NodeJS.ErrnoException {
  return 'code' in error && typeof error.code === 'string';
}
