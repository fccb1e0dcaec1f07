import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { VCLError } from '@vcl-protocol/core';
import type { ReceiverArguments, ReceiverMessage } from './receiver-messages.js';
import type { DemoReceiver, ReceivedFile } from './transfer.js';

/** What {@link startReceiverProcess} needs. */
export interface ReceiverProcessOptions extends ReceiverArguments {
  readonly onProgress: (bytes: number) => void;
  /** The program of the process. Default `receiver-process.js` beside this file. */
  readonly program?: string;
}

/**
 * Starts the receiver in a process of its own, so that the two sides share neither memory nor a
 * processor.
 *
 * @throws VCLError what the receiver reports; `IoError` when its process ends without a word
 */
export async function startReceiverProcess(options: ReceiverProcessOptions): Promise<DemoReceiver> {
  const { logFile, logLevel, onProgress, program = PROGRAM } = options;
  const toldIt: ReceiverArguments = { logFile, logLevel };
  const child = fork(program, [JSON.stringify(toldIt)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const failed = failureOf(child);
  const received = Promise.race([receivedBy(child, onProgress), failed]);
  // Whoever awaits it is told; until somebody does, it must not end the process.
  received.catch(() => {});
  const { address, port, publicKey } = await Promise.race([readyOf(child), failed]);
  return {
    address: { address, port },
    publicKey,
    received,
    stop: () => void child.kill('SIGKILL'),
  };
}

const PROGRAM: string = fileURLToPath(new URL('./receiver-process.js', import.meta.url));

type Ready = Extract<ReceiverMessage, { type: 'ready' }>;

function readyOf(child: ChildProcess): Promise<Ready> {
  return new Promise((resolve) => {
    child.on('message', (message: ReceiverMessage) => {
      if (message.type === 'ready') resolve(message);
    });
  });
}

function receivedBy(
  child: ChildProcess,
  onProgress: (bytes: number) => void,
): Promise<ReceivedFile> {
  return new Promise((resolve) => {
    child.on('message', (message: ReceiverMessage) => {
      if (message.type === 'progress') onProgress(message.bytes);
      if (message.type !== 'done') return;
      onProgress(message.received.bytes);
      resolve(message.received);
    });
  });
}

/** Rejects when the process says it failed, cannot be started, or ends. */
async function failureOf(child: ChildProcess): Promise<never> {
  const told = new Promise<never>((_, reject) => {
    child.on('message', (message: ReceiverMessage) => {
      if (message.type === 'failed') reject(errorOf(message));
    });
  });
  const [code, signal] = await Promise.race([once(child, 'exit'), told]);
  // Its last words may still be in the channel.
  if (child.connected) await Promise.race([once(child, 'disconnect'), told]);
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  throw new VCLError('IoError', `the process of the receiver ended ${how} before it was done`);
}

function errorOf({ message, code }: Extract<ReceiverMessage, { type: 'failed' }>): VCLError {
  return new VCLError(code ?? 'IoError', `the receiver: ${message}`);
}
