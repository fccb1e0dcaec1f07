import type { Command } from 'commander';
import {
  addCommon,
  type CommandContext,
  type CommonOptions,
  contextOf,
  type Run,
} from '../command.js';
import { isOfRoot, noTunnel, requireDevice } from '../tunnel/control/control-path.js';
import { endTunnel } from '../tunnel/control/end-tunnel.js';

/** Adds `vcl down`. */
export function addDown(program: Command, run: Run): void {
  const command = program
    .command('down')
    .description('take a tunnel down, and clean up after one that was killed')
    .argument('[device]', 'its interface', 'vcl0');
  addCommon(command, {
    examples: [
      ['vcl down', 'the tunnel on vcl0'],
      ['vcl down vcl1', 'another one'],
    ],
    exitCodes: [
      [0, 'it is down; nothing of it is left'],
      [74, 'it does not go, or something could not be undone'],
    ],
  }).action(async (device: string, options: CommonOptions) => {
    await takeDown(contextOf(run, options), requireDevice(device));
  });
}

async function takeDown({ output }: CommandContext, device: string): Promise<void> {
  const { stopped, cleaned } = await endTunnel(device);
  if (!stopped && !cleaned && isOfRoot(device)) throw noTunnel(device);
  output.result({ device, stopped, cleaned }, () => [
    stopped
      ? `${device} is down`
      : cleaned
        ? `${device} was not running; what it had left behind is taken back`
        : `${device} was not up`,
  ]);
}
