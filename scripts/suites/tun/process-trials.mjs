// How processes with devices end, and what those are told that get none.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from './devices.mjs';

const CHILD = new URL('child.mjs', import.meta.url).pathname;
const LIMIT_MS = 10_000;

/** @param way `close`: closes its device and has nothing to do; `exit`: `process.exit` beside it */
export async function ends(way) {
  const { output, afterLineMs, code } = await child(way);
  const problems = afterLineMs <= 1000 ? [] : [`it took ${afterLineMs.toFixed(0)} ms`];
  if (code !== 0) problems.push(`it ended with ${code}: ${output}`);
  return { note: `${afterLineMs.toFixed(0)} ms`, problems };
}

/** @param text what the error must say */
export async function refusal(way, text, env = {}) {
  const { output } = await child(way, env);
  const problems = text.test(output) ? [] : [`it says: ${output.trim()}`];
  return { note: output.trim().slice(0, 160), problems };
}

/** Two devices cannot have one interface. */
export async function busy() {
  const device = open('vclt0', []);
  try {
    open('vclt0', []);
    return { note: undefined, problems: ['it was opened twice'] };
  } catch (error) {
    const problems = /another name.*EBUSY/.test(error.message) ? [] : [error.message];
    return { note: error.message, problems };
  } finally {
    await device.close();
  }
}

async function child(way, env = {}) {
  const running = spawn(process.execPath, [CHILD, way], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const killer = setTimeout(() => running.kill('SIGKILL'), LIMIT_MS);
  let output = '';
  let lineAt = performance.now();
  running.stdout.on('data', (data) => {
    output += data;
    lineAt = performance.now();
  });
  const [code, signal] = await once(running, 'exit');
  clearTimeout(killer);
  return { output, afterLineMs: performance.now() - lineAt, code: code ?? signal };
}
