import { createConnection } from 'node:net';
import { VCLError } from '@vcl-protocol/core';

const TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * Asks a tunnel that runs.
 *
 * @returns undefined when none does
 * @throws VCLError `IoError` when it does not answer, or the socket is not ours to open
 */
export function askControl(
  path: string,
  command: 'status' | 'stop',
): Promise<Record<string, unknown> | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let answer = '';
    const fail = (why: string, cause?: unknown): void => {
      socket.destroy();
      reject(new VCLError('IoError', `the tunnel at ${path} ${why}`, { cause }));
    };
    socket.setEncoding('utf8');
    socket.setTimeout(TIMEOUT_MS, () => fail('does not answer'));
    socket.on('connect', () => socket.write(`${JSON.stringify({ command })}\n`));
    socket.on('data', (text: string) => {
      answer += text;
      if (answer.length > MAX_ANSWER_BYTES) fail('says too much');
    });
    socket.on('end', () => {
      try {
        resolve(JSON.parse(answer) as Record<string, unknown>);
      } catch (cause) {
        fail('answers something else than JSON', cause);
      }
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
      else fail(error.code === 'EACCES' ? 'is not yours: ask as root' : error.message, error);
    });
  });
}
