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
import { asLogger } from '../log.js';
import { loadClientConfig } from '../tunnel/config/load-config.js';
import { configPath } from '../tunnel/config/places.js';
import { controlPath } from '../tunnel/control/control-path.js';
import { ControlServer } from '../tunnel/control/control-server.js';
import { waitUntilUp } from '../tunnel/control/wait-until-up.js';
import { StopSignal } from '../tunnel/run-until-stopped.js';
import { clientStatus } from '../tunnel/status/client-status.js';
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
      [74, 'the system refuses something, or the tunnel was given up'],
    ],
  }).action(async (config: string | undefined, options: UpOptions) => {
    const context = contextOf(run, options);
    const path = configPath(context.io, config, 'client');
    if (options.background === true) await runInBackground(context, path);
    else await keepUp(context, path);
  });
}

async function keepUp({ io, log }: CommandContext, path: string): Promise<void> {
  const stop = new StopSignal(io);
  const config = await loadClientConfig(path);
  const tunnel = await VCLTunnel.withConfig(clientTunnelConfig(config), { logger: asLogger(log) });
  try {
    const control = await ControlServer.listen(controlPath(config.device), {
      status: () => clientStatus(tunnel),
      stop: () => stop.stop(),
    });
    void tell(
      tunnel.events(),
      (text) => io.stdout.write(`${text}\n`),
      () => stop.stop(),
    );
    await stop.stopped;
    await control.close();
    if (tunnel.state === TunnelState.Failed) throw givenUp(tunnel.lastError);
  } finally {
    await tunnel.stop();
  }
}

async function tell(
  events: AsyncIterable<TunnelEvent>,
  show: (text: string) => void,
  end: () => void,
): Promise<void> {
  for await (const event of events) {
    if (event.type === 'connected') {
      show(`connected to ${event.server} over ${event.carrier}: ${event.addresses.join(', ')}`);
    } else if (event.type === 'disconnected') show(`disconnected: ${event.reason}`);
    else if (event.type === 'attemptFailed') {
      show(`${event.reason}; next attempt in ${(event.nextInMs / 1_000).toFixed(1)} s`);
    } else end();
  }
}

function givenUp(error: Error | undefined): VCLError {
  const reason = error?.message ?? 'all attempts were used up';
  return new VCLError('IoError', `the tunnel was given up: ${reason}`, { cause: error });
}

/** A process of its own goes on when this one ends. */
async function runInBackground({ output, log }: CommandContext, path: string): Promise<void> {
  const config = await loadClientConfig(path);
  const args = [process.argv[1]!, 'up', path, '--log-level', log.level];
  const child = spawn(process.execPath, args, {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const status = await waitUntilUp(controlPath(config.device), child);
  child.stderr.destroy();
  child.unref();
  output.result(status, () => [
    `up: ${String(status.device)} is connected to ${String(status.server)} over ${String(status.carrier)}`,
    'vcl status tells more, vcl down takes it down',
  ]);
}
