import type { AlterationKind, LogProblem } from '@vcl-protocol/core';
import { formatCount, printable } from '../format.js';
import type { AlterationDocument, SessionDocument } from './documents.js';
import { DIRECTION_NAMES } from './names.js';

/** What is wrong with a session, the first findings of each sort as sentences. */
export function findingsOf({ alterations, problems }: SessionDocument): string[] {
  return [
    ...firstOf(alterations.map(alterationText), 'alterations'),
    ...firstOf(problems.map(problemText), 'problems'),
  ];
}

/** A problem with its place. */
export function problemText({ message, fileOffset, direction, k }: LogProblem): string {
  const place = [`offset ${formatCount(fileOffset)}`];
  if (direction !== undefined) place.push(DIRECTION_NAMES[direction]);
  if (k !== undefined) place.push(`statement ${formatCount(k)}`);
  return `${printable(message)} (${place.join(', ')})`;
}

/** An alteration with its place: direction, lane, messages and offset in the file. */
export function alterationText(alteration: AlterationDocument): string {
  const { kind, direction, lane, fromMessage, toMessage, fileOffset } = alteration;
  const run =
    fromMessage === toMessage
      ? `message ${formatCount(fromMessage)}`
      : `messages ${formatCount(fromMessage)} to ${formatCount(toMessage)}`;
  const where = `${direction}, ${lane} lane, ${run}`;
  return `${where}: ${KINDS[kind]} (offset ${formatCount(fileOffset)})`;
}

/** More are in the JSON document. */
const SHOWN = 8;

const KINDS: Record<AlterationKind, string> = {
  entry: 'the entry was altered, it does not go with its own leaf',
  missing: 'there is no entry, though a statement covers it',
  duplicate: 'there is a second entry',
  conflict: 'two entries contradict each other',
  misplaced: 'the entry is far from where its number belongs',
  'beyond-final': 'the entry is beyond the FINAL statement',
  links: 'the entries do not give the link that was signed; one or more of them were altered',
};

function firstOf(texts: readonly string[], what: string): string[] {
  const more = texts.length - SHOWN;
  if (more <= 0) return [...texts];
  return [...texts.slice(0, SHOWN), `and ${formatCount(more)} more ${what}: see --json`];
}
