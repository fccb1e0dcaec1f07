import type { LogFields, Logger } from '../../src/logger.js';

/** A line as a {@link recordingLogger} keeps it. */
export interface RecordedLine {
  readonly level: string;
  readonly fields: LogFields;
  readonly message: string;
}

/** A logger that keeps its lines. */
export function recordingLogger(): Logger & { readonly lines: RecordedLine[] } {
  const lines: RecordedLine[] = [];
  const at = (level: string) => (fields: LogFields, message: string) => {
    lines.push({ level, fields, message });
  };
  return { lines, error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}
