import { VCLError } from '@vcl-protocol/core';
import pino, { type Logger as PinoLogger } from 'pino';
import type { LogFields, Logger, LogLevel } from 'vcl-protocol';
import type { TextSink } from './cli-io.js';
import { printable } from './format.js';

/** The levels of --log-level and VCL_LOG_LEVEL, from the gravest to the most talkative. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'trace'] as const;
/** One of {@link LOG_LEVELS}. */
export type CliLogLevel = (typeof LOG_LEVELS)[number];

/** What is logged unless the user says otherwise. */
export const DEFAULT_LOG_LEVEL: CliLogLevel = 'warn';

/**
 * The level to log at: the option, else the environment variable, else `warn`.
 *
 * @throws VCLError `InvalidConfig` when the variable holds something else
 */
export function resolveLogLevel(
  option: CliLogLevel | undefined,
  env: Readonly<Record<string, string | undefined>>,
): CliLogLevel {
  if (option !== undefined) return option;
  const value = env.VCL_LOG_LEVEL;
  if (value === undefined || value === '') return DEFAULT_LOG_LEVEL;
  const level = LOG_LEVELS.find((each) => each === value);
  if (level !== undefined) return level;
  throw new VCLError(
    'InvalidConfig',
    `the environment variable VCL_LOG_LEVEL is '${value}': set it to one of ${LOG_LEVELS.join(', ')}`,
  );
}

/** A logger that writes one JSON object a line to `sink`, synchronously. */
export function createLog(level: CliLogLevel, sink: Pick<TextSink, 'write'>): PinoLogger {
  const destination = { write: (line: string) => sink.write(`${printable(line.trimEnd())}\n`) };
  const options = { level, base: { pid: process.pid }, formatters: { level: levelName } };
  return pino(options, destination);
}

/** The library's view of the logger. Byte strings appear as their length. */
export function asLogger(log: PinoLogger): Logger {
  const write = (level: LogLevel) => (fields: LogFields, message: string) => {
    if (log.isLevelEnabled(level)) log[level](shown(fields), message);
  };
  return {
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
    isLevelEnabled: (level) => log.isLevelEnabled(level),
  };
}

function levelName(label: string): { level: string } {
  return { level: label };
}

function shown(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plain(value)]));
}

function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    return `<${value.byteLength} bytes>`;
  if (typeof value === 'bigint') return `${value}`;
  if (value instanceof Error) {
    const code = 'code' in value ? `${value.code}: ` : '';
    return `${value.name}: ${code}${value.message}`;
  }
  return value;
}
