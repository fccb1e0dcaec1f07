// What is tried on each runtime. A check gives a note and problems, as the checks of other suites do.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../files.mjs';
import { readResults } from './notes.mjs';
import { runModule } from './run.mjs';

const LIB = 'scripts/lib/runtimes';
const PROBE_LIMIT_MS = 30_000;
const SESSIONS_LIMIT_MS = 150_000;
const SUITE_LIMIT_MS = 400_000;

/** What loads: a failure only where nothing encrypts. */
export async function whatLoads(started, folder) {
  const file = join(folder, 'probe');
  const failure = await runModule(started, [`${LIB}/probe.mjs`, file], PROBE_LIMIT_MS);
  const [result] = readResults(file);
  if (result === undefined) return { problems: [failure ?? 'it reported nothing'] };
  const loads = result.providers.filter((one) => one.loads).map(({ name }) => name);
  const missing = [...result.providers.filter((one) => !one.loads), ...result.packages]
    .filter(({ reason }) => reason !== undefined)
    .map(({ name, reason }) => `no ${name}: ${reason}`);
  const { driver, reason } = result.udp;
  const udp = reason === undefined ? driver : `${driver}: ${reason}`;
  const note = [`crypto ${loads.join(', ')}`, `UDP ${udp}`, ...missing].join('; ');
  return { note, problems: loads.length === 0 ? ['no crypto provider loads'] : [] };
}

/** One of the suites of the packages. `cannot` are known failures: pairs of a pattern and a reason. */
export async function suiteOf(started, { main, folder, name, cannot = [] }) {
  const file = join(folder, `${name} suite`);
  const failure = await runModule(started, [main, file], SUITE_LIMIT_MS);
  const [result] = readResults(file);
  if (result === undefined) return { problems: [failure ?? 'it reported nothing'] };
  const problems = [];
  const known = new Set();
  for (const problem of result.problems) {
    const limit = cannot.find(([pattern]) => pattern.test(problem));
    if (limit === undefined) problems.push(problem);
    else known.add(limit[1]);
  }
  const limits = [...known].map((reason) => `, cannot: ${reason}`).join('');
  return { note: `${result.passed} tests${limits}`, problems };
}

/**
 * Sessions over all carriers, between a server and a client in processes of their own.
 *
 * @param {{ server: object, client: object }} sides what `install` gave
 * @returns {Promise<Map<string, string[]>>} problems by carrier
 */
export async function sessions({ server, client }, { folder, name, carriers, certificate }) {
  const place = join(folder, name);
  mkdirSync(place);
  const failures = await Promise.all(
    Object.entries({ server, client }).map(async ([role, started]) => {
      const plan = join(place, `${role}.plan`);
      writeFileSync(plan, JSON.stringify({ role, folder: place, carriers, certificate }));
      return {
        role,
        failure: await runModule(started, [`${LIB}/peer.mjs`, plan], SESSIONS_LIMIT_MS),
      };
    }),
  );
  const problems = new Map(carriers.map((carrier) => [carrier.name, []]));
  for (const { role, failure } of failures) {
    const results = readResults(join(place, `${role}.report`));
    for (const [carrier, list] of problems) {
      const result = results.find((one) => one.carrier === carrier);
      const found = result?.problems ?? [failure ?? 'it reported nothing'];
      list.push(...found.map((problem) => `${name}, ${role}: ${problem}`));
    }
    for (const stray of results.filter(({ carrier }) => carrier && !problems.has(carrier))) {
      problems.get(carriers[0].name).push(`${name}, ${role}: ${stray.carrier} ${stray.problems}`);
    }
  }
  return problems;
}

/** The place of a file of the tree as a process started there names it; Wine knows no other way. */
export function fromRoot(path) {
  return path.slice(ROOT.length).replace(/^\//, '');
}
