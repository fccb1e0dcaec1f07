// A process of the fuzzer: one target in one phase. It is told what to do by its parent and answers
// with what came of it.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadTarget } from '../targets/index.mjs';
import { Campaign } from './campaign.mjs';
import { distil, readCorpus, readInputs, writeInputs } from './corpus.mjs';
import { counters } from './coverage.mjs';
import { FuzzRandom } from './random.mjs';

/** Inputs of the repository, a folder for each target. */
const CORPUS = fileURLToPath(new URL('../corpus', import.meta.url));
/** What inputs found with counters may take together, in bytes, for the run without. */
const MAX_FOUND_BYTES = 2 ** 20;

// Instrumented modules look for these as soon as they are loaded.
counters();

process.once('message', async (job) => {
  try {
    process.send(await work(job), () => process.exit(0));
  } catch (error) {
    process.send({ error: error.stack ?? String(error) }, () => process.exit(1));
  }
});

async function work(job) {
  const { name, seed, points, folder, mutations, minutes, foundFile, keep } = job;
  const isCounted = points > 0;
  const target = await loadTarget(name);
  const phase = isCounted ? 'discover' : 'mass';
  const campaign = new Campaign(target, { seed, phase, points, folder });
  if (job.input !== undefined) return await replay(campaign, job.input);
  const deadline = performance.now() + minutes * 60_000;
  await campaign.replay(readCorpus(join(CORPUS, name)));
  await campaign.replay(target.seeds?.(new FuzzRandom(`${seed} seeds`)) ?? []);
  if (!isCounted && foundFile !== undefined) await campaign.replay(readInputs(foundFile));
  const start = performance.now();
  await campaign.fuzz({ mutations, deadline });
  const seconds = (performance.now() - start) / 1000;
  if (isCounted) {
    const candidates = await campaign.candidates();
    writeInputs(foundFile, distil(candidates, MAX_FOUND_BYTES), 'found with counters');
    if (keep) {
      const file = join(CORPUS, name, 'inputs.hex');
      writeInputs(file, distil(candidates), `inputs of ${name}, one a line`);
    }
  }
  await campaign.close();
  const { runs, findings, features } = campaign;
  return {
    runs,
    mutations: campaign.mutations,
    findings,
    features,
    inputs: campaign.inputs.length,
    seconds,
  };
}

async function replay(campaign, input) {
  const error = await campaign.judge(input);
  await campaign.close();
  return { problem: error === undefined ? undefined : (error?.stack ?? String(error)) };
}
