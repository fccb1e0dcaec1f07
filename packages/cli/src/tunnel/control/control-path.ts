import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { VCLError } from '@vcl-protocol/core';
import { journalDirectory } from '@vcl-protocol/tunnel';
import { deviceField } from '../config/fields.js';

/** Where the tunnels of root listen. */
const ROOT_DIRECTORY = '/run/vcl';

/** Where a tunnel that runs listens for commands, by the name of its interface. */
export function controlPath(device: string, directory: string = journalDirectory()): string {
  return join(directory, `${device}.sock`);
}

/** Checks the name of an interface that was given to a command. @throws VCLError `InvalidConfig` */
export function requireDevice(text: string): string {
  if (deviceField.safeParse(text).success) return text;
  throw new VCLError(
    'InvalidConfig',
    `'${text}' is no name of an interface: give the one in the configuration, such as vcl0`,
  );
}

/**
 * Whether a tunnel seems to run there that only root may ask, and somebody else asks.
 *
 * @param uid who asks; undefined where there are no such numbers
 */
export function isOfRoot(
  device: string,
  uid: number | undefined = process.getuid?.(),
  directory: string = ROOT_DIRECTORY,
): boolean {
  return uid !== undefined && uid !== 0 && existsSync(controlPath(device, directory));
}

/** That nothing answers, and why that may be. */
export function noTunnel(device: string): VCLError {
  const why = isOfRoot(device)
    ? `the tunnel on ${device} is root's: ask as root, with sudo`
    : `no tunnel runs on ${device}: vcl up, or vcl server, starts one`;
  return new VCLError('IoError', why);
}
