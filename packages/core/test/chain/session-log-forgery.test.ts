import { describe, expect, it } from 'vitest';
import { leafOf } from '../../src/chain/leaf.js';
import { encodeMessageHead, MESSAGE_HEAD_BYTES } from '../../src/chain/session-log/log-encode.js';
import type { MessageEntry } from '../../src/chain/session-log/log-entry.js';
import { concat, utf8 } from '../../src/crypto/bytes.js';
import { Writer } from '../../src/wire/writer.js';
import {
  alterationsOf,
  entriesOf,
  flip,
  forge,
  type PlacedEntry,
  verifyLog,
} from './log-support.js';
import { crypto } from './node-crypto.js';
import { RecordedSession, type SessionOptions } from './recorded-session.js';

const CLIENT_R = { direction: 0, lane: 0 } as const;
const CLIENT_L = { direction: 0, lane: 1 } as const;

/** Client messages 0 and 1 under statement 1, then 2 to 4 under statement 2; L 0 is lost. */
function logEntries(options: SessionOptions = {}): PlacedEntry[] {
  const session = new RecordedSession(options);
  const signs = options.signing === 'message';
  const send = (text: string) => {
    session.send(0, 0, text);
    if (signs) session.sign(0);
  };
  send('pay 10');
  send('pay 20');
  if (!signs) session.sign(0);
  send('pay 30');
  send('pay 40');
  session.send(0, 1, 'frame', 'lost');
  send('pay 50');
  if (!signs) session.sign(0);
  session.send(1, 0, 'paid');
  session.sign(1);
  return entriesOf(session.finish().take(1));
}

/** Where message `n` of the client's lane R stands. */
function indexOf(entries: readonly PlacedEntry[], n: number): number {
  return entries.findIndex(
    ({ entry }) =>
      entry.type === 'message' && entry.direction === 0 && entry.lane === 0 && entry.n === n,
  );
}

function messageEntry(entries: readonly PlacedEntry[], n: number): MessageEntry {
  const { entry } = entries[indexOf(entries, n)]!;
  if (entry.type !== 'message') throw new Error('not a message');
  return entry;
}

/** The entry of a message with another payload and the leaf that goes with it. */
function rewritten(message: MessageEntry, text: string): { readonly bytes: Uint8Array } {
  const { direction, lane, kind, n } = message;
  const { salt } = message.shown!;
  const payload = utf8(text);
  const leaf = leafOf(crypto, new Uint8Array(999), lane, kind, n, salt, payload);
  const head = new Uint8Array(MESSAGE_HEAD_BYTES);
  const w = new Writer().reset(head, 0, head.length);
  encodeMessageHead(w, true, direction, lane, kind, n, payload.length, leaf);
  return { bytes: concat(head, salt, payload) };
}

describe('somebody who edits a log and makes its checksum right', () => {
  const entries = logEntries();

  it('starts from a log that is whole, and an untouched copy is too', () => {
    expect(verifyLog(forge(entries))).toMatchObject({ exitCode: 0, status: 'whole' });
  });

  it('is found in the interval between two statements after changing payload and leaf', () => {
    for (const [n, from, to] of [
      [0, 0, 1],
      [1, 0, 1],
      [2, 2, 4],
      [4, 2, 4],
    ] as const) {
      const edited: { bytes: Uint8Array }[] = [...entries];
      edited[indexOf(entries, n)] = rewritten(messageEntry(entries, n), 'pay 99');
      const report = verifyLog(forge(edited));
      expect(report).toMatchObject({ exitCode: 1, status: 'altered' });
      const [alteration, ...more] = alterationsOf(report, CLIENT_R);
      expect(alteration).toMatchObject({ kind: 'links', fromMessage: from, toMessage: to });
      expect(more).toEqual([]);
      expect(report.sessions[0]!.directions[0].lanes[0].alteration).toBe(alteration);
    }
  });

  it('is found at the very message when every message is signed', () => {
    const signed = logEntries({ signing: 'message' });
    for (let n = 0; n < 5; n++) {
      const edited: { bytes: Uint8Array }[] = [...signed];
      edited[indexOf(signed, n)] = rewritten(messageEntry(signed, n), 'pay 99');
      const alterations = alterationsOf(verifyLog(forge(edited)), CLIENT_R);
      expect(alterations).toMatchObject([{ kind: 'links', fromMessage: n, toMessage: n }]);
    }
  });

  it('is found at the very message after changing the payload alone', () => {
    const index = indexOf(entries, 3);
    const { bytes, offset } = entries[index]!;
    const edited = entries.with(index, {
      ...entries[index]!,
      bytes: flip(bytes, bytes.length - 1, 4),
    });
    expect(alterationsOf(verifyLog(forge(edited)), CLIENT_R)).toEqual([
      { kind: 'entry', fromMessage: 3, toMessage: 3, fileOffset: offset },
    ]);
  });

  it('is found at the very message after changing the leaf alone', () => {
    const index = indexOf(entries, 3);
    const { bytes } = entries[index]!;
    const edited = entries.with(index, { ...entries[index]!, bytes: flip(bytes, 30, 4) });
    expect(alterationsOf(verifyLog(forge(edited)), CLIENT_R)).toMatchObject([
      { kind: 'entry', fromMessage: 3, toMessage: 3 },
    ]);
  });

  it('is found after taking a message out', () => {
    for (let n = 0; n < 5; n++) {
      const report = verifyLog(forge(entries.toSpliced(indexOf(entries, n), 1)));
      expect(report.exitCode).toBe(1);
      const alterations = alterationsOf(report, CLIENT_R);
      expect(alterations).toMatchObject([{ kind: 'missing', fromMessage: n, toMessage: n }]);
    }
  });

  it('is found after taking two messages out, each by itself', () => {
    const edited = entries.toSpliced(indexOf(entries, 4), 1).toSpliced(indexOf(entries, 2), 1);
    expect(alterationsOf(verifyLog(forge(edited)), CLIENT_R)).toMatchObject([
      { kind: 'missing', fromMessage: 2, toMessage: 2 },
      { kind: 'missing', fromMessage: 4, toMessage: 4 },
    ]);
  });

  it('is found after taking a GAP out', () => {
    const gap = entries.findIndex(({ entry }) => entry.type === 'gap');
    const alterations = alterationsOf(verifyLog(forge(entries.toSpliced(gap, 1))), CLIENT_L);
    expect(alterations).toMatchObject([{ kind: 'missing', fromMessage: 0, toMessage: 0 }]);
  });

  it('is found after exchanging what two messages say', () => {
    const [a, b] = [messageEntry(entries, 2), messageEntry(entries, 3)];
    const edited: { bytes: Uint8Array }[] = [...entries];
    edited[indexOf(entries, 2)] = rewritten({ ...b, n: 2 }, 'pay 40');
    edited[indexOf(entries, 3)] = rewritten({ ...a, n: 3 }, 'pay 30');
    expect(alterationsOf(verifyLog(forge(edited)), CLIENT_R)).toMatchObject([
      { kind: 'links', fromMessage: 2, toMessage: 4 },
    ]);
  });

  it('changes nothing by moving an entry within its interval, which its number outweighs', () => {
    const [i, j] = [indexOf(entries, 2), indexOf(entries, 3)];
    const moved = entries.with(i, entries[j]!).with(j, entries[i]!);
    expect(verifyLog(forge(moved)).exitCode).toBe(0);
    const unforged = concat(utf8('VCLLOG\0\x01'), ...moved.map(({ bytes }) => bytes));
    expect(verifyLog(unforged).sessions[0]!.problems).toMatchObject([{ code: 'checksum' }]);
  });

  it('is found after doubling any entry, or taking any one out', () => {
    for (let index = 0; index < entries.length; index++) {
      const doubled = verifyLog(forge(entries.toSpliced(index, 0, entries[index]!)));
      expect(doubled.exitCode, `entry ${index} twice`).not.toBe(0);
      const without = verifyLog(forge(entries.toSpliced(index, 1)));
      expect(without.exitCode, `entry ${index} gone`).not.toBe(0);
    }
  });

  it('names the message that stands in the log twice', () => {
    const index = indexOf(entries, 1);
    const report = verifyLog(forge(entries.toSpliced(index, 0, entries[index]!)));
    expect(alterationsOf(report, CLIENT_R)).toMatchObject([
      { kind: 'duplicate', fromMessage: 1, toMessage: 1 },
    ]);
    const late = verifyLog(forge(entries.toSpliced(index + 3, 0, entries[index]!)));
    expect(alterationsOf(late, CLIENT_R)).toMatchObject([
      { kind: 'duplicate', fromMessage: 1, toMessage: 1 },
    ]);
  });

  it('does not hide a false message behind the true one', () => {
    const index = indexOf(entries, 1);
    const falseOne = rewritten(messageEntry(entries, 1), 'pay 99');
    for (const at of [index, index + 1]) {
      expect(
        verifyLog(forge([...entries].toSpliced(at, 0, falseOne as PlacedEntry))).exitCode,
      ).toBe(1);
    }
    const bytes = entries[index]!.bytes;
    const broken = { ...entries[index]!, bytes: flip(bytes, bytes.length - 1, 1) };
    const report = verifyLog(forge(entries.toSpliced(index, 0, broken)));
    expect(alterationsOf(report, CLIENT_R)).toMatchObject([{ kind: 'entry', fromMessage: 1 }]);
  });

  it('cannot put a message behind FINAL', () => {
    const extra = rewritten({ ...messageEntry(entries, 4), n: 5 }, 'pay 60');
    const end = entries.length - 1;
    const report = verifyLog(forge([...entries].toSpliced(end, 0, extra as PlacedEntry)));
    expect(alterationsOf(report, CLIENT_R)).toMatchObject([
      { kind: 'beyond-final', fromMessage: 5 },
    ]);
    const before = verifyLog(forge([...entries].toSpliced(end - 2, 0, extra as PlacedEntry)));
    expect(alterationsOf(before, CLIENT_R)).toMatchObject([
      { kind: 'beyond-final', fromMessage: 5 },
    ]);
  });

  it('cannot change a bit of a statement, a message, a GAP or a key', () => {
    for (const [index, { bytes, entry }] of entries.entries()) {
      const [from, to] = signedPart(entry.type, bytes.length);
      for (let at = from; at < to; at++) {
        const edited = entries.with(index, {
          ...entries[index]!,
          bytes: flip(bytes, at, 1 << (at % 8)),
        });
        expect(verifyLog(forge(edited)).exitCode, `${entry.type}, byte ${at}`).not.toBe(0);
      }
    }
  });
});

/** The bytes of an entry that signatures or other entries bear out. */
function signedPart(type: PlacedEntry['entry']['type'], length: number): readonly [number, number] {
  switch (type) {
    case 'session':
      return [5 + 7, 5 + 7 + 5 * 32];
    case 'gap':
      return [5 + 18, length];
    case 'end':
    case 'epoch':
      return [0, 0];
    default:
      return [5, length];
  }
}

describe('a log that stops', () => {
  it('is a prefix without FINAL, whatever END says', () => {
    const session = new RecordedSession();
    session.send(0, 0, 'a');
    session.sign(0);
    expect(verifyLog(session.end().take())).toMatchObject({ exitCode: 2, status: 'prefix' });
  });

  it('has an unsigned tail with messages that no statement covers', () => {
    const session = new RecordedSession();
    session.send(0, 0, 'a');
    session.sign(0);
    session.send(0, 0, 'b');
    session.send(0, 0, 'c');
    const report = verifyLog(session.take());
    expect(report).toMatchObject({ exitCode: 3, status: 'unsigned-tail' });
    expect(report.sessions[0]!.directions[0].lanes[0]).toMatchObject({ messages: 3, through: 1 });
  });

  it('has an unsigned tail when END counts messages that the log lacks', () => {
    const entries = logEntries();
    const end = entries.length - 1;
    const more = entries.with(end, { ...entries[end]!, bytes: flip(entries[end]!.bytes, 15, 8) });
    expect(verifyLog(forge(more)).exitCode).toBe(3);
    const fewer = entries.with(end, { ...entries[end]!, bytes: flip(entries[end]!.bytes, 15, 1) });
    expect(verifyLog(forge(fewer)).sessions[0]!.problems).toMatchObject([{ code: 'tail' }]);
  });

  it('is a prefix without END', () => {
    const entries = logEntries();
    expect(verifyLog(forge(entries.slice(0, -1)))).toMatchObject({ exitCode: 2, status: 'prefix' });
  });

  it('judges a broken entry behind the last statement by itself', () => {
    const session = new RecordedSession();
    session.send(0, 0, 'a');
    const file = session.take();
    const report = verifyLog(flip(file, file.length - 1, 1));
    expect(report.exitCode).toBe(1);
    expect(alterationsOf(report, CLIENT_R)).toMatchObject([{ kind: 'entry', fromMessage: 0 }]);
  });
});

describe('what is no session log', () => {
  it.each([
    ['nothing', new Uint8Array(0)],
    ['half a name', utf8('VCLL')],
    ['a name alone', utf8('VCLLOG\0\x01')],
    ['another version', utf8('VCLLOG\0\x02')],
    ['text', utf8('a file that somebody has written for another purpose')],
    ['an entry of no length', concat(utf8('VCLLOG\0\x01'), new Uint8Array(9))],
    ['an entry that is too long', concat(utf8('VCLLOG\0\x01'), Uint8Array.of(2, 0, 0, 1, 1))],
  ])('is not readable: %s', (_what, file) => {
    expect(verifyLog(file)).toMatchObject({ exitCode: 4, status: 'unreadable', sessions: [] });
  });
});

describe('a session of a version that nobody knows', () => {
  it.each([0, 2, 0xffff_ffff])('is not readable: %i', (version) => {
    const session = new RecordedSession();
    session.send(0, 0, 'a');
    const entries = entriesOf(session.take());
    const first = entries[0]!.bytes.slice();
    new DataView(first.buffer).setUint32(5, version);
    const report = verifyLog(forge([{ bytes: first }, ...entries.slice(1)]));
    expect(report).toMatchObject({ exitCode: 4, status: 'unreadable', sessions: [] });
  });

  it('does not hide the verdict on the session before it', () => {
    const session = new RecordedSession();
    session.send(0, 0, 'a');
    const file = session.finish().take();
    expect(verifyLog(file).exitCode).toBe(0);
    const [first] = entriesOf(file);
    const other = first!.bytes.slice();
    other[8] = 2;
    const report = verifyLog(concat(file, other));
    expect(report.exitCode).toBe(4);
    expect(report.sessions.map(({ status }) => status)).toEqual(['whole']);
  });
});
