// What the figures depend on, as far as a program can know it.
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

const MODULES = new URL('../../node_modules/', import.meta.url);
const PACKAGES = ['sodium-native', 'koffi', 'udx-native'];

/** @returns cores, model, memory, kernel, load, and the versions of all that takes part */
export function machineOf() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()}`,
    // What else runs here takes from the same cores.
    loadAverage: loadavg()[0],
    node: process.version,
    versions: Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
  };
}

function versionOf(name) {
  try {
    return JSON.parse(readFileSync(new URL(`${name}/package.json`, MODULES), 'utf8')).version;
  } catch {
    return undefined;
  }
}

/** Seconds that all cores together have worked since the machine started, for whomever. */
export function busySeconds() {
  return (
    cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) /
    1000
  );
}
