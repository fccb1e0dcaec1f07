/** Levels of the guide, from the gravest to the most talkative. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** What a log line is about: names and values. Byte strings must not hold secrets. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Where log lines go; a pino logger fits. `error`: a local failure or an operation on a closed
 * connection. `warn`: attacks, timeouts, a new or changed identity. `info`: handshake, open and
 * close, key rotation. `debug`: the rest, and the only level with addresses of clients.
 */
export interface Logger {
  error(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  debug(fields: LogFields, message: string): void;
  /** Whether lines of `level` go anywhere; when absent, all do. */
  isLevelEnabled?(level: LogLevel): boolean;
}

/** The default: says nothing. */
export const silentLogger: Logger = {
  error: ignore,
  warn: ignore,
  info: ignore,
  debug: ignore,
  isLevelEnabled: () => false,
};

/** The part of `console` that {@link consoleLogger} needs. */
export type ConsoleSink = Record<LogLevel, (line: string) => void>;

/**
 * Writes lines such as `vcl warn: message {"field":1}` to the console. Byte strings appear as
 * their length.
 *
 * @param level the most talkative level to show. Default `info`
 * @param sink where the lines go. Default `console`
 */
export function consoleLogger(level: LogLevel = 'info', sink: ConsoleSink = console): Logger {
  const shown = LEVELS.indexOf(level);
  if (shown === -1) throw new RangeError(`level must be one of ${LEVELS.join(', ')}: got ${level}`);
  const write = (at: LogLevel) => (fields: LogFields, message: string) => {
    if (LEVELS.indexOf(at) > shown) return;
    sink[at](`vcl ${at}: ${message}${shownFields(fields)}`);
  };
  return {
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
    isLevelEnabled: (asked) => LEVELS.indexOf(asked) <= shown,
  };
}

const LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

function ignore(): void {}

function shownFields(fields: LogFields): string {
  try {
    const text = JSON.stringify(fields, redacted);
    return text === '{}' ? '' : ` ${text.replaceAll(UNESCAPED_CONTROLS, escaped)}`;
  } catch {
    return ' {"unprintable":true}';
  }
}

/** What a terminal may obey or break the line at, and JSON leaves as it is. */
const UNESCAPED_CONTROLS = /[\u007f-\u009f\u2028\u2029]/g;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A replacer that reads the value of `this`: `Buffer.toJSON` would spell out the bytes. */
function redacted(this: unknown, name: string, converted: unknown): unknown {
  const value = (this as Record<string, unknown>)[name];
  if (ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`;
  if (value instanceof ArrayBuffer) return `<${value.byteLength} bytes>`;
  if (typeof value === 'bigint') return `${value}`;
  if (value instanceof Error) return describeError(value);
  return converted;
}

function describeError(error: Error): string {
  const code = 'code' in error ? `${error.code}: ` : '';
  return `${error.name}: ${code}${error.message}`;
}
