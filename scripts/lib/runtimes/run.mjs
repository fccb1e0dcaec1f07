// Runs a module of this suite in a runtime.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../files.mjs';

const MAX_OUTPUT = 4_000;

/**
 * Starts a module and waits for its end. What it prints goes to a file: with pipes Node under Wine
 * cannot even load a native package.
 *
 * @param {{ command: string[], env: object }} started what `install` gave
 * @param {string[]} args the module and its arguments
 * @param {number} limitMs after which it is killed
 * @returns {Promise<string | undefined>} why it did not succeed
 */
export async function runModule({ command: [file, ...first], env }, args, limitMs) {
  const folder = mkdtempSync(join(tmpdir(), 'vcl-runtimes-output-'));
  const log = join(folder, 'log');
  const descriptor = openSync(log, 'w');
  try {
    const child = spawn(file, [...first, ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', descriptor, descriptor],
    });
    const reason = await endOf(child, limitMs);
    if (reason === undefined) return undefined;
    return `${reason} ${readFileSync(log, 'utf8').slice(-MAX_OUTPUT)}`.trim();
  } finally {
    closeSync(descriptor);
    rmSync(folder, { recursive: true, force: true });
  }
}

function endOf(child, limitMs) {
  return new Promise((resolve) => {
    let failure;
    const timer = setTimeout(() => {
      failure = `still running after ${limitMs / 1000} s`;
      endGroup(child.pid);
    }, limitMs);
    const finish = (reason) => {
      clearTimeout(timer);
      resolve(failure ?? reason);
    };
    child.once('error', ({ message }) => finish(message));
    child.once('exit', (code, signal) =>
      finish(code === 0 ? undefined : `ended with ${signal ?? code}`),
    );
  });
}

function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}
