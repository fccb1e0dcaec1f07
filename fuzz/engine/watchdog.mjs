// Watches over runs that do not end. It is a thread of its own, as the one that runs is busy.
import { existsSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { saveFinding } from './finding.mjs';

const POLL_MS = 500;
/** Words of the shared memory: the number of the run, whether one is under way, its length. */
const RUN = 0;
const BUSY = 1;
const LENGTH = 2;
const HEADER_BYTES = 12;

/** Keeps the input of the run under way where a thread can see it that ends the process. */
export class Watchdog {
  #words;
  #bytes;
  #worker;

  /** @param options `maxBytes` of an input; `hangMs` after which the process is ended; `finding` with `folder`, `target` and `seed` */
  constructor({ maxBytes, hangMs, finding }) {
    const memory = new SharedArrayBuffer(HEADER_BYTES + maxBytes);
    this.#words = new Int32Array(memory, 0, HEADER_BYTES / 4);
    this.#bytes = new Uint8Array(memory, HEADER_BYTES);
    this.#worker = new Worker(new URL(import.meta.url), {
      workerData: { watchdog: true, memory, hangMs, finding },
      execArgv: [],
    });
    this.#worker.unref();
  }

  /** A run begins. */
  begin(input) {
    this.#bytes.set(input);
    this.#words[LENGTH] = input.length;
    this.#words[RUN]++;
    this.#words[BUSY] = 1;
  }

  /** The run is over. */
  end() {
    this.#words[BUSY] = 0;
  }

  /** A copy of the input of the last run: what ran may have changed the one it was given. */
  input() {
    return this.#bytes.slice(0, this.#words[LENGTH]);
  }

  close() {
    return this.#worker.terminate();
  }
}

function watch({ memory, hangMs, finding }) {
  const words = new Int32Array(memory, 0, HEADER_BYTES / 4);
  const bytes = new Uint8Array(memory, HEADER_BYTES);
  let run = -1;
  let since = 0;
  setInterval(() => {
    const isSame = words[BUSY] === 1 && words[RUN] === run;
    if (!isSame) {
      run = words[RUN];
      since = performance.now();
    } else if (performance.now() - since >= hangMs) {
      const input = Uint8Array.from(bytes.subarray(0, words[LENGTH]));
      const message = `a run does not end within ${hangMs / 1000} s`;
      const file = saveFinding(finding.folder, { ...finding, message, input });
      if (existsSync(file)) process.kill(process.pid, 'SIGKILL');
    }
  }, POLL_MS);
}

if (!isMainThread && workerData?.watchdog === true) watch(workerData);
