import { openSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { ReadStream, WriteStream } from 'node:tty';

/**
 * Asks a question on the terminal of the process, also when standard input is a file.
 *
 * @returns whether the answer is yes; false where there is no terminal
 * @throws the reason of the signal
 */
export async function askTerminal(question: string, signal: AbortSignal): Promise<boolean> {
  const isWindows = process.platform === 'win32';
  let input: ReadStream;
  let output: WriteStream;
  try {
    input = new ReadStream(openSync(isWindows ? '\\\\.\\CONIN$' : '/dev/tty', 'r+'));
    output = new WriteStream(openSync(isWindows ? '\\\\.\\CONOUT$' : '/dev/tty', 'w'));
  } catch {
    return false;
  }
  // Not in raw mode: Ctrl-C stays a signal.
  const terminal = createInterface({ input, output, terminal: false });
  try {
    const answer = await terminal.question(`${question}(yes/no) `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
    input.destroy();
    output.destroy();
  }
}
