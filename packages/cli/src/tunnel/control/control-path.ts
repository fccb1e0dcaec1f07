import { join } from 'node:path';
import { journalDirectory } from '@vcl-protocol/tunnel';

/** Where a tunnel that runs listens for commands, by the name of its interface. */
export function controlPath(device: string, directory: string = journalDirectory()): string {
  return join(directory, `${device}.sock`);
}
