import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { VCLError } from '@vcl-protocol/core';
import { journalDirectory } from '@vcl-protocol/tunnel';
import { deviceField } from '../config/fields.js';

/** Where the tunnels of root listen. */
const ROOT_DIRECTORY = '/run/vcl';
const SUFFIX = '.sock';

/** Where a tunnel that runs listens for commands, by the name of its interface. */
export function controlPath(device: string, directory: string = journalDirectory()): string {
  return join(directory, `${device}${SUFFIX}`);
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
  if (isOfRoot(device)) {
    return new VCLError('IoError', `the tunnel on ${device} is root's: ask as root, with sudo`);
  }
  const others = listeningDevices().join(', ');
  const advice =
    others === ''
      ? 'vcl up, or vcl server, starts one'
      : `name the interface that is meant (there is a socket of ${others})`;
  return new VCLError('IoError', `no tunnel runs on ${device}: ${advice}`);
}

/** The interfaces that tunnels listen for, or were when they were killed. */
function listeningDevices(): readonly string[] {
  try {
    const files = readdirSync(journalDirectory()).filter((name) => name.endsWith(SUFFIX));
    return files.map((name) => name.slice(0, -SUFFIX.length)).sort();
  } catch {
    return [];
  }
}
