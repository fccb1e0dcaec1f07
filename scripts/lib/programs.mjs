// Runs small programs to their end and keeps what they print: one alone, or a server and its client.
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

const LIMIT_MS = 30_000;
/** How long a server that prints nothing gets before its client starts. */
const SILENT_START_MS = 1000;
/** How long a server may go on printing after its client has ended, and then to stop. */
const AFTERMATH_MS = 5000;

/**
 * @typedef {object} Outcome
 * @property {string} stdout
 * @property {string} stderr
 * @property {string | undefined} failure why the program did not succeed
 */

/**
 * Runs one program.
 *
 * @param {{ command: string[], cwd: string, env?: object }} program
 * @returns {Promise<Outcome>}
 */
export async function runProgram(program) {
  const running = start(program);
  const exit = await Promise.race([running.exit, after(LIMIT_MS)]);
  running.stop('SIGKILL');
  return running.outcome(exit ?? `still running after ${LIMIT_MS / 1000} s`);
}

/**
 * Runs a server, and a client once the server has printed its first line. The server is asked to stop
 * when the client has ended and `isServerDone` agrees or time is up.
 *
 * @param server as in {@link runProgram}
 * @param client as in {@link runProgram}
 * @param {(stdout: string) => boolean} isServerDone whether the server has printed all it will
 * @returns {Promise<{ server: Outcome, client: Outcome }>}
 */
export async function runPair(server, client, isServerDone = () => true) {
  const running = start(server);
  await Promise.race([running.printed(() => true), running.exit, after(SILENT_START_MS)]);
  const clientOutcome = await runProgram(client);
  const stdoutIsDone = running.printed(isServerDone);
  await Promise.race([stdoutIsDone, running.exit, after(AFTERMATH_MS)]);
  const wasStopped = running.stop('SIGTERM');
  const exit = await Promise.race([running.exit, after(AFTERMATH_MS)]);
  running.stop('SIGKILL');
  const failure = wasStopped ? '' : (exit ?? '');
  return {
    server: running.outcome(exit === undefined ? 'does not stop' : failure),
    client: clientOutcome,
  };
}

function start({ command: [file, ...args], cwd, env = process.env }) {
  // A group of its own, so that what a shell has started ends with it.
  const detached = process.platform !== 'win32';
  const child = spawn(file, args, { cwd, env, detached, stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (chunk) => {
      text[name] += chunk;
    });
  }
  // '' is success. The event 'close' comes after the last output, 'exit' perhaps before.
  const exit = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) =>
      resolve(code === 0 ? '' : `ended with ${signal ?? code}`),
    );
  });
  return {
    exit,
    /** Resolves once something was printed and the condition holds for all of it. */
    printed: (isEnough) =>
      new Promise((resolve) => {
        const look = () => text.stdout !== '' && isEnough(text.stdout) && resolve();
        child.stdout.on('data', look);
        look();
      }),
    /** Also ends what the program left behind. @returns whether the program was still running */
    stop: (signal) => {
      const isRunning = child.pid !== undefined && child.exitCode === null && !child.signalCode;
      try {
        if (child.pid !== undefined) process.kill(detached ? -child.pid : child.pid, signal);
      } catch {
        // Nothing of it is left.
      }
      return isRunning;
    },
    outcome: (failure) => ({ ...text, failure: failure === '' ? undefined : failure }),
  };
}

/** Resolves with undefined; keeps no process alive. */
function after(ms) {
  return delay(ms, undefined, { ref: false });
}
