import { VCLError } from '@vcl-protocol/core';
import { CommanderError } from 'commander';
import { ExitCode, exitCodeOf } from './exit-codes.js';
import { printable } from './format.js';

/** How an error that ended a command is told: one line for standard error, and the exit code. */
export interface Failure {
  /** Undefined where all has been said, as after --help. */
  readonly line: string | undefined;
  readonly exitCode: number;
}

/**
 * Describes an error for the user.
 *
 * @param command the command whose --help may help, as far as there is one
 */
export function describeFailure(error: unknown, command: string | undefined): Failure {
  if (error instanceof CommanderError) return describeUsage(error, command);
  if (isAbort(error)) return { line: 'vcl: interrupted', exitCode: ExitCode.INTERRUPTED };
  if (VCLError.is(error)) {
    return failure(`${error.message} (${error.code})`, exitCodeOf(error));
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return failure(`unexpected error: ${text}; VCL_LOG_LEVEL=debug shows where`, ExitCode.SOFTWARE);
}

function describeUsage(error: CommanderError, command: string | undefined): Failure {
  if (error.exitCode === 0) return { line: undefined, exitCode: ExitCode.OK };
  const help = command === undefined ? 'vcl --help' : `vcl ${command} --help`;
  if (error.code === 'commander.help') return failure(`name a command: ${help}`, ExitCode.USAGE);
  const message = error.message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ');
  return failure(`${message.replace(/\.$/, '')}; see ${help}`, ExitCode.USAGE);
}

function failure(message: string, exitCode: number): Failure {
  return { line: `vcl: ${printable(message)}`, exitCode };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
