// How the flood suite measures the machine and prints its figures.
import { cpus } from 'node:os';

export function mbs(bytesPerSecond) {
  return `${(bytesPerSecond / 1e6).toFixed(1)} MB/s`;
}

export function mib(bytes) {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
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
