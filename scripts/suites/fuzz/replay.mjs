// Runs one input again and shows what it does.
import { runPhase } from './jobs.mjs';

/** @returns whether nothing is wrong any more */
export async function replayFile(snapshot, name, input) {
  const job = { name, seed: 'replay', points: 0, mutations: 0, minutes: 1, input };
  const answer = await runPhase(snapshot, { ...job, folder: snapshot.folder });
  const text = answer.error ?? answer.problem;
  console.log(`${text === undefined ? 'ok' : 'FAILED'}  ${name}, ${input.length} bytes`);
  if (text !== undefined) console.log(text);
  return text === undefined;
}
