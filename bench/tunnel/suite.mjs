// The course of the benchmark of tunnels. The peers take turns within a round, so that a slow moment of
// the machine meets all of them.
import { atLeast, chosen } from '../arguments.mjs';
import { machineOf } from '../link/machine.mjs';
import { CASES, CEILING } from './cases.mjs';
import { compileEmulator } from './emulator.mjs';
import { networkObstacle, TunnelNetwork } from './network.mjs';
import { listPeers, preparePeers } from './peers.mjs';
import { printCase, printMachine, printTargets } from './print.mjs';
import { howToGet, installPrograms } from './programs.mjs';
import { runQuietRound, runRound } from './round.mjs';
import { summarise } from './summary.mjs';
import { judge } from './targets.mjs';

/** What may follow the name of the benchmark. */
export const OPTIONS = {
  json: { type: 'boolean', default: false },
  /** Exit code 1 when a target is missed, or cannot be judged. */
  check: { type: 'boolean', default: false },
  /** Prints where each side of VCL spends its time, in a round of its own that counts for nothing else. */
  profile: { type: 'boolean', default: false },
  /** Repeats what other programs have disturbed, and keeps the quietest try. */
  quiet: { type: 'boolean', default: false },
  rounds: { type: 'string', default: '5' },
  /** Length of what is measured in one round of one peer, after the first second; default by case. */
  seconds: { type: 'string' },
  /** Of what the emulator loses. */
  seed: { type: 'string', default: '1' },
  /** Names, with commas between; default all. */
  cases: { type: 'string' },
  peers: { type: 'string' },
  /** The program of another build of wireguard-go, for a row of its own. */
  'wireguard-go': { type: 'string' },
};

/** @param values as parsed from {@link OPTIONS} */
export async function run(values) {
  const { json, profile, quiet, check } = values;
  const settings = settingsOf(values);
  const wantedCases = chosen(CASES, values.cases, '--cases');
  const wantedPeers = chosen(listPeers(values['wireguard-go']), values.peers, '--peers');
  const obstacle = networkObstacle();
  if (obstacle !== undefined) {
    console.error(`the benchmark of tunnels ${obstacle}`);
    process.exitCode = 1;
    return;
  }
  removeAtTheEnd();
  const machine = machineOf();
  const peers = preparePeers(wantedPeers);
  if (!json) printMachine(machine, settings, peers);

  const rivals = peers.filter(({ missing }) => missing === undefined);
  const cases = [];
  for (const one of wantedCases) {
    const summary = await runCase(one, rivals, { ...settings, profile, quiet });
    cases.push(summary);
    if (!json) printCase(summary);
  }
  const names = wantedPeers.map(({ name }) => name);
  const targets = judge(cases, names);
  if (json) console.log(JSON.stringify({ machine, settings, cases, targets }, undefined, 2));
  else printTargets(targets);
  if (check && targets.some(({ isMet }) => !isMet)) process.exitCode = 1;
}

function settingsOf({ rounds, seconds, seed }) {
  return {
    rounds: atLeast(1, rounds, '--rounds'),
    ...(seconds !== undefined && { seconds: atLeast(1, seconds, '--seconds') }),
    seed: atLeast(0, seed, '--seed'),
  };
}

/** @returns the summary of a case; one without figures when it cannot be run here */
async function runCase(one, peers, settings) {
  if (one.link.shape === undefined) return summarise(one, await runRounds(one, peers, settings));
  if (installPrograms(['gcc']).size > 0) {
    return { ...summarise(one, new Map()), leftOut: howToGet('gcc') };
  }
  const options = { ...settings, emulator: compileEmulator() };
  const [plain] = listPeers();
  const alone = { seconds: CEILING.seconds, ...options, one: CEILING, peer: plain };
  const ceiling = await runRound(alone);
  return { ...summarise(one, await runRounds(one, peers, options)), ceiling };
}

/** @returns {Promise<Map<string, object>>} rounds, failures and profiles by the names of the peers */
async function runRounds(one, peers, { rounds, profile, quiet, ...settings }) {
  const take = quiet ? runQuietRound : runRound;
  const results = new Map(peers.map(({ name }) => [name, { rounds: [], failures: [] }]));
  for (let round = 0; round < rounds; round++) {
    for (const peer of peers) {
      process.stderr.write(`${one.name}, round ${round + 1} of ${rounds}: ${peer.name}\n`);
      const result = results.get(peer.name);
      try {
        // Another round loses other frames; all peers of a round, those of the same numbers.
        const seed = settings.seed + round;
        result.rounds.push(await take({ seconds: one.seconds, ...settings, seed, one, peer }));
      } catch (error) {
        result.failures.push(error.message);
      }
    }
  }
  if (profile) await profileAll(one, peers, settings, results);
  return results;
}

async function profileAll(one, peers, settings, results) {
  for (const peer of peers.filter(({ name }) => name.startsWith('vcl'))) {
    process.stderr.write(`${one.name}, profile: ${peer.name}\n`);
    const options = { seconds: one.seconds, ...settings, one, peer, isProfiled: true };
    try {
      results.get(peer.name).profiles = (await runRound(options)).profiles;
    } catch (error) {
      results.get(peer.name).failures.push(error.message);
    }
  }
}

/** Programs end with this process by themselves, whatever ends it; namespaces do not. */
function removeAtTheEnd() {
  process.once('exit', () => TunnelNetwork.removeAll());
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    process.once(signal, () => process.exit(code));
  }
}
