// A process of a suite on carriers: it takes orders and answers each of them.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ANSWER_MS = 60_000;

/** A child process, as the suite sees it. */
export class Worker {
  #name;
  #child;
  #waiting = new Map();
  #last = 0;
  #failure;

  /**
   * @param {URL} file of the program, which calls `serve` of orders.mjs
   * @param {{ prefix?: string[] }} options `prefix`: the command that runs node, such as `ip netns exec`
   */
  constructor(file, { prefix = [] } = {}) {
    const path = fileURLToPath(file);
    this.#name = path.replace(/^.*[\\/]/, '');
    const [command, ...args] = [...prefix, process.execPath, '--expose-gc', path];
    this.#child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', ({ id, error, ...fields }) => this.#onAnswer(id, error, fields));
    this.#child.on('error', (error) => this.#fail(error));
    this.#child.on('exit', (code, signal) => {
      this.#fail(new Error(`${this.#name} ended with ${code ?? signal}`));
    });
  }

  /**
   * Orders something.
   *
   * @returns what it came to; rejects when that was an error, the process ends or time is up
   */
  order(verb, fields = {}, withinMs = ANSWER_MS) {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = ++this.#last;
    this.#child.send({ id, verb, ...fields });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`${this.#name} did not ${verb} within ${Math.round(withinMs)} ms`));
      }, withinMs);
      this.#waiting.set(id, { resolve, reject, timer });
    });
  }

  /** Ends the process, whatever it does: it gets no chance to say a word. */
  kill() {
    const isRunning = this.#child.exitCode === null && this.#child.signalCode === null;
    if (isRunning) this.#child.kill('SIGKILL');
  }

  #onAnswer(id, error, fields) {
    const waiter = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiter?.timer);
    if (error === undefined) waiter?.resolve(fields);
    else waiter?.reject(new Error(`${this.#name}: ${error}`));
  }

  #fail(error) {
    this.#failure ??= error;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(this.#failure);
    }
    this.#waiting.clear();
  }
}
