import { spawn } from 'node:child_process';
import { VCLError } from '@vcl-protocol/core';
import { type TunnelEvent, TunnelState, VCLTunnel } from '@vcl-protocol/tunnel';
import type { Command } from 'commander';
import {
  addCommon,
  type CommandContext,
  type CommonOptions,
  contextOf,
  type Run,
} from '../command.js';
import { ExitCode, exitCodeOf } from '../exit-codes.js';
import { asLogger } from '../log.js';
import { loadClientConfig } from '../tunnel/config/load-config.js';
import { configPath } from '../tunnel/config/places.js';
import { askControl } from '../tunnel/control/control-client.js';
import { controlPath } from '../tunnel/control/control-path.js';
import { ControlServer } from '../tunnel/control/control-server.js';
import { waitUntilUp } from '../tunnel/control/wait-until-up.js';
import { runUntilStopped, type StopSignal } from '../tunnel/run-until-stopped.js';
import { clientStatus } from '../tunnel/status/client-status.js';
import { eventLine } from '../tunnel/status/event-line.js';
import { clientTunnelConfig } from '../tunnel/tunnel-settings.js';

interface UpOptions extends CommonOptions {
  readonly background?: boolean;
}

/** Adds `vcl up`. */
export function addUp(program: Command, run: Run): void {
  const command = program
    .command('up')
    .description('bring a tunnel up, and keep it up until Ctrl-C or `vcl down`')
    .argument('[config]', 'the configuration (default: client.toml in /etc/vcl or ~/.config/vcl)')
    .option('-b, --background', 'return when it is connected, and keep it up');
  addCommon(command, {
    examples: [
      ['vcl up', 'in the foreground: Ctrl-C takes it down'],
      ['vcl up --background', 'return once it is connected; vcl down takes it down'],
      ['vcl up ./office.toml', 'with another configuration'],
    ],
    exitCodes: [
      [0, 'it was up, and was taken down; with --background: it is up'],
      [64, 'the configuration is wrong'],
      [65, 'a key is damaged, or open to others'],
      [74, 'the system refuses something, or the tunnel was given up'],
      [77, 'the server refuses this device, or has another key'],
    ],
  }).action(async (config: string | undefined, options: UpOptions) => {
    const context = contextOf(run, options);
    const path = configPath(context.io, config, 'client');
    if (options.background === true) await runInBackground(context, path);
    else await keepUp(context, path);
  });
}

async function keepUp(context: CommandContext, path: string): Promise<void> {
  await runUntilStopped(context.io, (signal) => keepUpUntil(signal, context, path));
}

async function keepUpUntil(
  signal: StopSignal,
  { io, output, log }: CommandContext,
  path: string,
): Promise<void> {
  const config = await loadClientConfig(path);
  const tunnel = await VCLTunnel.withConfig(clientTunnelConfig(config), { logger: asLogger(log) });
  // From the beginning: it may fail before anything else is ready.
  const events = tunnel.events();
  try {
    const control = await ControlServer.listen(controlPath(config.device), {
      status: () => clientStatus(tunnel),
      stop: signal.stop,
    });
    void tell(
      events,
      (event) => {
        // For people, the error that the command ends with says it.
        if (event.type === 'failed' && !output.json) return;
        io.stdout.write(`${eventLine(event, output.json)}\n`);
      },
      signal.stop,
    );
    await signal.stopped.finally(() => control.close());
    if (tunnel.state === TunnelState.Failed) throw givenUp(tunnel.lastError);
  } finally {
    await tunnel.stop();
  }
}

async function tell(
  events: AsyncIterable<TunnelEvent>,
  show: (event: TunnelEvent) => void,
  end: () => void,
): Promise<void> {
  for await (const event of events) {
    show(event);
    if (event.type === 'failed') end();
  }
}

/** What trying again does not change keeps its own exit code. */
function givenUp(error: Error | undefined): VCLError {
  const reason = error?.message ?? 'all attempts were used up';
  const code =
    VCLError.is(error) && exitCodeOf(error) !== ExitCode.SOFTWARE ? error.code : 'IoError';
  return new VCLError(code, `the tunnel was given up: ${reason}`, { cause: error });
}

/** A process of its own goes on when this one ends. */
async function runInBackground({ io, output, log }: CommandContext, path: string): Promise<void> {
  const { device } = await loadClientConfig(path);
  const socket = controlPath(device);
  if ((await askControl(socket, 'status')) !== undefined) {
    throw new VCLError('IoError', `a tunnel runs on ${device} already: vcl down ${device} ends it`);
  }
  const args = [process.argv[1]!, 'up', path, '--log-level', log.level];
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const interrupted = new AbortController();
  const ignore = io.onInterrupt(() => interrupted.abort());
  try {
    const status = await waitUntilUp(socket, child, { signal: interrupted.signal });
    output.result(status, () => [
      `up: ${String(status.device)} is connected to ${String(status.server)} over ${String(status.carrier)}`,
      'vcl status tells more, vcl down takes it down',
    ]);
  } finally {
    ignore();
    if (interrupted.signal.aborted) child.kill();
    child.stderr.destroy();
    child.unref();
  }
}
