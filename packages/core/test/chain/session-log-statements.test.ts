import { describe, expect, it } from 'vitest';
import { encodeEpochEntry, encodeStatementEntry } from '../../src/chain/session-log/log-encode.js';
import type { SessionReport } from '../../src/chain/session-log/log-report.js';
import {
  decodeStatement,
  encodeStatement,
  NO_STATEMENT,
  STATEMENT_BYTES,
  type Statement,
} from '../../src/chain/statement.js';
import { entriesOf, forge, type PlacedEntry, verifyLog } from './log-support.js';
import { crypto } from './node-crypto.js';
import { bytes32, RecordedSession } from './recorded-session.js';

const signers = [0x11, 0x22].map((fill) => crypto.createSigner(bytes32(fill)));

/** Statements of the client: OPEN, 1 for a message, 2 a receipt, FINAL; of the server OPEN to FINAL. */
function honest(): PlacedEntry[] {
  const session = new RecordedSession();
  session.send(0, 0, 'a');
  session.sign(0);
  session.send(1, 0, 'b');
  session.sign(1);
  session.rekey();
  session.sign(0);
  return entriesOf(session.finish().take());
}

const entries = honest();

/** The session when the client had signed its statement `k` with these changes. */
function withClientStatement(k: number, changes: Partial<Statement>): SessionReport {
  const edited = entries.map((placed) => {
    if (placed.entry.type !== 'statement') return placed;
    const statement = decodeStatement(placed.entry.statement)!;
    if (statement.direction !== 0 || statement.k !== k) return placed;
    return { bytes: signed({ ...statement, ...changes }) };
  });
  return verifyLog(forge(edited)).sessions[0]!;
}

function signed(statement: Statement): Uint8Array {
  const bytes = new Uint8Array(STATEMENT_BYTES);
  encodeStatement(statement, bytes);
  return encodeStatementEntry(bytes, signers[statement.direction]!.sign(bytes));
}

describe('a statement that its signer signed', () => {
  it('changes nothing when it is the one of the session', () => {
    expect(withClientStatement(2, {})).toMatchObject({ status: 'whole', problems: [] });
  });

  const FINAL = 3;

  it.each([
    [
      'another one before it',
      FINAL,
      { previousHash: bytes32(1) },
      'equivocation',
      'names another one',
    ],
    ['one before OPEN', 0, { previousHash: bytes32(1) }, 'equivocation', 'names another one'],
    [
      'another one of the peer',
      FINAL,
      { seenHash: bytes32(1) },
      'statement',
      'another statement 1',
    ],
    [
      'a hash of nothing seen',
      0,
      { seenHash: bytes32(1) },
      'statement',
      'names a statement but no number',
    ],
    ['one the peer never signed', FINAL, { seen: 9 }, 'statement', 'is not in the log'],
    ['less seen', FINAL, { seen: 0, seenHash: NO_STATEMENT }, 'statement', 'seen less'],
    ['OPEN again', 1, { flags: 1 }, 'statement', 'OPEN is number 0'],
    ['no OPEN', 0, { flags: 0 }, 'statement', 'OPEN is number 0'],
    ['messages of lane R in OPEN', 0, { rThrough: 1 }, 'statement', 'OPEN covers'],
    ['messages of lane L in OPEN', 0, { lThrough: 1 }, 'statement', 'OPEN covers'],
    ['FINAL too early', 2, { flags: 2 }, 'statement', 'follows FINAL'],
    ['a number left out', FINAL, { k: 5 }, 'statement', '2 statements before it are missing'],
    ['fewer messages', 2, { rThrough: 0 }, 'equivocation', 'contradicts'],
    ['another link for the same messages', 2, { rLink: bytes32(1) }, 'equivocation', 'contradicts'],
    ['another genesis', 0, { lLink: bytes32(1) }, 'equivocation', 'contradicts'],
    ['another session', 2, { sid: bytes32(1) }, 'statement', 'another session'],
    ['an epoch that never was', FINAL, { epoch: 2 }, 'epoch', 'key epoch 2 is not in the log'],
    ['an earlier epoch', FINAL, { epoch: 0, eth: bytes32(0x55) }, 'epoch', 'earlier key epoch'],
    ['other keys', FINAL, { eth: bytes32(1) }, 'epoch', 'another key epoch 1'],
  ])('makes the session altered with %s', (_what, k, changes, code, message) => {
    const session = withClientStatement(k, changes);
    expect(session.status).toBe('altered');
    expect(session.problems).toContainEqual(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  it('counts for nothing behind later ones whose number it was missing under', () => {
    const index = entries.findIndex(
      ({ entry }) => entry.type === 'statement' && decodeStatement(entry.statement)!.k === 1,
    );
    const moved = entries.toSpliced(index, 1).toSpliced(-1, 0, entries[index]!);
    const { problems } = verifyLog(forge(moved)).sessions[0]!;
    const messages = problems.map(({ message }) => message);
    expect(messages).toContainEqual(expect.stringContaining('missing'));
    expect(messages).toContainEqual(expect.stringContaining('behind later ones'));
  });
});

describe('a statement with a bad signature', () => {
  it('is named, and the good one after it vouches for the messages of both', () => {
    const index = entries.findIndex(
      ({ entry }) => entry.type === 'statement' && decodeStatement(entry.statement)!.k === 1,
    );
    const bytes = entries[index]!.bytes.slice();
    bytes[bytes.length - 1]! ^= 1;
    const session = verifyLog(forge(entries.with(index, { ...entries[index]!, bytes })))
      .sessions[0]!;
    expect(session.status).toBe('altered');
    expect(session.problems[0]).toMatchObject({
      code: 'signature',
      direction: 0,
      k: 1,
      fileOffset: entries[index]!.offset,
    });
    expect(session.directions[0].lanes[0]).toMatchObject({ through: 1, alterations: [] });
  });
});

describe('key epochs', () => {
  it.each([0, 1, 3])('come in turn: %i after 1 does not', (epoch) => {
    const index = entries.findIndex(({ entry }) => entry.type === 'epoch');
    const extra = { bytes: encodeEpochEntry(epoch, bytes32(3)) } as PlacedEntry;
    const session = verifyLog(forge(entries.toSpliced(index + 1, 0, extra))).sessions[0]!;
    expect(session.problems).toMatchObject([{ code: 'epoch' }]);
    expect(session.epochs).toBe(2);
  });

  it('may come unused', () => {
    const extra = { bytes: encodeEpochEntry(2, bytes32(3)) } as PlacedEntry;
    const session = verifyLog(forge(entries.toSpliced(-1, 0, extra))).sessions[0]!;
    expect(session).toMatchObject({ status: 'whole', epochs: 3 });
  });
});

describe('numbers far from all around them', () => {
  it('are misplaced messages', () => {
    const index = entries.findIndex(({ entry }) => entry.type === 'message');
    const bytes = entries[index]!.bytes.slice();
    bytes[5 + 4 + 3] = 9;
    const session = verifyLog(forge(entries.with(index, { ...entries[index]!, bytes })))
      .sessions[0]!;
    const { alterations } = session.directions[0].lanes[0];
    expect(alterations.map(({ kind }) => kind)).toEqual(['missing', 'misplaced']);
  });

  it('are messages that stand behind the statement that covers them', () => {
    const index = entries.findIndex(({ entry }) => entry.type === 'message');
    const moved = entries.toSpliced(index, 1).toSpliced(-1, 0, entries[index]!);
    const { alterations } = verifyLog(forge(moved)).sessions[0]!.directions[0].lanes[0];
    expect(alterations.map(({ kind }) => kind)).toEqual(['missing', 'misplaced']);
  });

  it('do not cost memory or time when a signer puts them into a statement', () => {
    const session = withClientStatement(2, { lThrough: 2 ** 50, lLink: bytes32(1) });
    const [alteration] = session.directions[0].lanes[1].alterations;
    expect(alteration).toMatchObject({ kind: 'missing', fromMessage: 0, toMessage: 2 ** 50 - 1 });
  });
});
