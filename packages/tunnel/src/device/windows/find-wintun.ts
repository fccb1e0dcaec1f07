import { existsSync } from 'node:fs';
import { win32 } from 'node:path';
import { VCLError } from '@vcl-protocol/core';

const FILE = 'wintun.dll';

/** Where {@link findWintun} looks. */
export interface WintunPlaces {
  /** The environment: `VCL_WINTUN`, the path of the file, and `PATH`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The path of the running program. */
  readonly execPath: string;
  /** Whether there is such a file. */
  readonly exists: (path: string) => boolean;
}

/**
 * The path of wintun.dll: what `VCL_WINTUN` says, else beside the program, else in an absolute folder
 * of `PATH`.
 *
 * @throws VCLError `IoError` that says where to get it
 */
export function findWintun(places: Partial<WintunPlaces> = {}): string {
  const { env = process.env, execPath = process.execPath, exists = existsSync } = places;
  const chosen = env.VCL_WINTUN;
  if (chosen !== undefined && chosen !== '') {
    if (exists(chosen)) return chosen;
    throw new VCLError('IoError', `VCL_WINTUN names ${chosen}, which is not there: correct it`);
  }
  const folders = [win32.dirname(execPath), ...(env.PATH ?? env.Path ?? '').split(';')];
  // A file of the current folder, which may be anybody's, must not run as administrator.
  const paths = folders
    .filter((folder) => win32.isAbsolute(folder))
    .map((folder) => win32.join(folder, FILE));
  const found = paths.find((path) => exists(path));
  if (found !== undefined) return found;
  const advice = 'get Wintun 0.14.1 from https://www.wintun.net and put the one for this processor';
  throw new VCLError(
    'IoError',
    `${FILE} is not found: ${advice} beside ${execPath}, or set VCL_WINTUN to its path`,
  );
}
