import { fstatSync, realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { VCLError } from '@vcl-protocol/core';
import type { Command } from 'commander';
import { addCommon, type CommandContext, contextOf, type Run } from '../command.js';
import { reasonOf } from '../transfer/files/reason.js';
import { type SourceItem, type SourceRoot, walkSources } from '../transfer/files/source-tree.js';
import { type SourceStream, supply } from '../transfer/roles/supplier.js';
import { serverAddress } from '../transfer/session/addresses.js';
import {
  addTransferOptions,
  runTransfer,
  type TransferCommandOptions,
} from '../transfer/session/run-transfer.js';
import { closeInput, standardInput } from '../transfer/session/standard-streams.js';

interface SendCommandOptions extends TransferCommandOptions {
  readonly as?: string;
}

/** Adds `vcl send`. */
export function addSend(program: Command, run: Run): void {
  const command = program
    .command('send')
    .description('send files, folders or standard input to a vcl listen')
    .usage('[options] <path...> <address>')
    .argument('<path...>', 'what to send, - for standard input; and the address of the server')
    .option('--as <name>', 'what a single file, or standard input, is called there');
  addCommon(addTransferOptions(command), {
    examples: [
      ['vcl send photos notes.txt host', 'a folder and a file, to port 8250 of host'],
      ['vcl send photos host:9000', 'again: only what is missing is sent'],
      ['vcl send photos tcp://host', 'over TCP, whatever else the server offers'],
      ['tar c . | vcl send - --as backup.tar host', 'standard input, as a file'],
    ],
    exitCodes: TRANSFER_EXIT_CODES,
  }).action(async (words: string[], options: SendCommandOptions) => {
    run.exitCode = await send(contextOf(run, options), words, options);
  });
}

/** The exit codes of `vcl send` and `vcl receive`. */
export const TRANSFER_EXIT_CODES = [
  [0, 'everything is there'],
  [1, 'some entries were not transferred; each has a line on standard error'],
  [65, 'the identity file or a key is damaged'],
  [74, 'a file, a socket or the link failed; repeating the command goes on'],
  [77, 'one side does not want the other, or a known server has another key'],
  [130, 'interrupted'],
] as const;

async function send(
  context: CommandContext,
  words: readonly string[],
  options: SendCommandOptions,
): Promise<number> {
  const address = serverAddress(words.length > 1 ? words.at(-1) : undefined);
  const paths = words.slice(0, -1);
  const isStream = paths.includes('-');
  if (isStream && paths.length > 1) {
    throw new VCLError('InvalidConfig', 'standard input is sent alone: leave the other paths out');
  }
  if (isStream) requireReadableInput();
  const roots = isStream ? [] : rootsOf(paths, options.as);
  const running = runTransfer(context, options, {
    address,
    action: 'push',
    paths: [],
    isRepeatable: !isStream,
    tellsResult: true,
    transfer: ({ channel, tally, settled, onNote }) => {
      const items = isStream
        ? streamItem(options.as ?? 'stdin')
        : walkSources(roots, { links: options.links === true });
      return supply({ channel, items, tally, settled, onNote });
    },
  });
  return isStream ? running.finally(() => closeInput()) : running;
}

/** Node reads a directory as empty. */
function requireReadableInput(): void {
  let isDirectory = false;
  try {
    isDirectory = fstatSync(0).isDirectory();
  } catch {
    // A console of Windows has no status.
  }
  if (!isDirectory) return;
  throw new VCLError('IoError', 'standard input is a directory: name it instead of -');
}

async function* streamItem(path: string): AsyncGenerator<SourceItem | SourceStream> {
  yield { type: 'stream', path, chunks: standardInput() };
}

/** A path that the user has named is followed if it is a link; below it none is. */
function rootsOf(paths: readonly string[], as: string | undefined): SourceRoot[] {
  if (as !== undefined && paths.length > 1) {
    throw new VCLError('InvalidConfig', '--as names a single path: send the others on their own');
  }
  const names = new Map<string, string>();
  return paths.map((path) => {
    const absolute = existing(path);
    const name = as ?? basename(absolute === '/' ? 'root' : nameOf(path, absolute));
    const other = names.get(name);
    if (other !== undefined) {
      const message = `${other} and ${path} have the same name ${name}: send them one at a time`;
      throw new VCLError('InvalidConfig', message);
    }
    names.set(name, path);
    return { absolute, name };
  });
}

/** The last name as it was written, unless that is one like `..`. */
function nameOf(path: string, absolute: string): string {
  const written = basename(path);
  return ['', '.', '..'].includes(written) ? absolute : written;
}

const NO_FILE = 'it is no file and no folder; a pipe goes through standard input: vcl send -';

function existing(path: string): string {
  try {
    // A pipe has no real path, and reading it would wait for a writer.
    const stats = statSync(path);
    if (!stats.isFile() && !stats.isDirectory()) throw new Error(NO_FILE);
    return realpathSync(path);
  } catch (cause) {
    throw new VCLError('IoError', `cannot send ${path}: ${reasonOf(cause)}`, { cause });
  }
}
