import { setTimeout as delay } from 'node:timers/promises';
import { VCLError } from '@vcl-protocol/core';
import { journalOwner, journalPath, undoJournal } from '@vcl-protocol/tunnel';
import type { Command } from 'commander';
import {
  addCommon,
  type CommandContext,
  type CommonOptions,
  contextOf,
  type Run,
} from '../command.js';
import { askControl } from '../tunnel/control/control-client.js';
import { controlPath } from '../tunnel/control/control-path.js';

const LIMIT_MS = 15_000;
const LOOK_MS = 50;

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
    await takeDown(contextOf(run, options), device);
  });
}

async function takeDown({ output }: CommandContext, device: string): Promise<void> {
  const path = journalPath(device);
  const stopped = (await askControl(controlPath(device), 'stop')) !== undefined;
  if (stopped) await untilGone(device);
  const cleaned = (await journalOwner(path)) === undefined && (await undoJournal(path));
  output.result({ device, stopped, cleaned }, () => [
    stopped
      ? `${device} is down`
      : cleaned
        ? `${device} was not running; what it had left behind is taken back`
        : `${device} was not up`,
  ]);
}

async function untilGone(device: string): Promise<void> {
  const socket = controlPath(device);
  for (const endAt = Date.now() + LIMIT_MS; Date.now() < endAt; await delay(LOOK_MS)) {
    const isThere = (await askControl(socket, 'status').catch(() => undefined)) !== undefined;
    if (!isThere && (await journalOwner(journalPath(device))) === undefined) return;
  }
  throw new VCLError('IoError', `${device} was told to stop, and is still there after 15 s`);
}
