import { systemErrorOf } from '../../exit-codes.js';

/** An error as part of a sentence: what the system says in words, where it is one of the known. */
export function reasonOf(error: unknown): string {
  const system = systemErrorOf(error);
  const known = system?.code === undefined ? undefined : WORDS[system.code];
  if (known !== undefined) return known;
  return error instanceof Error ? error.message : String(error);
}

/** Whether every further file would fail in the same way. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(systemErrorOf(error)?.code ?? '');
}

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of the path is no directory',
  EISDIR: 'it is a directory',
  ELOOP: 'it is a link',
  ENAMETOOLONG: 'the name is too long for this disk',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk has failed',
  EMFILE: 'too many files are open',
  EPIPE: 'whoever reads standard output has gone',
  EFBIG: 'the file is too large for this disk',
};
