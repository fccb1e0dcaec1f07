// Runs the Python side: /usr/bin/python3 with Debian's python3-nacl.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PYTHON = '/usr/bin/python3';
const FOLDER = fileURLToPath(new URL('../../../interop/python/', import.meta.url));
/** Nothing is written beside the sources. */
const OPTIONS = { cwd: FOLDER, env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } };
const LIMIT_MS = 300_000;
const INSTALL_LIMIT_MS = 180_000;

/**
 * Makes sure that Python and its library are there; installs the library where that is possible.
 *
 * @returns {string | undefined} why they are not there
 */
export function findPython() {
  if (python(['-c', 'import sys; assert sys.version_info >= (3, 10)']).status !== 0) {
    return `${PYTHON} is missing or older than 3.10`;
  }
  if (hasLibrary()) return undefined;
  if (process.getuid?.() !== 0) return 'python3-nacl is missing, and only root can install it';
  const install = ['install', '-y', '--no-install-recommends', 'python3-nacl'];
  spawnSync('apt-get', install, { timeout: INSTALL_LIMIT_MS });
  return hasLibrary() ? undefined : 'python3-nacl is missing, and apt-get could not install it';
}

function hasLibrary() {
  return python(['-c', 'import nacl.bindings']).status === 0;
}

/**
 * Runs a program of interop/python to its end.
 *
 * @param {string[]} args the program and its arguments
 * @param {string} input what it finds on standard input
 * @returns {{ status: number | null, stdout: string, stderr: string }}
 */
export function python(args, input = '') {
  const { status, stdout, stderr, error } = spawnSync(PYTHON, args, {
    ...OPTIONS,
    encoding: 'utf8',
    input,
    timeout: LIMIT_MS,
    maxBuffer: 2 ** 28,
  });
  return { status, stdout: stdout ?? '', stderr: error?.message ?? stderr };
}

/** The Python verifier, started once for many orders. */
export class PythonVerifier {
  #child = spawn(PYTHON, [join(FOLDER, 'vcl_verify.py'), '--batch'], {
    ...OPTIONS,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  #answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();

  constructor() {
    // When it ends early, the missing answer says so.
    this.#child.stdin.on('error', () => {});
  }

  /**
   * Verifies a log, or two with their comparison.
   *
   * @param {{ log: string, edits?: [number, number, string][], other?: object }} order as in
   *   vcl_verify.py
   * @returns the report
   */
  async verify(order) {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error('the Python verifier has ended: its error stands above');
    return JSON.parse(value);
  }

  /** Ends it. */
  async stop() {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }
}
