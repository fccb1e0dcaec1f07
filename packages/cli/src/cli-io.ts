import { homedir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import { ExitCode } from './exit-codes.js';

/** Where text goes: standard output or standard error. */
export interface TextSink {
  readonly isTty: boolean;
  /** Width of the terminal in characters; 80 where there is none. */
  readonly columns: number;
  write(text: string): void;
}

/** What a command sees of the process it runs in. */
export interface CliIo {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Whether standard output takes colors: a terminal, and neither NO_COLOR nor TERM=dumb. */
  readonly colors: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  /**
   * Calls `listener` on Ctrl-C and SIGTERM instead of ending the process; a second one ends it.
   *
   * @returns undoes that
   */
  onInterrupt(listener: () => void): () => void;
  /** Calls `listener` at each of these signals; until that is undone, none ends the process. */
  onSignal(signals: readonly NodeJS.Signals[], listener: () => void): () => void;
}

/** The process itself. */
export function processIo(): CliIo {
  return {
    stdout: sinkOf(process.stdout),
    stderr: sinkOf(process.stderr),
    colors: pc.isColorSupported && process.stdout.isTTY === true,
    env: process.env,
    homeDirectory: homedir(),
    onInterrupt: (listener) => {
      for (const signal of SIGNALS) process.once(signal, listener);
      return () => {
        for (const signal of SIGNALS) process.off(signal, listener);
      };
    },
    onSignal: (signals, listener) => {
      const heard = (): void => listener();
      for (const signal of signals) process.on(signal, heard);
      return () => {
        for (const signal of signals) process.off(signal, heard);
      };
    },
  };
}

/** The directory of identity and known hosts: VCL_HOME, else `~/.vcl`. */
export function vclHome(io: Pick<CliIo, 'env' | 'homeDirectory'>): string {
  return io.env.VCL_HOME || join(io.homeDirectory, '.vcl');
}

/** The identity file that commands use when none is named. */
export function defaultIdentityPath(io: Pick<CliIo, 'env' | 'homeDirectory'>): string {
  return join(vclHome(io), 'identity');
}

const DEFAULT_COLUMNS = 80;
/** What people and service managers end a command with. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

function sinkOf(stream: NodeJS.WriteStream): TextSink {
  stream.on('error', endUnlessReaderLeft);
  return {
    get isTty() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns ?? DEFAULT_COLUMNS;
    },
    write: (text) => void stream.write(text),
  };
}

/** Left to Node, a full disk would exit with 1, which is a verdict of `vcl verify`. */
function endUnlessReaderLeft(this: NodeJS.WriteStream, error: NodeJS.ErrnoException): void {
  // A reader that went away, as in `vcl verify FILE | head`, is no error of ours.
  if (error.code === 'EPIPE') return;
  // Nor is a terminal that was closed: what runs in it ends by SIGHUP, and may have to clean up first.
  if (error.code === 'EIO' && this.isTTY) return;
  if (this !== process.stderr) {
    process.stderr.write(`vcl: cannot write the result: ${error.message}\n`);
  }
  process.exit(ExitCode.IO);
}
