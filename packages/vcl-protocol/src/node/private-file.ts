import { type FileHandle, open } from 'node:fs/promises';
import { VCLError } from '@vcl-protocol/core';

/**
 * Opens a file that only its owner may read, for appending. It is made when it is missing.
 *
 * @param what the file is for, in messages: 'the session log'
 * @throws VCLError `IoError` when it is no regular file, when others may read or write it, or when
 * the system refuses
 */
export async function openPrivateAppend(path: string, what: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, 'a+', PRIVATE_MODE);
  } catch (cause) {
    throw new VCLError('IoError', `cannot open ${what} ${path}: ${String(cause)}`, { cause });
  }
  try {
    await requirePrivate(file, path, what);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

const PRIVATE_MODE = 0o600;

async function requirePrivate(file: FileHandle, path: string, what: string): Promise<void> {
  const stat = await file.stat();
  if (!stat.isFile()) throw new VCLError('IoError', `${what} ${path} is not a regular file`);
  if (process.platform === 'win32' || (stat.mode & 0o077) === 0) return;
  const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
  throw new VCLError(
    'IoError',
    `others may read or write ${what} ${path} (mode ${mode}): chmod 600 ${path}, or name another`,
  );
}
