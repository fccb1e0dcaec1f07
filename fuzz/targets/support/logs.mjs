// Genuine session logs: what victims record while nobody attacks them.
import { SessionLogVerifier } from '../../../packages/core/dist/chain/session-log/log-verifier.js';
import { check } from './checks.mjs';
import { recordScripts } from './recordings.mjs';
import { parseScript } from './script.mjs';
import { Victim } from './victim.mjs';

/** Parts of session logs: the name, lengths, types, numbers at their limit. */
export const LOG_DICTIONARY = ['56434c4c4f470001', '00000143', '0000016304', '00000029', '00', 'ff']
  .concat(['5643', '0003', '001fffffffffffff', '0020000000000000', '02000001', '00000000'])
  .map((digits) => Buffer.from(digits, 'hex'));

const MAX_LOG_BYTES = 5_000;
let logs;

/** Logs of whole sessions and of sessions that were cut off, each below 5,000 bytes. */
export function genuineLogs() {
  logs ??= makeLogs();
  return logs;
}

function makeLogs() {
  const found = new Map();
  for (const role of ['client', 'server']) {
    for (const script of recordScripts(role)) {
      const { settings, ops } = parseScript(script);
      const victim = new Victim(role, settings);
      for (const op of ops) victim.play(op);
      victim.runTimers(4, true);
      const log = Uint8Array.from(victim.log);
      const verifier = new SessionLogVerifier(victim.crypto);
      verifier.push(log);
      const { status } = verifier.finish();
      check(status !== 'altered' && status !== 'unreadable', `a genuine log is ${status}`);
      if (log.length <= MAX_LOG_BYTES) found.set(`${role} ${log.length}`, { log, status });
    }
  }
  const whole = [...found.values()].filter(({ status }) => status === 'whole');
  check(whole.length > 0, 'no genuine log is whole');
  const others = [...found.values()].filter(({ status }) => status !== 'whole');
  return [...whole, ...others].map(({ log }) => log);
}
