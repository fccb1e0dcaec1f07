// Which files belong to the repository. Every check asks here, so that no check has a walk, an
// ignore list or an idea of "source" of its own.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

/** Paths from the root, with slashes, of all files that are tracked or could be committed. */
export function listFiles(root = ROOT) {
  const git = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  // A downloaded archive has no git: then everything that is not made by a tool.
  const paths = git.status === 0 ? git.stdout.split('\0') : walk(root);
  // A file that was deleted but not yet committed is still listed.
  return paths.filter((path) => path !== '' && existsSync(join(root, path))).sort();
}

/** Text of one file of the repository. */
export function readText(path, root = ROOT) {
  return readFileSync(join(root, path), 'utf8');
}

/** Whether a path is TypeScript of `packages/*` below one of the folders, such as `src`. */
export function isPackageCode(path, ...folders) {
  const [packages, , folder] = path.split('/');
  return packages === 'packages' && folders.includes(folder) && /\.m?tsx?$/.test(path);
}

function walk(root) {
  const made = /(^|[\\/])(node_modules|dist|coverage|\.git|\.vcl)([\\/]|$)/;
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((path) => !made.test(path))
    .map((path) => path.replaceAll('\\', '/'));
}
