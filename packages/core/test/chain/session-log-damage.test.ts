import { describe, expect, it } from 'vitest';
import type { MessageEntry } from '../../src/chain/session-log/log-entry.js';
import { SessionLogVerifier } from '../../src/chain/session-log/log-verifier.js';
import {
  alterationsOf,
  covers,
  entriesOf,
  flip,
  messageAt,
  type PlacedEntry,
  verifyLog,
} from './log-support.js';
import { crypto } from './node-crypto.js';
import { RecordedSession, type SessionOptions } from './recorded-session.js';

/** A little of everything: both lanes and directions, a loss, a late message, groups, a rekey. */
function smallLog(options: SessionOptions, side: 0 | 1): Uint8Array {
  const session = new RecordedSession(options);
  const each = options.signing === 'message' ? () => session.sign(0) : () => {};
  session.send(0, 0, 'one');
  each();
  session.send(0, 0, 'two');
  each();
  session.send(0, 1, 'lost', 'lost');
  session.sign(0);
  session.send(1, 0, 'yes');
  session.send(1, 1, 'late', 'late');
  session.sign(1);
  session.rekey();
  session.send(0, 0, 'three');
  each();
  session.send(0, 0, 'four');
  session.send(1, 1, '');
  session.finish();
  return session.take(side);
}

const LOGS = [
  ['the client, payloads kept', smallLog({}, 0)],
  ['the server, payloads kept', smallLog({}, 1)],
  ['the client, redacted', smallLog({ payloads: 'redacted' }, 0)],
  [
    'the server, redacted, session evidence',
    smallLog({ payloads: 'redacted', evidence: 'session' }, 1),
  ],
  ['the client, every message signed', smallLog({ signing: 'message' }, 0)],
] as const;

describe.each(LOGS)('a small log of %s', (_name, file) => {
  const entries = entriesOf(file);

  it('is whole', () => {
    expect(verifyLog(file)).toMatchObject({ exitCode: 0, status: 'whole', problems: [] });
  });

  it('is never whole with a byte changed, and the message touched is inside what is reported', () => {
    for (let offset = 0; offset < file.length; offset++) {
      const report = verifyLog(flip(file, offset, 1 << (offset % 8)));
      expect(report.exitCode, `byte ${offset}`).not.toBe(0);
      const touched = messageAt(entries, offset);
      if (touched === undefined || report.sessions.length === 0) continue;
      const { entry, position } = touched;
      if (!isProtected(entries, entry, position)) continue;
      const { through } = report.sessions[0]!.directions[entry.direction].lanes[entry.lane];
      // A broken frame can take the rest of the file along; then nothing of it counts as verified.
      const claimed = position >= BODY || through > entry.n;
      const reported = covers(alterationsOf(report, entry), entry.n);
      expect(reported || !claimed, `byte ${offset}, message ${entry.n}`).toBe(true);
    }
  });

  it('is a prefix, has a tail or is not readable when it is cut, at any byte', () => {
    const codes = new Set<number>();
    for (let length = 0; length < file.length; length++) {
      const report = verifyLog(file.subarray(0, length));
      codes.add(report.exitCode);
      expect([2, 3, 4], `${length} bytes`).toContain(report.exitCode);
    }
    expect(codes).toEqual(new Set([2, 3, 4]));
  });
});

describe('a log in chunks', () => {
  it('gets the same verdict however it is cut', () => {
    const [, file] = LOGS[0];
    const whole = JSON.stringify(verifyLog(file));
    for (const size of [1, 7, 64, 1_000]) {
      const cut = verifyInChunks(file, size);
      expect(JSON.stringify(cut)).toBe(whole);
    }
  });
});

/** Where in a framed MESSAGE entry its fields stand. */
const BODY = 5;
const KIND = 7;
const NUMBER = 9;
const LENGTH = 17;
const LEAF = 25;

/**
 * Whether a change of this byte of a MESSAGE entry shows in the lane. In a redacted log, kind and
 * length are the recorder's word. A message that has a GAP besides is not missed when its MESSAGE
 * entry claims another place: that it came late after all is the recorder's word too.
 */
function isProtected(
  entries: readonly PlacedEntry[],
  message: MessageEntry,
  position: number,
): boolean {
  const { direction, lane, n, shown } = message;
  const isKind = position >= KIND && position < NUMBER;
  const isLength = position >= LENGTH && position < LEAF;
  if (shown === undefined && (isKind || isLength)) return false;
  const hasGap = entries.some(
    ({ entry: e }) => e.type === 'gap' && e.direction === direction && e.lane === lane && e.n === n,
  );
  return !hasGap || position >= LEAF;
}

function verifyInChunks(file: Uint8Array, size: number): ReturnType<typeof verifyLog> {
  const verifier = new SessionLogVerifier(crypto);
  for (let at = 0; at < file.length; at += size) verifier.push(file.slice(at, at + size));
  return verifier.finish();
}
