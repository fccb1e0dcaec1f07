import { type Command, Option } from 'commander';
import type { Logger as PinoLogger } from 'pino';
import type { CliIo } from './cli-io.js';
import {
  type CliLogLevel,
  createLog,
  DEFAULT_LOG_LEVEL,
  LOG_LEVELS,
  resolveLogLevel,
} from './log.js';
import { Output } from './output.js';

/** One run of `vcl`: what commands share. */
export interface Run {
  readonly io: CliIo;
  /** What the process exits with when no error is thrown. */
  exitCode: number;
  /** The log of the command that runs, once there is one. */
  log: PinoLogger | undefined;
}

/** The options that every command has. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly logLevel?: CliLogLevel;
}

/** What a command works with. */
export interface CommandContext {
  readonly io: CliIo;
  readonly output: Output;
  readonly log: PinoLogger;
}

/** What `--help` shows below the options. */
export interface HelpTexts {
  /** A command line, and what it does. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** An exit code, and what it means. Those of any command are added. */
  readonly exitCodes: readonly (readonly [code: number, meaning: string])[];
}

/** Adds the options that every command has, and examples and exit codes to its help. */
export function addCommon(command: Command, texts: HelpTexts): Command {
  const json = new Option('--json', 'print the result as one JSON document');
  const level = new Option('--log-level <level>', LOG_LEVEL_TEXT).choices(LOG_LEVELS);
  return command.addOption(json).addOption(level).addHelpText('after', helpText(texts));
}

/** Makes what a command works with from its options. @throws VCLError `InvalidConfig` */
export function contextOf(run: Run, options: CommonOptions): CommandContext {
  const level = resolveLogLevel(options.logLevel, run.io.env);
  const log = createLog(level, run.io.stderr);
  run.log = log;
  return { io: run.io, output: new Output(run.io, options.json === true), log };
}

const LOG_LEVEL_TEXT = `what to log to standard error (default: $VCL_LOG_LEVEL, else ${DEFAULT_LOG_LEVEL})`;

const COMMON_EXIT_CODES = [
  [64, 'the command line is not understood'],
  [70, 'unexpected error'],
] as const;

function helpText({ examples, exitCodes }: HelpTexts): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  const shown = examples.map(([line, what]) => `  ${line.padEnd(width)}  ${what}`);
  const codes = [...exitCodes, ...COMMON_EXIT_CODES]
    .sort(([a], [b]) => a - b)
    .map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`);
  return ['', 'Examples:', ...shown, '', 'Exit codes:', ...codes].join('\n');
}
