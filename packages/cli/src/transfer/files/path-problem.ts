/** Names of the directories with unfinished files; nobody may send into them. */
export const PARTIAL_DIRECTORY = '.vcl-partial';

/**
 * Why a path from the network, or the path a file would be sent under, is not fit for a disk; or
 * undefined when it is. A good path is relative and made of plain names with `/` between them.
 *
 * @param platform whose names are allowed, as `process.platform`
 */
export function pathProblem(path: string, platform: NodeJS.Platform): string | undefined {
  if (path === '') return 'the path is empty';
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    return `the path is longer than ${MAX_PATH_BYTES} bytes`;
  if (path.startsWith('/')) return 'the path is absolute';
  const names = path.split('/');
  if (names.length > MAX_DEPTH) return `the path has more than ${MAX_DEPTH} names`;
  for (const name of names) {
    const problem = nameProblem(name) ?? (platform === 'win32' ? windowsProblem(name) : undefined);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/**
 * Why a symbolic link may not be made: one that comes over the network must stay inside of the
 * directory that it is put into. Undefined when it may.
 *
 * @param path of the link, free of problems
 * @param target as the link says it
 */
export function linkProblem(path: string, target: string): string | undefined {
  if (target === '' || target.includes('\0')) return 'the link points nowhere';
  if (target.startsWith('/') || target.includes('\\') || /^[a-z]:/i.test(target)) {
    return `the link points to the absolute path ${target}`;
  }
  const names = target.split('/');
  const up = names.findIndex((name) => name !== '..');
  const rest = up < 0 ? [] : names.slice(up);
  // Further on, `..` would go up from wherever another link leads.
  if (rest.includes('..')) return `the link goes up in the middle of ${target}`;
  if (names.length - rest.length > path.split('/').length - 1) {
    return `the link points out of the directory, to ${target}`;
  }
  return undefined;
}

/** Directories deeper than this are refused: walking them costs a call for each name. */
const MAX_DEPTH = 256;
const MAX_PATH_BYTES = 4096;
/** What Linux, macOS and Windows allow for one name. */
const MAX_NAME_BYTES = 255;

function nameProblem(name: string): string | undefined {
  if (name === '') return 'the path has an empty name in it';
  if (name === '.' || name === '..') return `the path has ${name} in it`;
  // Anywhere: a directory in this one may be the target of another process.
  if (name.toLowerCase() === PARTIAL_DIRECTORY)
    return `${PARTIAL_DIRECTORY} is kept for unfinished files`;
  if (name.includes('\0')) return 'the path has a zero byte in it';
  if (Buffer.byteLength(name) > MAX_NAME_BYTES)
    return `a name is longer than ${MAX_NAME_BYTES} bytes`;
  return undefined;
}

const WINDOWS_DEVICES =
  /^(con|prn|aux|nul|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])\s*(\.|$)/i;

function windowsProblem(name: string): string | undefined {
  const isControl = [...name].some((character) => character < ' ');
  if (isControl || /[<>:"|?*\\]/.test(name)) return `Windows does not allow the name ${name}`;
  if (/[. ]$/.test(name)) return `Windows does not allow a dot or a space at the end of ${name}`;
  return WINDOWS_DEVICES.test(name) ? `${name} is a device of Windows` : undefined;
}
