// How the flood suite measures the machine and prints its figures.
import { cpus } from 'node:os';

export function mbs(bytesPerSecond) {
  return `${(bytesPerSecond / 1e6).toFixed(1)} MB/s`;
}

export function mib(bytes) {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** What a process needs more of than before: what it holds, and its largest resident size. */
export class Growth {
  #held;
  #peak;

  constructor(before, during) {
    this.#held = during.heldBytes - before.heldBytes;
    this.#peak = during.peakBytes - before.peakBytes;
  }

  /** @param limitBytes of what it may hold; of what is not collected yet, it may need as much again */
  problems(limitBytes) {
    const problems = [];
    if (this.#held > limitBytes) problems.push(`the server holds over ${mib(limitBytes)} more`);
    if (this.#peak > 2 * limitBytes)
      problems.push(`the server grew by over ${mib(2 * limitBytes)}`);
    return problems;
  }

  toString() {
    return `memory ${signed(this.#held)} held, ${signed(this.#peak)} at its peak`;
  }
}

function signed(bytes) {
  return `${bytes < 0 ? '' : '+'}${mib(bytes)}`;
}

export function percent(part) {
  return `${Math.round(100 * part)} %`;
}

export function delay(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** How busy all processors are over a stretch of time, in parts of one: 2 when two of them are. */
export class MachineMeter {
  #start = busyMs();
  #at = performance.now();

  read() {
    return (busyMs() - this.#start) / (performance.now() - this.#at);
  }
}

function busyMs() {
  return cpus().reduce(
    (sum, { times }) => sum + times.user + times.nice + times.sys + times.irq,
    0,
  );
}
