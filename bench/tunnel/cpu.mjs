// CPU time as the kernel counts it: of processes with all their threads, and of the whole machine.
import { readdirSync, readFileSync } from 'node:fs';

/** The unit of /proc, on every architecture of Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
/** The parent of all threads of the kernel. */
const KERNEL = 2;
const [PPID, USER, SYSTEM, CHILDREN_USER, CHILDREN_SYSTEM] = [1, 11, 12, 13, 14];
const [IDLE, WAITING, COUNTED] = [3, 4, 8];

/** Seconds of a process, in user mode and in the kernel; 0 when it is gone. */
export function cpuSecondsOf(pid) {
  const fields = fieldsOf(pid);
  return fields === undefined ? 0 : (fields[USER] + fields[SYSTEM]) / TICKS_PER_SECOND;
}

/**
 * How busy the machine was with what is not part of the benchmark.
 *
 * @param {number[]} pids of the benchmark's programs that run before and after; those that end in
 *   between are counted when this process is told of their end
 * @returns {() => number} what gives seconds of CPU since then
 */
export function watchOthers(pids) {
  const before = othersSoFar(pids);
  return () => Math.max(0, othersSoFar(pids) - before);
}

function othersSoFar(pids) {
  const self = fieldsOf('self');
  const own = self[USER] + self[SYSTEM] + self[CHILDREN_USER] + self[CHILDREN_SYSTEM];
  const running = pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
  return machineSeconds() - kernelThreadSeconds() - own / TICKS_PER_SECOND - running;
}

/** Seconds that all cores have worked since the machine started. */
function machineSeconds() {
  const [line] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const ticks = line
    .split(/\s+/)
    .slice(1, 1 + COUNTED)
    .map(Number);
  const worked = ticks.filter((_, column) => column !== IDLE && column !== WAITING);
  return worked.reduce((sum, value) => sum + value, 0) / TICKS_PER_SECOND;
}

/** They work for whoever sends: the benchmark, for the most part. */
function kernelThreadSeconds() {
  let ticks = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const fields = fieldsOf(name);
    if (fields?.[PPID] === KERNEL) ticks += fields[USER] + fields[SYSTEM];
  }
  return ticks / TICKS_PER_SECOND;
}

/** The fields of /proc/PID/stat from the state on, which stands behind the name in brackets. */
function fieldsOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
  } catch {
    return undefined;
  }
}
