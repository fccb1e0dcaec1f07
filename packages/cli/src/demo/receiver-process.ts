/*
 * The program of the receiver's process. Run by receiver-child.ts with an IPC channel and
 * ReceiverArguments as JSON; ends when the channel does.
 */
import { VCLError } from '@vcl-protocol/core';
import { asLogger, createLog, resolveLogLevel } from '../log.js';
import type { ReceiverArguments, ReceiverMessage } from './receiver-messages.js';
import { startReceiver } from './transfer.js';

/** How often to tell the progress: at most, so that telling costs little. */
const PROGRESS_EVERY_MS = 50;

process.once('disconnect', () => process.exit());
// Ctrl-C goes to all processes of a terminal: the one that started this one decides.
process.on('SIGINT', () => {});
try {
  await receive(JSON.parse(process.argv[2] ?? '{}'));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  tell({ type: 'failed', message, code: VCLError.is(error) ? error.code : undefined });
  process.exitCode = 1;
} finally {
  process.disconnect?.();
}

async function receive({ logFile, logLevel }: ReceiverArguments): Promise<void> {
  const level = resolveLogLevel(undefined, { VCL_LOG_LEVEL: logLevel });
  const log = createLog(level, { write: (text) => void process.stderr.write(text) });
  let toldMs = 0;
  const receiver = await startReceiver({
    logFile,
    logger: asLogger(log),
    onProgress: (bytes) => {
      const now = performance.now();
      if (now - toldMs < PROGRESS_EVERY_MS) return;
      toldMs = now;
      tell({ type: 'progress', bytes });
    },
  });
  tell({ type: 'ready', ...receiver.address, publicKey: receiver.publicKey });
  tell({ type: 'done', received: await receiver.received });
}

function tell(message: ReceiverMessage): void {
  process.send?.(message);
}
