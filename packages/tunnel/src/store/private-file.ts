import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VCLError } from '@vcl-protocol/core';

/**
 * Makes sure that there is a file which only its owner may read, and its folder.
 *
 * @throws VCLError `IoError` when it is no regular file, when others may read or write it, or when
 * the system refuses
 */
export async function requirePrivateFile(path: string): Promise<void> {
  let found: { readonly isFile: boolean; readonly mode: number };
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, 'a+', 0o600);
    try {
      const stat = await file.stat();
      found = { isFile: stat.isFile(), mode: stat.mode & 0o777 };
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new VCLError(
      'IoError',
      `cannot open the peer store ${path}: ${String(cause)}. Name another file, or run as its owner`,
      { cause },
    );
  }
  if (!found.isFile) throw new VCLError('IoError', `the peer store ${path} is no regular file`);
  if (process.platform === 'win32' || (found.mode & 0o077) === 0) return;
  const mode = found.mode.toString(8).padStart(4, '0');
  throw new VCLError(
    'IoError',
    `${path} decides who may use the tunnel and others may read or write it (mode ${mode}): ` +
      `chmod 600 ${path}`,
  );
}
