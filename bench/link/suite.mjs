// The course of a benchmark of peers over loopback, one process a side. The peers take turns within a
// round, so that a slow moment of the machine meets all of them.
import { atLeast, chosen } from '../arguments.mjs';
import { CASES } from './cases.mjs';
import { machineOf } from './machine.mjs';
import { findPeers } from './peers.mjs';
import { printCase, printMachine, printTargets } from './print.mjs';
import { runQuietRound, runRound } from './round.mjs';
import { summarise } from './summary.mjs';
import { judge } from './targets.mjs';

/** What may follow the name of such a benchmark. */
export const OPTIONS = {
  json: { type: 'boolean', default: false },
  /** Exit code 1 when a target is missed. */
  check: { type: 'boolean', default: false },
  /** Prints where each side of the last round spent its time. */
  profile: { type: 'boolean', default: false },
  /** Repeats what other programs have disturbed, and keeps the quietest try. */
  quiet: { type: 'boolean', default: false },
  rounds: { type: 'string', default: '3' },
  /** Length of what is measured in one round of one peer, after the warm-up. */
  seconds: { type: 'string', default: '4' },
  /** Of the bytes that are sent. */
  seed: { type: 'string', default: '1' },
  /** Names, with commas between; default all. */
  cases: { type: 'string' },
  peers: { type: 'string' },
};

/**
 * @param values as parsed from {@link OPTIONS}
 * @param {'link' | 'carriers'} suite
 */
export async function runSuite(values, suite) {
  const { json, profile, quiet } = values;
  const settings = {
    rounds: atLeast(1, values.rounds, '--rounds'),
    seconds: atLeast(0.5, values.seconds, '--seconds'),
    seed: atLeast(0, values.seed, '--seed'),
  };
  const peers = await findPeers(suite);
  const machine = machineOf();
  if (!json) printMachine(machine, settings, peers);

  const cases = [];
  for (const one of chosen(
    CASES.filter(({ suites }) => suites.includes(suite)),
    values.cases,
    '--cases',
  )) {
    const rivals = chosen(
      peers.filter(({ cases: names, missing }) => names.includes(one.name) && !missing),
      values.peers,
      '--peers',
    );
    const results = await runCase(one, rivals, { ...settings, profile, quiet });
    const summary = summarise(one, results);
    cases.push(summary);
    if (!json) printCase(one, summary, suite);
  }
  const targets = judge(cases, suite);
  if (json) console.log(JSON.stringify({ machine, settings, cases, targets }, undefined, 2));
  else printTargets(targets);
  if (values.check && targets.some(({ isMet }) => !isMet)) process.exitCode = 1;
}

/** @returns {Promise<Map<string, object[]>>} the results of all rounds by the names of the peers */
async function runCase(one, peers, { rounds, profile, quiet, ...settings }) {
  const take = quiet ? runQuietRound : runRound;
  const results = new Map(peers.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name } of peers) {
      const isProfiled = profile && round === rounds - 1;
      process.stderr.write(`${one.name}, round ${round + 1} of ${rounds}: ${name}\n`);
      results.get(name).push(await take({ ...settings, one, peer: name, isProfiled }));
    }
  }
  return results;
}
