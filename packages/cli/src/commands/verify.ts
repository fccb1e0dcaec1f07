import { findEquivocation, VCLError } from '@vcl-protocol/core';
import type { Command } from 'commander';
import {
  addCommon,
  type CommandContext,
  type CommonOptions,
  contextOf,
  type Run,
} from '../command.js';
import { ExitCode } from '../exit-codes.js';
import { describeFailure } from '../failure.js';
import { ProgressBar } from '../progress-bar.js';
import { describeVerification } from '../verify/describe.js';
import { formatVerification } from '../verify/format-report.js';
import { type VerifiedFile, verifyLogFile } from '../verify/verify-file.js';

/** Adds `vcl verify`. */
export function addVerify(program: Command, run: Run): void {
  const command = program
    .command('verify')
    .description('verify a session log offline; with two logs, also compare what was signed')
    .argument('<file>', 'a session log')
    .argument('[other]', 'a second log, such as that of the peer');
  addCommon(command, {
    examples: [
      ['vcl verify session.vcllog', 'is it whole, and if not, where was it altered?'],
      ['vcl verify mine.vcllog theirs.vcllog', 'did anybody sign two different things?'],
    ],
    exitCodes: [
      [0, 'whole: unaltered, and signed from OPEN to FINAL in both directions'],
      [1, 'altered, or a signer said two different things'],
      [2, 'a valid prefix: the end is missing'],
      [3, 'a tail that no signature covers'],
      [4, 'not readable as a session log, or not at all'],
    ],
  }).action(async (file: string, other: string | undefined, options: CommonOptions) => {
    const context = contextOf(run, options);
    try {
      run.exitCode = await verifyFiles(other === undefined ? [file] : [file, other], context);
    } catch (error) {
      if (!VCLError.is(error) || error.code !== 'IoError') throw error;
      run.io.stderr.write(`${describeFailure(error, 'verify').line}\n`);
      run.exitCode = ExitCode.UNREADABLE;
    }
  });
}

/** From this size on verifying takes more than a moment. */
const PROGRESS_FROM_BYTES = 256 * 2 ** 20;

async function verifyFiles(files: readonly string[], context: CommandContext): Promise<number> {
  const verified: VerifiedFile[] = [];
  for (const file of files) verified.push(await verifyWithProgress(file, context));
  const [first, second] = verified.map(({ report }) => report);
  const comparison = first && second && findEquivocation(first, second);
  const document = describeVerification(verified, comparison);
  context.output.result(document, (paint) => formatVerification(document, paint));
  return document.exitCode;
}

async function verifyWithProgress(file: string, context: CommandContext): Promise<VerifiedFile> {
  const { io, output } = context;
  let bar: ProgressBar | undefined;
  const verified = await verifyLogFile(file, (bytes, totalBytes) => {
    if (output.json || !io.stderr.isTty || totalBytes < PROGRESS_FROM_BYTES) return;
    bar ??= new ProgressBar({ totalBytes, sink: io.stderr });
    bar.update(bytes);
  });
  bar?.clear();
  return verified;
}
