import { execFile } from 'node:child_process';
import { VCLError } from '@vcl-protocol/core';

/** A program and its arguments, as they are: no shell sees them. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** What it reads from its standard input. */
  readonly input?: string;
}

/** Runs a command. @returns what it printed @throws VCLError `IoError` that says what went wrong */
export type Runner = (command: Command) => Promise<string>;

const TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
/** Where the package of Debian and others is that has a program. */
const PACKAGES: Readonly<Record<string, string>> = { ip: 'iproute2', nft: 'nftables' };

/** Runs a command of this system. */
export const runCommand: Runner = ({ program, args, input }) =>
  new Promise((resolve, reject) => {
    const options = { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES, env: environment() };
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(failure(program, args, error, stderr));
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
  });

/** Daemons are often started without the directories of system programs. */
function environment(): NodeJS.ProcessEnv {
  const path = process.env.PATH ?? '';
  return { ...process.env, LC_ALL: 'C', PATH: `${path}:/usr/sbin:/sbin:/usr/bin:/bin` };
}

function failure(
  program: string,
  args: readonly string[],
  error: Error & { code?: number | string | null; killed?: boolean },
  stderr: string,
): VCLError {
  // EACCES is also what a folder in the path leads to that this user may not look into.
  if (error.code === 'ENOENT' || error.code === 'EACCES') {
    const from = PACKAGES[program] ?? program;
    const advice = error.code === 'EACCES' ? ', or let this user run it' : '';
    return new VCLError('IoError', `the program ${program} is missing: install ${from}${advice}`);
  }
  const said = stderr.trim().split('\n', 1)[0];
  const why = error.killed === true ? `no answer within ${TIMEOUT_MS / 1_000} s` : said;
  const shown = [program, ...args].join(' ');
  return new VCLError('IoError', `${shown}: ${why || error.message}`, { cause: error });
}
