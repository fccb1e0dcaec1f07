import { formatCount, formatNumberOf, formatTable } from '../format.js';
import type { Paint } from '../output.js';
import type { ComparisonDocument, EquivocationDocument, SharedDocument } from './documents.js';

/** What people see of the comparison of two logs. */
export function formatComparison(comparison: ComparisonDocument, paint: Paint): string[] {
  const { equivocations, shared } = comparison;
  const lines = [paint.bold('both files')];
  if (shared.length === 0) lines.push('  have no session in common: nothing to compare');
  for (const sid of new Set(shared.map((each) => each.sid))) {
    const rows = shared.filter((each) => each.sid === sid);
    lines.push(`session ${sid}`);
    lines.push(...formatTable(rows.map((row) => [row.direction, sharedText(row, paint)])));
  }
  for (const each of equivocations) lines.push(paint.red(equivocationText(each)));
  if (shared.length > 0 && equivocations.length === 0) {
    lines.push(paint.green('no equivocation: nobody signed two different statements of a number'));
  }
  return lines;
}

function sharedText(shared: SharedDocument, paint: Paint): string {
  const { agreeing, onlyInFirst, onlyInSecond, sameSigner } = shared;
  const counts = `${formatNumberOf(agreeing, 'statement')} equal`;
  const rest = `${formatCount(onlyInFirst)} in the first only, ${formatCount(onlyInSecond)} in the second only`;
  const text = `${counts}, ${rest}`;
  return sameSigner ? text : `${text}; ${paint.red('the files name different signers')}`;
}

function equivocationText(found: EquivocationDocument): string {
  const { signer, sid, direction, statement, fileOffsets } = found;
  const [first, second] = fileOffsets.map(formatCount);
  return (
    `EQUIVOCATION: ${signer.fingerprint} signed two different statements ${formatCount(statement)} ` +
    `of session ${sid}, ${direction}: offset ${first} of the first file, ${second} of the second`
  );
}
