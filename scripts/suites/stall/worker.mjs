// One process of the stall suite, as the suite sees it.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A child process that takes orders and answers. */
export class Worker {
  #name;
  #child;
  #answers = new Map();
  #waiting = new Map();
  #failure;

  /** @param name `reader` or `writer` */
  constructor(name) {
    this.#name = name;
    this.#child = fork(fileURLToPath(new URL(`${name}.mjs`, import.meta.url)), [], {
      execArgv: ['--expose-gc'],
    });
    this.#child.on('message', ({ type, ...fields }) => this.#onAnswer(type, fields));
    this.#child.on('exit', (code, signal) => this.#onExit(code ?? signal));
  }

  order(type, fields = {}) {
    if (this.#child.connected) this.#child.send({ type, ...fields });
  }

  /**
   * The answer of this type.
   *
   * @throws Error when the process ends before, or the time is over
   */
  answer(type, withinMs) {
    if (this.#answers.has(type)) return Promise.resolve(this.#answers.get(type));
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const fail = (error) => {
        clearTimeout(timer);
        reject(error);
      };
      const timer = setTimeout(() => {
        fail(new Error(`the ${this.#name} was not ${type} within ${Math.round(withinMs)} ms`));
      }, withinMs);
      this.#waiting.set(type, { resolve, fail, timer });
    });
  }

  /** Ends the process, whatever it does. */
  kill() {
    if (this.#child.exitCode === null && this.#child.signalCode === null)
      this.#child.kill('SIGKILL');
  }

  #onAnswer(type, fields) {
    this.#answers.set(type, fields);
    const waiter = this.#waiting.get(type);
    this.#waiting.delete(type);
    clearTimeout(waiter?.timer);
    waiter?.resolve(fields);
  }

  #onExit(how) {
    this.#failure = new Error(`the ${this.#name} ended with ${how}`);
    for (const { fail } of this.#waiting.values()) fail(this.#failure);
    this.#waiting.clear();
  }
}
