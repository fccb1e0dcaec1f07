// Network namespaces of suites: named by the process that made them, so that what a dead one left
// behind can be told and removed.
import { execFileSync } from 'node:child_process';

/** Runs `ip`. @returns what it prints */
export function ip(...args) {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Removes a namespace, if it is there. */
export function removeNamespace(name) {
  try {
    ip('netns', 'delete', name);
  } catch {
    // It is gone already, or there never was one.
  }
}

/** Removes namespaces whose process is gone. @param {RegExp} pattern its first group is the pid */
export function removeLeftovers(pattern) {
  for (const line of ip('netns', 'list').split('\n')) {
    const name = line.split(' ', 1)[0];
    const pid = Number(pattern.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) removeNamespace(name);
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
