import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { type CarrierName, loadOrCreateKeyFile } from 'vcl-protocol';
import { defaultIdentityPath, vclHome } from '../../cli-io.js';
import type { CommandContext, CommonOptions } from '../../command.js';
import { ExitCode } from '../../exit-codes.js';
import { printable } from '../../format.js';
import { asLogger } from '../../log.js';
import type { TransferChannel } from '../roles/channel.js';
import { SettledPaths } from '../roles/settled-paths.js';
import { Tally } from '../roles/tally.js';
import type { TransferAction } from '../wire/messages.js';
import {
  addConnectCarrierFlags,
  type ConnectCarrierFlags,
  connectChoice,
} from './carrier-flags.js';
import { asCommandError, runClient } from './client.js';
import { KnownServer } from './known-server.js';
import { parseSeconds } from './parse-options.js';
import { PROGRESS_KINDS, type ProgressKind, TransferProgress } from './progress.js';
import { formatProblem, formatTransfer, type TransferDocument } from './report.js';
import { askTerminal } from './terminal.js';

/** The options of every command that connects. */
export interface ConnectingOptions extends CommonOptions, ConnectCarrierFlags {
  readonly identity?: string;
  readonly serverKey?: string;
  readonly acceptNew?: boolean;
}

/** The options of `vcl send` and `vcl receive`. */
export interface TransferCommandOptions extends ConnectingOptions {
  readonly record?: string;
  readonly links?: boolean;
  readonly giveUp: number;
  readonly progress: ProgressKind;
}

/** What a command does with the sessions it gets. */
export interface TransferPlan {
  readonly address: string;
  readonly action: TransferAction;
  readonly paths: readonly string[];
  /** False for what cannot be begun again, such as standard input. */
  readonly isRepeatable: boolean;
  /** False when standard output takes the contents, and not the result. */
  readonly tellsResult: boolean;
  readonly transfer: (parts: TransferParts) => Promise<void>;
}

/** What a transfer works with. */
export interface TransferParts {
  readonly channel: TransferChannel;
  /** The key of the server. */
  readonly peer: Uint8Array;
  readonly tally: Tally;
  readonly settled: SettledPaths;
  readonly onNote: (path: string, reason: string) => void;
}

/** Adds the options of every command that connects. */
export function addConnectingOptions(command: Command): Command {
  return addConnectCarrierFlags(command)
    .option('--identity <file>', 'who to be (default: ~/.vcl/identity; made when it is missing)')
    .option('--server-key <key>', 'the public key that the server must have')
    .option('--accept-new', 'remember the key of a server that is new, without a question');
}

/** Adds the options of `vcl send` and `vcl receive`. */
export function addTransferOptions(command: Command): Command {
  const kinds = new Option('--progress <how>', 'what to show on standard error meanwhile')
    .choices(PROGRESS_KINDS)
    .default('auto');
  return addConnectingOptions(command)
    .option('--links', 'transfer symbolic links as links; they are left out otherwise')
    .option('--record <file>', 'keep a session log in this file, for vcl verify')
    .option('--give-up <seconds>', 'how long to try to connect again', parseSeconds, 120)
    .addOption(kinds);
}

/** Who is meant by the options of a command that connects. */
export function knownServerOf(context: CommandContext, options: ConnectingOptions): KnownServer {
  const { io, output } = context;
  const hasTerminal = io.stderr.isTty && !output.json;
  return new KnownServer({
    knownHostsPath: join(vclHome(io), 'known_hosts'),
    serverKey: options.serverKey,
    acceptNew: options.acceptNew === true,
    ask: hasTerminal ? askTerminal : undefined,
  });
}

/**
 * Runs a transfer with all that belongs to a command: identity, progress, Ctrl-C, the result.
 *
 * @returns the exit code
 * @throws VCLError as `runClient` does; the reason of an interruption
 */
export async function runTransfer(
  context: CommandContext,
  options: TransferCommandOptions,
  plan: TransferPlan,
): Promise<number> {
  const { io, output, log } = context;
  const { address, carriers } = connectChoice(plan.address, options);
  const interrupted = new AbortController();
  const ignore = io.onInterrupt(() => interrupted.abort());
  const kind = output.json && options.progress === 'auto' ? 'none' : options.progress;
  const progress = new TransferProgress({ kind, sink: io.stderr });
  const tell = (text: string): void => {
    if (!output.json || !plan.tellsResult) progress.line(text);
  };
  const tally: Tally = new Tally({
    onProgress: () => progress.update(tally),
    onProblem: ({ path, reason }) => tell(`vcl: ${formatProblem(path, reason)}`),
  });
  const settled = new SettledPaths();
  const server = knownServerOf(context, options);
  const identity = await loadOrCreateKeyFile(options.identity ?? defaultIdentityPath(io));
  const startedMs = performance.now();
  let reconnects = 0;
  const link: { carrier: CarrierName | undefined } = { carrier: undefined };
  try {
    await runClient({
      ...plan,
      address,
      carriers,
      server,
      identity,
      record: options.record,
      signal: interrupted.signal,
      logger: asLogger(log),
      giveUpMs: plan.isRepeatable ? options.giveUp * 1000 : 0,
      onCarrier: (name) => {
        const isOther = link.carrier !== undefined && link.carrier !== name;
        if (isOther) tell(`vcl: the link goes over ${name} now`);
        link.carrier = name;
      },
      onRetry: (reason, waitMs) => {
        reconnects++;
        tell(`vcl: ${printable(reason)}; trying again in ${waitMs / 1000} s`);
      },
      transfer: (channel, peer) => {
        tally.startAttempt();
        const onNote = (path: string, why: string): void => tell(formatProblem(path, why));
        return plan.transfer({ channel, peer, tally, settled, onNote });
      },
    });
  } catch (error) {
    throw asCommandError(error);
  } finally {
    progress.clear();
    ignore();
    identity.wipe();
  }
  const { totals } = tally;
  const complete = totals.failed === 0;
  const elapsedMs = Math.round(performance.now() - startedMs);
  const document: TransferDocument = {
    address: plan.address,
    ...link,
    ...totals,
    reconnects,
    elapsedMs,
    complete,
  };
  if (plan.tellsResult) output.result(document, (paint) => formatTransfer(document, paint));
  return complete ? ExitCode.OK : ExitCode.FAILED;
}
