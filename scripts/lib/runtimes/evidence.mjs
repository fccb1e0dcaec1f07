// The session logs of both sides, each verified by both.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { awaitNote, leaveNote } from './notes.mjs';

/**
 * To be called when this side has closed: waits for the other side and verifies what both recorded.
 *
 * @returns problems, one string each
 */
export async function verifyBoth(vcl, { plan, carrier, limitMs }) {
  const other = plan.role === 'server' ? 'client' : 'server';
  leaveNote(plan.folder, `${carrier.name}.${plan.role}.closed`, {});
  await awaitNote(plan.folder, `${carrier.name}.${other}.closed`, limitMs);
  const problems = [];
  for (const recorder of ['client', 'server']) {
    const report = await vcl.verifySessionLog(logOf(recorder, plan.folder, carrier));
    const [session] = report.sessions;
    const expected = `whole, 1 session, by ${recorder}, 2 epochs`;
    const { length } = report.sessions;
    const seen = `${report.status}, ${length} session, by ${session?.recorder}, ${session?.epochs} epochs`;
    if (seen !== expected) problems.push(`the ${recorder}'s log: ${seen}; not ${expected}`);
  }
  return problems;
}

function logOf(recorder, folder, carrier) {
  if (recorder === 'client') return join(folder, `${carrier.name}.vcllog`);
  const directory = join(folder, `${carrier.name} logs`);
  const names = readdirSync(directory).filter((name) => name.endsWith('.vcllog'));
  return join(directory, names[0] ?? 'none');
}
