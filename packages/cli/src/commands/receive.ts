import type { Command } from 'commander';
import { addCommon, type CommandContext, contextOf, type Run } from '../command.js';
import { PartialStore } from '../transfer/files/partial-store.js';
import { TargetTree } from '../transfer/files/target-tree.js';
import { AskedIntake, askedNames } from '../transfer/roles/asked-intake.js';
import { DirectoryIntake } from '../transfer/roles/directory-intake.js';
import type { Intake } from '../transfer/roles/intake.js';
import { StreamIntake } from '../transfer/roles/stream-intake.js';
import { take } from '../transfer/roles/taker.js';
import { serverAddress } from '../transfer/session/addresses.js';
import { parseBytes, parseCount } from '../transfer/session/parse-options.js';
import {
  addTransferOptions,
  runTransfer,
  type TransferCommandOptions,
} from '../transfer/session/run-transfer.js';
import { standardOutput } from '../transfer/session/standard-streams.js';
import { TRANSFER_EXIT_CODES } from './send.js';

/** The options of commands that store what the peer sends. */
export interface StoringOptions {
  readonly overwrite?: boolean;
  readonly resume: boolean;
  readonly maxEntries: number;
  readonly maxBytes: number;
}

interface ReceiveCommandOptions extends TransferCommandOptions, StoringOptions {
  readonly into: string;
}

/** Adds `vcl receive`. */
export function addReceive(program: Command, run: Run): void {
  const command = program
    .command('receive')
    .description('fetch what a vcl listen --share has')
    .argument(
      '<address>',
      'the server: host or host:port, or udp://, tcp://, ws://, wss://, quic:// and one',
    )
    .argument('[path...]', 'what to fetch of it (default: all)')
    .option('-o, --into <dir>', 'where to put it, - for standard output', '.');
  addStoringOptions(command);
  addCommon(addTransferOptions(command), {
    examples: [
      ['vcl receive host', 'all that is shared, into this directory'],
      ['vcl receive wss://host', 'the same over a WebSocket with TLS, to port 443'],
      ['vcl receive host photos/2024 -o ~/copy', 'one folder of it'],
      ['vcl receive host backup.tar -o - | tar t', 'a file, to standard output'],
    ],
    exitCodes: TRANSFER_EXIT_CODES,
  }).action(async (address: string, paths: string[], options: ReceiveCommandOptions) => {
    run.exitCode = await receive(contextOf(run, options), { address, paths }, options);
  });
}

/** Adds the options of commands that store what the peer sends. */
export function addStoringOptions(command: Command): Command {
  return command
    .option('--overwrite', 'replace files that differ; they are refused otherwise')
    .option('--no-resume', 'do not go on with what an interrupted transfer has left')
    .option('--max-entries <count>', 'files and folders taken at most', parseCount, 1_000_000)
    .option('--max-bytes <bytes>', 'bytes taken at most', parseBytes, Number.MAX_SAFE_INTEGER);
}

async function receive(
  context: CommandContext,
  { address, paths }: { readonly address: string; readonly paths: readonly string[] },
  options: ReceiveCommandOptions,
): Promise<number> {
  const isStream = options.into === '-';
  const names = askedNames(paths);
  const intakeFor = isStream ? () => new StreamIntake(standardOutput()) : directoryIntakes(options);
  return runTransfer(context, options, {
    address: serverAddress(address),
    action: 'pull',
    paths,
    isRepeatable: !isStream,
    tellsResult: !isStream,
    transfer: ({ channel, peer, tally, settled }) => {
      const all = intakeFor(peer);
      const intake = paths.length === 0 ? all : new AskedIntake(all, names);
      return take({ channel, intake, tally, settled, limits: options });
    },
  });
}

function directoryIntakes(options: ReceiveCommandOptions): (peer: Uint8Array) => Intake {
  const tree = new TargetTree(options.into, true);
  const partials = new PartialStore(tree.root);
  const { overwrite = false, links = false, resume } = options;
  return (peer) => new DirectoryIntake({ tree, partials, peer, overwrite, links, resume });
}
