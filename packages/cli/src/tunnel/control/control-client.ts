import { createConnection } from 'node:net';
import { VCLError } from '@vcl-protocol/core';

const TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** Nobody listens there, or who did is ending. */
const NOBODY: ReadonlySet<string | undefined> = new Set([
  'ENOENT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
]);

/** Options of {@link askControl}. */
export interface AskOptions {
  /** How long the answer may take, ms. Default 5,000. */
  readonly timeoutMs?: number;
}

/**
 * Asks a tunnel that runs.
 *
 * @returns undefined when none does
 * @throws VCLError `IoError` when it does not answer, or the socket is not ours to open
 */
export function askControl(
  path: string,
  command: 'status' | 'stop',
  { timeoutMs = TIMEOUT_MS }: AskOptions = {},
): Promise<Record<string, unknown> | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let answer = '';
    const fail = (why: string, cause?: unknown): void => {
      socket.destroy();
      reject(new VCLError('IoError', `the tunnel at ${path} ${why}`, { cause }));
    };
    socket.setEncoding('utf8');
    socket.setTimeout(timeoutMs, () => fail('does not answer'));
    socket.on('connect', () => socket.write(`${JSON.stringify({ command })}\n`));
    socket.on('data', (text: string) => {
      answer += text;
      if (answer.length > MAX_ANSWER_BYTES) fail('says too much');
    });
    socket.on('end', () => {
      if (answer === '') {
        resolve(undefined);
        return;
      }
      const said = parseAnswer(answer);
      if (said === undefined) fail('answers something else than a JSON object');
      else if (typeof said.error === 'string') fail(`says: ${said.error}`);
      else resolve(said);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (NOBODY.has(error.code)) resolve(undefined);
      else fail(error.code === 'EACCES' ? 'is not yours: ask as root' : error.message, error);
    });
  });
}

function parseAnswer(text: string): Record<string, unknown> | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    const isObject = typeof answer === 'object' && answer !== null && !Array.isArray(answer);
    return isObject ? (answer as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
