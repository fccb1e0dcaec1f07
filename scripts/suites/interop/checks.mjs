// The checks of the interop suite. Each gives a note and the problems found.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../lib/files.mjs';
import { applyEdits } from './alterations.mjs';
import { EntryType, entriesOf, joiningEdits } from './log-entries.mjs';
import { python } from './python.mjs';

/** Bytes of a MESSAGE entry with a salt and no payload. */
const SHORTEST_WITH_PAYLOAD = 73;
/** In a file of secrets: a digit of the first one that is not clamped. */
const SECRET_DIGIT = 90;

/** Runs a Python program that ends with a line of counts or `OK`. */
export function program(args) {
  const { status, stdout, stderr } = python(args);
  const lines = `${stdout}${stderr}`.trim().split('\n');
  const note = lines.findLast((line) => /^(Ran |\d+ passed)/.test(line));
  return { note, problems: status === 0 ? [] : lines.slice(-20) };
}

/** Python opens all datagrams of a recorded scenario and computes all that can be computed. */
export function dissection({ name, files, sessions, datagrams, lost, psk }) {
  const { status, stdout, stderr } = python([
    'vcl_parse.py',
    ...['--keylog', files.keyLog, '--secrets', files.secrets],
    ...['--log', files.serverLog, '--log', files.clientLog, files.capture],
  ]);
  if (status !== 0) return { note: name, problems: [stderr.trim()] };
  const found = JSON.parse(stdout);
  const problems = [];
  const want = (holds, problem) => holds || problems.push(problem);
  const kinds = found.datagrams;
  const sum = (values) => Object.values(values).reduce((a, b) => a + b, 0);
  want(sum(kinds) === datagrams, `${sum(kinds)} of ${datagrams} datagrams`);
  for (const kind of ['neither', 'record that does not open', 'retry']) {
    want(!kinds[kind], `${kinds[kind]} datagrams: ${kind}`);
  }
  want(found.sessions.length === sessions, `${found.sessions.length} sessions of ${sessions}`);
  for (const { sid, counts, epochs, final, statements, messages, logEntries } of found.sessions) {
    want(final, `${sid} is not final`);
    want(epochs > 2, `${sid} has ${epochs} key epochs`);
    want(counts.GAP > 0, `${sid} has no GAP`);
    want(
      statements.every((count) => count > 2),
      `${sid} has ${statements} statements`,
    );
    want(
      messages.flat().every((count) => count > 0),
      `${sid} has a lane without messages`,
    );
    const least = sum(statements) + sum(messages.flat());
    want(
      logEntries.every((count) => count >= least),
      `${sid}: logs have ${logEntries} entries`,
    );
    want((counts.SIGNER ?? 0) === (psk ? 2 : 0), `${sid} has ${counts.SIGNER} SIGNER messages`);
  }
  const records = found.sessions.map(({ counts }) => counts.records).join(' and ');
  return { note: `${datagrams} datagrams, ${lost} lost; ${records} records`, problems };
}

/**
 * What was changed does not pass: a byte of a message in a log, a byte of a datagram, a key.
 *
 * @param recording one that is in order
 * @param {string} folder where the changed files go
 */
export function sabotage({ files, folder }) {
  const problems = [];
  const altered = join(folder, 'altered');
  const changes = [
    ['a payload of the log', files.serverLog, { log: altered }, changedPayload],
    [
      'a datagram',
      files.capture,
      { capture: altered },
      (text) => changedDigit(text, text.length - 3),
    ],
    [
      'a key of the key log',
      files.keyLog,
      { keyLog: altered },
      (text) => changedDigit(text, text.length - 3),
    ],
    [
      'an ephemeral key',
      files.secrets,
      { secrets: altered },
      (text) => changedDigit(text, SECRET_DIGIT),
    ],
  ];
  for (const [name, file, replaced, change] of changes) {
    writeFileSync(altered, change(readFileSync(file)));
    const { keyLog, secrets, capture, log } = { ...files, log: files.serverLog, ...replaced };
    const args = ['--keylog', keyLog, '--secrets', secrets, '--log', log, capture];
    const { status, stdout, stderr } = python(['vcl_parse.py', ...args]);
    const isSeen = status === 1 || stdout.includes('does not open') || stdout.includes('neither');
    if (!isSeen || stderr.includes('Traceback')) problems.push(`${name} passes, or: ${stderr}`);
  }
  return { note: `${changes.length} changes`, problems };
}

function changedPayload(log) {
  const { offset, bytes } = entriesOf(log).find(
    ({ type, bytes: { length } }) => type === EntryType.MESSAGE && length > SHORTEST_WITH_PAYLOAD,
  );
  const changed = Buffer.from(log);
  changed[offset + bytes.length - 1] ^= 1;
  return changed;
}

/** Another hex digit at a place. */
function changedDigit(text, at) {
  const changed = Buffer.from(text);
  changed[at] = changed[at] === 0x30 ? 0x31 : 0x30;
  return changed;
}

/** The command line of both on files: the same exit codes, and those that are expected. */
export function commandLines(cases) {
  const problems = [];
  for (const { files, exitCode } of cases) {
    const vcl = spawnSync(process.execPath, [
      join(ROOT, 'packages/cli/bin/vcl.js'),
      'verify',
      ...files,
    ]);
    const other = python(['vcl_verify.py', ...files]);
    if (vcl.status !== exitCode || other.status !== exitCode) {
      problems.push(`${files}: ${vcl.status} and ${other.status} instead of ${exitCode}`);
    }
  }
  return { note: `${cases.length} command lines`, problems };
}

/** Logs as they were recorded are whole, to both. */
export async function goodLogs(both, logs) {
  const problems = [];
  for (const log of logs) {
    const { status, problems: found } = await both.verify({ log });
    problems.push(...found);
    if (status !== 'whole') problems.push(`${log} is ${status}`);
  }
  return { note: `${logs.length} logs`, problems };
}

/**
 * Does the same thing to logs again and again, and asks both.
 *
 * @param {object} options
 * @param both the verifiers
 * @param {string[]} options.logs files to take turns with
 * @param options.alteration one of alterations.mjs
 * @param {number} options.times how often
 * @param options.random where it is done
 * @param {string[]} options.never verdicts that no alteration may get
 */
export async function altered(both, { logs, alteration, times, random, never }) {
  const problems = [];
  const verdicts = {};
  for (let number = 0; number < times; number++) {
    const log = logs[number % logs.length];
    const edits = alteration(both.read(log), random);
    const { status, problems: found } = await both.verify({ log, edits });
    verdicts[status] = (verdicts[status] ?? 0) + 1;
    if (never.includes(status)) found.push(`the verdict is ${status}`);
    problems.push(
      ...found.map((problem) => `${log} ${JSON.stringify(edits).slice(0, 200)}: ${problem}`),
    );
  }
  const note = Object.entries(verdicts).map(([status, count]) => `${count} ${status}`);
  return { note: note.join(', '), problems };
}

/** Two sessions in a file, the second of which names the first, rightly and wrongly. */
export async function joinedLogs(both, log) {
  const problems = [];
  const sid = (await both.verify({ log })).report.sessions[0].sid;
  const cases = [
    [undefined, 'joined', 'whole'],
    ['own', 'gap', 'prefix'],
    ['seen', 'gap', 'prefix'],
    ['sid', 'absent', 'whole'],
  ];
  for (const [wrong, state, verdict] of cases) {
    const edits = joiningEdits(both.read(log), sid, { wrong });
    const { status, report, problems: found } = await both.verify({ log, edits });
    const { previous } = report.sessions[1];
    if (status !== verdict || previous?.state !== state) {
      found.push(`${wrong ?? 'nothing'} wrong: ${status}, ${previous?.state}`);
    }
    problems.push(...found);
  }
  return { note: cases.map(([, state]) => state).join(', '), problems };
}

/**
 * Both sides' logs agree; logs that were signed anew contradict, each whole by itself.
 *
 * @returns the paths of the latter, too
 */
export async function contradictions(both, { files, seeds, folder }) {
  const problems = [];
  const honest = await both.compare({ log: files.serverLog }, { log: files.clientLog });
  problems.push(...honest.problems);
  if (honest.equivocations.length > 0) problems.push('the logs of both sides contradict');
  const hex = [seeds.client, seeds.server].map((seed) => seed.toString('hex'));
  const diverging = [];
  const messages = messagesToChange(both.read(files.serverLog));
  for (const message of messages) {
    const other = join(folder, `diverging-${message.join('-')}.vcllog`);
    const args = ['vcl_diverge.py', files.serverLog, other, '--seeds', ...hex, '--message'];
    const { status, stderr } = python([...args, ...message.map(String)]);
    if (status !== 0) problems.push(stderr.trim());
    problems.push(...(await contradiction(both, files.serverLog, other)));
    diverging.push(other);
  }
  if (messages.length !== 4)
    problems.push(`${messages.length} of 4 lanes have a message to change`);
  return { note: `${messages.length} diverging logs`, problems, files: diverging };
}

/** Of each lane of the first session a message that is not empty: direction, lane, number. */
function messagesToChange(log) {
  const entries = entriesOf(log);
  const end = entries.findIndex(({ type }) => type === EntryType.END);
  const found = new Map();
  for (const { type, bytes } of entries.slice(0, end)) {
    if (type !== EntryType.MESSAGE || bytes.length <= SHORTEST_WITH_PAYLOAD) continue;
    const [direction, lane] = bytes.subarray(5, 7);
    found.set(`${direction} ${lane}`, [direction, lane, Number(bytes.readBigUInt64BE(9))]);
  }
  return [...found.values()];
}

async function contradiction(both, log, other) {
  const problems = [];
  const alone = await both.verify({ log: other });
  problems.push(...alone.problems);
  if (alone.status !== 'whole') problems.push(`${other} is ${alone.status} by itself`);
  for (const pair of [
    [{ log }, { log: other }],
    [{ log: other }, { log }],
  ]) {
    const { equivocations, problems: found } = await both.compare(...pair);
    problems.push(...found);
    if (equivocations.length === 0) problems.push(`${other} does not contradict ${log}`);
  }
  // One file with both: from the second on without the name of the format.
  const twin = both.read(other).subarray(8).toString('hex');
  const edits = [[both.read(log).length, 0, twin]];
  const { status, problems: found } = await both.verify({ log, edits });
  problems.push(...found);
  if (status !== 'altered') problems.push(`a file with ${other} behind ${log} is ${status}`);
  return problems;
}

/** @returns {Buffer} a log without its second half, for a command line */
export function firstHalf(log) {
  return applyEdits(log, [[log.length >> 1, log.length, '']]);
}
