// Starts the npm that started us, or the one on PATH. Imports nothing but Node, for install.mjs.
import { spawnSync } from 'node:child_process';

/**
 * Runs npm in a folder.
 *
 * @param args of npm
 * @param options of `spawnSync`, such as `cwd` and `stdio`
 */
export function runNpm(args, options) {
  const npm = process.env.npm_execpath;
  const isNpm = npm !== undefined && /npm-cli\.[cm]?js$/.test(npm);
  const command = isNpm ? process.execPath : 'npm';
  // On Windows npm is a command file, which only a shell can start.
  const shell = !isNpm && process.platform === 'win32';
  const env = foreignEnv(process.env);
  return spawnSync(command, isNpm ? [npm, ...args] : args, { env, shell, ...options });
}

/** Without what npm tells its scripts about the package they belong to: here it may be another. */
function foreignEnv(env) {
  const isForeign = (name) => !/^npm_(?!config_)|^npm_config_local_prefix$/i.test(name);
  return Object.fromEntries(Object.entries(env).filter(([name]) => isForeign(name)));
}
