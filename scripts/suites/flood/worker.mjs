// One process of the flood suite, as the suite sees it: it takes orders and answers each.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ANSWER_MS = 60_000;

/** The processes of one part of the suite. */
export class Processes {
  #network;
  #workers = [];

  /** @param network the namespaces they run in */
  constructor(network) {
    this.#network = network;
  }

  /** @param name of the file @param side the namespace: `s`, `c` or `a` @param core the processor */
  start(name, side, core) {
    const worker = new Worker({ name, space: this.#network.name(side), core });
    this.#workers.push(worker);
    return worker;
  }

  /** Ends all of them, whatever they do. */
  kill() {
    for (const worker of this.#workers) worker.kill();
  }
}

/** A child process in a network namespace and on a processor of its own. */
class Worker {
  #name;
  #child;
  #waiting = new Map();
  #last = 0;
  #failure;

  /** @param options `name` of the file; `space`, the namespace; `core`, the processor */
  constructor({ name, space, core }) {
    this.#name = name;
    const file = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
    const pinned = ['taskset', '-c', String(core), process.execPath, '--expose-gc', file];
    this.#child = spawn('ip', ['netns', 'exec', space, ...pinned], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', ({ id, error, ...fields }) => this.#onAnswer(id, error, fields));
    this.#child.on('error', (error) => this.#fail(error));
    this.#child.on('exit', (code, signal) => {
      this.#fail(new Error(`the ${name} ended with ${code ?? signal}`));
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
        reject(new Error(`the ${this.#name} did not ${verb} within ${Math.round(withinMs)} ms`));
      }, withinMs);
      this.#waiting.set(id, { resolve, reject, timer });
    });
  }

  /** Ends the process, whatever it does. */
  kill() {
    if (this.#child.exitCode === null && this.#child.signalCode === null)
      this.#child.kill('SIGKILL');
  }

  #onAnswer(id, error, fields) {
    const waiter = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiter?.timer);
    if (error === undefined) waiter?.resolve(fields);
    else waiter?.reject(new Error(`the ${this.#name}: ${error}`));
  }

  #fail(error) {
    this.#failure = error;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#waiting.clear();
  }
}
