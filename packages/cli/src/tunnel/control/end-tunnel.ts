import { rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { VCLError } from '@vcl-protocol/core';
import { journalDirectory, journalOwner, journalPath, undoJournal } from '@vcl-protocol/tunnel';
import { askControl } from './control-client.js';
import { controlPath } from './control-path.js';

/** What was there to end. */
export interface EndedTunnel {
  /** Whether one ran. */
  readonly stopped: boolean;
  /** Whether one that was killed had left something, which is gone now. */
  readonly cleaned: boolean;
}

/** Options of {@link endTunnel}. */
export interface EndTunnelOptions {
  /** Where journals and sockets are. */
  readonly directory?: string;
  /** How long it may take to end, ms. Default 15,000. */
  readonly limitMs?: number;
}

const LIMIT_MS = 15_000;
const LOOK_MS = 50;

/**
 * Ends the tunnel of an interface, and takes back what one that was killed has left.
 *
 * @throws VCLError `IoError` when it does not end in time, or something cannot be taken back
 */
export async function endTunnel(
  device: string,
  { directory = journalDirectory(), limitMs = LIMIT_MS }: EndTunnelOptions = {},
): Promise<EndedTunnel> {
  const socket = controlPath(device, directory);
  const journal = journalPath(device, directory);
  const endAt = performance.now() + limitMs;
  let stopped = false;
  for (;;) {
    // Told again each time: one that is just beginning does not listen yet.
    const isThere = (await askControl(socket, 'stop')) !== undefined;
    const owner = await journalOwner(journal);
    if (!isThere && owner === undefined) break;
    stopped = true;
    if (performance.now() >= endAt) throw stillThere(device, owner, limitMs);
    await delay(LOOK_MS);
  }
  const undone = await undoJournal(journal);
  const hadSocket = await removeIfThere(socket);
  return { stopped, cleaned: undone || hadSocket };
}

function stillThere(device: string, owner: number | undefined, limitMs: number): VCLError {
  const who = owner === undefined ? '' : ` by process ${owner}`;
  const seconds = limitMs / 1_000;
  return new VCLError(
    'IoError',
    `${device} was told to stop, and is held${who} after ${seconds} s`,
  );
}

async function removeIfThere(path: string): Promise<boolean> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  try {
    await rm(path, { force: true });
  } catch (cause) {
    throw new VCLError('IoError', `${path} of a tunnel that is gone cannot be removed`, { cause });
  }
  return isThere;
}
