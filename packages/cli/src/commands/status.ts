import { setTimeout as delay } from 'node:timers/promises';
import type { ServerStatus } from '@vcl-protocol/tunnel';
import type { Command } from 'commander';
import {
  addCommon,
  type CommandContext,
  type CommonOptions,
  contextOf,
  type Run,
} from '../command.js';
import { ExitCode } from '../exit-codes.js';
import type { Paint } from '../output.js';
import { askControl } from '../tunnel/control/control-client.js';
import { controlPath, noTunnel, requireDevice } from '../tunnel/control/control-path.js';
import type { ClientStatus } from '../tunnel/status/client-status.js';
import { formatClientStatus, formatServerStatus } from '../tunnel/status/format-status.js';

interface StatusOptions extends CommonOptions {
  readonly watch?: boolean;
}

type Status = ClientStatus | (ServerStatus & { readonly kind: 'server' });

const WATCH_MS = 1_000;
/** Clears the terminal and goes to its upper left. */
const CLEAR = '\u001b[2J\u001b[H';

/** Adds `vcl status`. */
export function addStatus(program: Command, run: Run): void {
  const command = program
    .command('status')
    .description('tell how a tunnel is: connected means that the server has answered')
    .argument('[device]', 'its interface', 'vcl0')
    .option('-w, --watch', 'again each second until Ctrl-C');
  addCommon(command, {
    examples: [
      ['vcl status', 'of the tunnel on vcl0'],
      ['vcl status --watch', 'again each second'],
      ['vcl status --json', 'for programs'],
    ],
    exitCodes: [
      [0, 'a server runs, or a client is connected'],
      [1, 'the client is not connected at the moment'],
      [74, 'no tunnel runs on that interface'],
    ],
  }).action(async (device: string, options: StatusOptions) => {
    const context = contextOf(run, options);
    run.exitCode = await show(context, requireDevice(device), options.watch === true);
  });
}

async function show(context: CommandContext, device: string, watch: boolean): Promise<number> {
  const stop = new AbortController();
  const ignore = context.io.onInterrupt(() => stop.abort());
  try {
    for (;;) {
      const status = (await askControl(controlPath(device), 'status')) as Status | undefined;
      if (status === undefined) throw noTunnel(device);
      if (watch && context.io.stdout.isTty) context.io.stdout.write(CLEAR);
      context.output.result(status, (paint) => linesOf(status, paint));
      if (!watch || stop.signal.aborted) return exitCodeFor(status);
      await delay(WATCH_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  } finally {
    ignore();
  }
}

function exitCodeFor(status: Status): number {
  const isWell = status.kind === 'server' || status.state === 'connected';
  return isWell ? ExitCode.OK : ExitCode.FAILED;
}

function linesOf(status: Status, paint: Paint): readonly string[] {
  if (status.kind === 'server') return formatServerStatus(status, paint, Date.now());
  return formatClientStatus(status, paint);
}
