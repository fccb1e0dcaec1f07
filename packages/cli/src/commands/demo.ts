import { randomInt } from 'node:crypto';
import type { Command } from 'commander';
import {
  addCommon,
  type CommandContext,
  type CommonOptions,
  contextOf,
  type Run,
} from '../command.js';
import { formatDemo } from '../demo/format-report.js';
import { parseLoss, parseSeed, parseSize } from '../demo/options.js';
import { startReceiverProcess } from '../demo/receiver-child.js';
import { type DemoParts, type DemoProgress, runDemo } from '../demo/run-demo.js';
import { sendFile } from '../demo/transfer.js';
import { ExitCode } from '../exit-codes.js';
import { asLogger } from '../log.js';
import { ProgressBar } from '../progress-bar.js';

interface DemoCommandOptions extends CommonOptions {
  readonly size?: number;
  readonly loss: number;
  readonly keep?: string;
  readonly seed?: number;
}

/** Adds `vcl demo`. */
export function addDemo(program: Command, run: Run): void {
  const command = program
    .command('demo')
    .description(
      'send a file through a bad network on this machine, prove what was sent, and find a byte ' +
        'changed in the proof',
    )
    .option(
      '--size <bytes>',
      'how much to send (default: the node program, about 100 MB)',
      parseSize,
    )
    .option('--loss <percent>', 'share of datagrams lost in each direction', parseLoss, 2)
    .option('--seed <number>', 'which ones are lost and overtaken (default: random)', parseSeed)
    .option('--keep <dir>', 'leave the session log, and its changed copy, in this directory');
  addCommon(command, {
    examples: [
      ['vcl demo', 'the whole of it, in less than a minute'],
      ['vcl demo --size 5M --loss 10', 'less of a file, a worse network'],
      ['vcl demo --keep ./logs', 'keep the logs, for vcl verify'],
    ],
    exitCodes: [
      [0, 'everything held'],
      [1, 'something did not hold'],
      [74, 'a file, a socket or the link failed'],
      [130, 'interrupted'],
    ],
  }).action(async (options: DemoCommandOptions) => {
    run.exitCode = await demo(contextOf(run, options), options);
  });
}

async function demo(context: CommandContext, options: DemoCommandOptions): Promise<number> {
  const { io, output, log } = context;
  const interrupted = new AbortController();
  const ignore = io.onInterrupt(() => interrupted.abort());
  const progress = progressOf(context);
  try {
    const report = await runDemo(
      {
        sourcePath: process.execPath,
        bytes: options.size,
        lossPercent: options.loss,
        seed: options.seed ?? randomInt(2 ** 32),
        keepDirectory: options.keep,
        logger: asLogger(log),
        signal: interrupted.signal,
      },
      partsOf(context),
      progress,
    );
    progress.clear();
    output.result(report, (paint) => formatDemo(report, paint));
    return report.held ? ExitCode.OK : ExitCode.FAILED;
  } finally {
    progress.clear();
    ignore();
  }
}

function partsOf({ log }: CommandContext): DemoParts {
  return {
    sendFile,
    startReceiver: (options) => startReceiverProcess({ ...options, logLevel: log.level }),
  };
}

/** Programs are told the result only. */
function progressOf({ io, output }: CommandContext): DemoProgress & { clear(): void } {
  let bar: ProgressBar | undefined;
  return {
    onStep: (text) => {
      bar?.clear();
      if (!output.json) io.stderr.write(`${text}\n`);
    },
    onBytes: (bytes, totalBytes) => {
      if (output.json) return;
      bar ??= new ProgressBar({ totalBytes, sink: io.stderr });
      bar.update(bytes);
    },
    clear: () => bar?.clear(),
  };
}
