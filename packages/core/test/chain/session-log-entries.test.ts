import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogChecksum } from '../../src/chain/session-log/log-checksum.js';
import { decodeLogEntry } from '../../src/chain/session-log/log-decode.js';
import type { LogEntry, SessionEntry } from '../../src/chain/session-log/log-entry.js';
import { LogParser } from '../../src/chain/session-log/log-parser.js';
import { SessionLogWriter } from '../../src/chain/session-log/log-writer.js';
import { StatementHashes } from '../../src/chain/session-log/statement-hashes.js';
import { MAX_REMEMBERED_STATEMENTS, StatementHistory } from '../../src/chain/statement-history.js';
import { concat, hex, u32be, u64be, utf8 } from '../../src/crypto/bytes.js';
import { entriesOf, verifyLog } from './log-support.js';
import { crypto } from './node-crypto.js';
import { bytes32, RecordedSession } from './recorded-session.js';

const MAGIC = utf8('VCLLOG\0\x01');
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const bit = fc.constantFrom(0, 1);
const place = { direction: bit, lane: bit, n: fc.maxSafeNat() };

const session: Omit<SessionEntry, 'type' | 'payloads'> = {
  version: 1,
  recorder: 'server',
  evidence: 'session',
  clientKey: bytes32(1),
  serverKey: bytes32(2),
  clientSigner: bytes32(3),
  serverSigner: bytes32(4),
  th: bytes32(5),
  startedTimeMs: 1_700_000_000_123,
  previous: { sid: bytes32(6), ownHash: bytes32(7), seenHash: bytes32(8) },
};

/** What the parser makes of what the writer wrote, without what is computed. */
function written(
  write: (log: SessionLogWriter) => void,
  payloads: 'kept' | 'redacted',
): LogEntry[] {
  const log = new SessionLogWriter({ crypto, payloads });
  log.session(session);
  write(log);
  return entriesOf(log.take()!)
    .slice(1)
    .map(({ entry }) => entry);
}

describe('entries of a session log', () => {
  it('say of a session what was given', () => {
    for (const payloads of ['kept', 'redacted'] as const) {
      const log = new SessionLogWriter({ crypto, payloads });
      log.session(session);
      expect(entriesOf(log.take()!)[0]!.entry).toEqual({ type: 'session', payloads, ...session });
      log.end({
        closeCode: 0,
        remote: false,
        messages: [
          [0, 0],
          [0, 0],
        ],
      });
      log.session({ ...session, recorder: 'client', evidence: 'identity', previous: undefined });
      const again = entriesOf(concat(MAGIC, log.take()!)).at(-1)!.entry;
      expect(again).toMatchObject({
        recorder: 'client',
        evidence: 'identity',
        previous: undefined,
      });
    }
  });

  it('say of a message what was given, in one part or several', () => {
    const property = fc.property(
      fc.record({ ...place, kind: fc.nat(65_535), leaf: bytes(32), salt: bytes(16) }),
      fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 4 }),
      (message, parts) => {
        const { direction, lane, kind, n, salt, leaf } = message;
        const payload = concat(...parts);
        const common = { type: 'message', direction, lane, kind, n, length: payload.length, leaf };
        const write = (whole: boolean) => (log: SessionLogWriter) =>
          log.message(
            direction as 0 | 1,
            lane as 0 | 1,
            kind,
            n,
            whole ? payload : parts,
            salt,
            leaf,
          );
        for (const whole of [true, false]) {
          expect(written(write(whole), 'kept')).toEqual([{ ...common, shown: { salt, payload } }]);
          expect(written(write(whole), 'redacted')).toEqual([{ ...common, shown: undefined }]);
        }
      },
    );
    fc.assert(property, { numRuns: 50 });
  });

  it('say of GAP, STATEMENT, EPOCH and END what was given', () => {
    const gap = { direction: 1, lane: 1, n: 2 ** 40, length: 9, leaf: bytes32(1) } as const;
    const statement = new Uint8Array(254).fill(3);
    const signature = new Uint8Array(64).fill(4);
    const end = {
      closeCode: 12,
      remote: true,
      messages: [
        [1, 2],
        [3, 2 ** 40],
      ],
    } as const;
    const entries = written((log) => {
      log.gap(gap);
      log.statement(statement, signature);
      log.epoch(2 ** 32 - 1, bytes32(9));
      log.end(end);
    }, 'redacted');
    expect(entries).toMatchObject([
      { type: 'gap', ...gap },
      { type: 'statement', statement, signature },
      { type: 'epoch', epoch: 2 ** 32 - 1, eth: bytes32(9) },
      { type: 'end', ...end },
    ]);
  });

  it.each([
    ['an unknown type', 7, new Uint8Array(4)],
    ['a session of no version', 1, new Uint8Array(176)],
    ['a session of another version', 1, concat(u32be(2), new Uint8Array(172))],
    ['an empty body', 4, new Uint8Array(0)],
    ['a statement with a byte more', 4, new Uint8Array(319)],
    ['a third direction', 3, concat(Uint8Array.of(2, 1), new Uint8Array(48))],
    ['a GAP of lane R', 3, concat(Uint8Array.of(0, 0), new Uint8Array(48))],
    ['a number above 2^53', 3, concat(Uint8Array.of(0, 1, 255), new Uint8Array(47))],
    ['a message without room for its salt', 2, new Uint8Array(60)],
    ['an END by a third party', 6, concat(Uint8Array.of(0, 0, 2), new Uint8Array(64))],
    ['a recorder that is neither', 1, concat(u32be(1), Uint8Array.of(2), new Uint8Array(171))],
    [
      'two previous sessions',
      1,
      concat(u32be(1), new Uint8Array(171), Uint8Array.of(2), new Uint8Array(192)),
    ],
  ])('are refused: %s', (_what, type, body) => {
    expect(decodeLogEntry(type, body)).toBeUndefined();
  });

  it('never make the decoder fail, whatever they hold', () => {
    const property = fc.property(fc.nat(8), fc.uint8Array({ maxLength: 400 }), (type, body) => {
      const entry = decodeLogEntry(type, body);
      expect(entry === undefined || typeof entry.type === 'string').toBe(true);
    });
    fc.assert(property, { numRuns: 500 });
  });
});

describe('the writer of a session log', () => {
  it('holds what comes before the session begins and puts it behind', () => {
    const one = new SessionLogWriter({ crypto, payloads: 'kept' });
    const other = new SessionLogWriter({ crypto, payloads: 'kept' });
    const write = (log: SessionLogWriter) =>
      log.message(0, 0, 1, 0, utf8('early'), new Uint8Array(16), bytes32(1));
    write(one);
    expect(one.take()).toEqual(MAGIC);
    expect(one.take()).toBeUndefined();
    one.session(session);
    other.session(session);
    write(other);
    for (const log of [one, other]) {
      log.end({
        closeCode: 0,
        remote: false,
        messages: [
          [1, 0],
          [0, 0],
        ],
      });
    }
    expect(hex(concat(MAGIC, one.take()!))).toBe(hex(other.take()!));
  });

  it('drops what was held for a session that never began', () => {
    const log = new SessionLogWriter({ crypto, payloads: 'redacted' });
    log.epoch(1, bytes32(1));
    log.end({
      closeCode: 1,
      remote: false,
      messages: [
        [0, 0],
        [0, 0],
      ],
    });
    log.session(session);
    expect(entriesOf(log.take()!)).toHaveLength(1);
  });

  it('refuses a session within a session', () => {
    const log = new SessionLogWriter({ crypto, payloads: 'kept' });
    log.session(session);
    expect(() => log.session(session)).toThrow(expect.objectContaining({ code: 'InvalidConfig' }));
  });

  it('counts the bytes that wait, and gives them once', () => {
    const log = new SessionLogWriter({ crypto, payloads: 'kept', append: true });
    expect([log.queuedBytes, log.take()]).toEqual([0, undefined]);
    log.session(session);
    const { queuedBytes } = log;
    const first = log.take()!;
    expect(first).toHaveLength(queuedBytes);
    const copy = hex(first);
    log.message(0, 0, 0, 0, new Uint8Array(3_000_000), new Uint8Array(16), bytes32(1));
    expect(log.take()!.length).toBe(3_000_000 + 5 + 68);
    log.epoch(1, bytes32(2));
    expect(log.take()).toHaveLength(5 + 36);
    expect(hex(first)).toBe(copy);
  });

  it('writes large messages that verify', () => {
    const recorded = new RecordedSession();
    recorded.send(0, 0, new Uint8Array(1_000_000).fill(7));
    recorded.send(1, 1, new Uint8Array(70_000).fill(8), 'late');
    const report = verifyLog(recorded.finish().take());
    expect(report.exitCode).toBe(0);
    expect(report.sessions[0]!.directions[0].lanes[0].bytes).toBe(1_000_000);
  });
});

describe('the parser of session logs', () => {
  it('finds the same entries however the file is cut, and remembers where they are', () => {
    const entries = fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 20 });
    const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 });
    const property = fc.property(entries, sizes, (contents, chunks) => {
      const framed = contents.map((content) => concat(u32be(content.length), content));
      const file = concat(MAGIC, ...framed);
      const parser = new LogParser();
      const found: string[] = [];
      let at = 0;
      for (let i = 0; at < file.length; i++) {
        const size = chunks[i % chunks.length]!;
        parser.push(file.slice(at, at + size));
        at += size;
        for (let raw = parser.next(); raw !== undefined; raw = parser.next()) {
          expect(hex(file.subarray(raw.offset, raw.offset + raw.bytes.length))).toBe(
            hex(raw.bytes),
          );
          expect(raw.type).toBe(raw.bytes[4]);
          found.push(hex(raw.body));
        }
      }
      expect(found).toEqual(contents.map((content) => hex(content.subarray(1))));
      expect([parser.rest, parser.offset, parser.state]).toEqual([0, file.length, 'reading']);
    });
    fc.assert(property, { numRuns: 100 });
  });

  it.each([0, 2 ** 25 + 1, 2 ** 32 - 1])('stops at an entry of length %i', (length) => {
    const parser = new LogParser();
    parser.push(concat(MAGIC, u32be(length), new Uint8Array(9)));
    expect(parser.next()).toBeUndefined();
    expect(parser.state).toBe('unreadable');
    parser.push(new Uint8Array(100));
    expect(parser.next()).toBeUndefined();
    expect(parser.offset).toBe(MAGIC.length);
  });

  it('waits for the longest entry there may be', () => {
    const parser = new LogParser();
    parser.push(concat(MAGIC, u32be(2 ** 25), new Uint8Array(9)));
    expect(parser.next()).toBeUndefined();
    expect([parser.state, parser.rest]).toEqual(['reading', 13]);
  });
});

describe('the checksum of a session', () => {
  it('depends on the bytes alone, not on how they are cut', () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 9_000 }), { maxLength: 12 });
    const property = fc.property(parts, (list) => {
      const checksum = new LogChecksum(crypto);
      for (const part of list) checksum.add(part);
      expect(hex(checksum.digest())).toBe(hex(crypto.sha256(concat(...list))));
    });
    fc.assert(property, { numRuns: 50 });
  });
});

describe('hashes of statements', () => {
  it('are found by number, with holes and without', () => {
    for (const step of [1, 3]) {
      const hashes = new StatementHashes();
      expect(hashes.last).toBeUndefined();
      for (let i = 0; i < 100; i++) hashes.add(i * step, crypto.sha256(u64be(i)), 1_000 + i);
      expect(hashes.count).toBe(100);
      for (let k = 0; k < 100 * step; k++) {
        const i = k / step;
        const known = Number.isInteger(i);
        expect(hashes.offsetOf(k)).toBe(known ? 1_000 + i : undefined);
        const hash = hashes.hashOf(k);
        expect(hash && hex(hash)).toBe(known ? hex(crypto.sha256(u64be(i))) : undefined);
      }
      expect(hex(hashes.last!)).toBe(hex(crypto.sha256(u64be(99))));
      expect(hashes.numberAt(99)).toBe(99 * step);
    }
  });

  it('of own statements are remembered for the last 65,536', () => {
    const history = new StatementHistory();
    const total = MAX_REMEMBERED_STATEMENTS + 10;
    for (let k = 0; k < total; k++) history.push(new Uint8Array(32).fill(k & 0xff));
    expect(history.count).toBe(total);
    expect(history.hashOf(9)).toBeUndefined();
    expect(history.hashOf(10)).toEqual(bytes32(10));
    expect(history.hashOf(total - 1)).toEqual(bytes32((total - 1) & 0xff));
    expect(history.hashOf(total)).toBeUndefined();
    history.forgetBelow(total + 5);
    expect(history.hashOf(total - 1)).toBeUndefined();
    history.push(bytes32(1));
    expect(history.hashOf(total)).toEqual(bytes32(1));
  });
});
