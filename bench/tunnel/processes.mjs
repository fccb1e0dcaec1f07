// Programs in the background: what one prints is kept, and none outlives the benchmark.
import { spawn } from 'node:child_process';
import { until, within } from '../../scripts/lib/carriers/waiting.mjs';
import { PROGRAM_ENV } from './programs.mjs';

const STOP_MS = 3000;
const START_MS = 10_000;
/** What a program says may be long; the end of it tells what went wrong. */
const KEPT_CHARACTERS = 2_000_000;

/** The command by which a program ends when the one that started it does, however that comes. */
export const WITH_PARENT = ['setpriv', '--pdeathsig', 'KILL'];

/** A program that runs. */
export class Running {
  #name;
  #child;
  #ended;
  #failure;
  stdout = '';
  stderr = '';

  /** @param {string[]} command a program and its arguments, perhaps behind `ip netns exec` */
  constructor(name, command, { env = {} } = {}) {
    const [program, ...args] = command;
    this.#name = name;
    this.#child = spawn(program, args, {
      env: { ...PROGRAM_ENV, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of ['stdout', 'stderr']) {
      this.#child[stream].setEncoding('utf8').on('data', (text) => {
        this[stream] = (this[stream] + text).slice(-KEPT_CHARACTERS);
      });
    }
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#failure = error.message;
        resolve();
      });
      this.#child.once('close', (code, signal) => {
        if (code !== 0) this.#failure ??= `ended with ${signal ?? code}`;
        resolve();
      });
    });
  }

  /** Of the program itself, for `ip netns exec` and `setpriv` become what they start. */
  get pid() {
    return this.#child.pid;
  }

  get isOver() {
    return this.#failure !== undefined || this.#child.exitCode !== null;
  }

  /** Waits until it has printed this. */
  async printed(text) {
    await until(START_MS, `${this.#name} prints '${text}'`, () => {
      if (this.isOver) throw new Error(this.#complaint());
      return this.stdout.includes(text) || this.stderr.includes(text);
    });
  }

  /** Waits for the end. @throws when that takes longer, or it failed */
  async finished(limitMs) {
    await within(limitMs, `${this.#name} ends`, this.#ended);
    if (this.#failure !== undefined) throw new Error(this.#complaint());
  }

  /** Ends it: politely first. */
  async stop() {
    if (!this.isOver) this.#child.kill('SIGTERM');
    await within(STOP_MS, `${this.#name} stops`, this.#ended).catch(() => {
      this.#child.kill('SIGKILL');
    });
    await this.#ended;
  }

  #complaint() {
    const said = `${this.stdout}\n${this.stderr}`.trim().split('\n').slice(-3).join(' / ');
    return `${this.#name} ${this.#failure ?? 'ended'}: ${said.slice(-500)}`;
  }
}
