import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findEquivocation } from '../../src/chain/session-log/equivocation.js';
import { SessionLogWriter } from '../../src/chain/session-log/log-writer.js';
import { concat, hex } from '../../src/crypto/bytes.js';
import { entriesOf, forge, verifyLog } from './log-support.js';
import { crypto } from './node-crypto.js';
import { bytes32, RecordedSession } from './recorded-session.js';

const MAGIC_BYTES = 8;

function exchange(session: RecordedSession, ...texts: string[]): RecordedSession {
  for (const text of texts) {
    session.send(0, 0, text);
    session.sign(0);
  }
  session.send(1, 0, 'ok');
  return session.finish();
}

describe('any exchange', () => {
  const message = fc.record({
    d: fc.constantFrom(0, 1),
    lane: fc.constantFrom(0, 1),
    payload: fc.uint8Array({ maxLength: 40 }),
    fate: fc.constantFrom('arrives', 'lost', 'late'),
  });
  const step = fc.oneof(message, fc.constantFrom('sign client', 'sign server', 'rekey'));

  it('leaves two logs that are whole and agree', () => {
    const options = fc.record({
      payloads: fc.constantFrom('kept', 'redacted'),
      evidence: fc.constantFrom('identity', 'session'),
    });
    const property = fc.property(fc.array(step, { maxLength: 40 }), options, (steps, choice) => {
      const session = new RecordedSession(choice);
      for (const next of steps) {
        if (next === 'rekey') session.rekey();
        else if (typeof next === 'string') session.sign(next === 'sign client' ? 0 : 1);
        else if (next.lane === 0) session.send(next.d as 0 | 1, 0, next.payload);
        else session.send(next.d as 0 | 1, 1, next.payload, next.fate as 'lost');
      }
      session.finish();
      const [a, b] = [verifyLog(session.take(0)), verifyLog(session.take(1))];
      expect([a.status, b.status]).toEqual(['whole', 'whole']);
      const { equivocations, shared } = findEquivocation(a, b);
      expect(equivocations).toEqual([]);
      expect(shared.every(({ onlyInA, onlyInB }) => onlyInA + onlyInB === 0)).toBe(true);
    });
    fc.assert(property, { numRuns: 60 });
  });
});

describe('several sessions in a file', () => {
  const logs = () =>
    [0, 1].map(() => new SessionLogWriter({ crypto, payloads: 'kept' })) as unknown as readonly [
      SessionLogWriter,
      SessionLogWriter,
    ];

  it('join where the second names the last statements of the first', () => {
    for (const side of [0, 1] as const) {
      const shared = logs();
      const first = exchange(new RecordedSession({ logs: shared }), 'a');
      const previous = first.previous();
      const second = exchange(new RecordedSession({ logs: shared, th: 0x77, previous }), 'b');
      const report = verifyLog(second.take(side));
      expect(report).toMatchObject({ exitCode: 0, status: 'whole' });
      expect(report.sessions.map((session) => session.previous)).toEqual([
        undefined,
        { sid: hex(first.sid), state: 'joined' },
      ]);
    }
  });

  it('have a gap where the first ends elsewhere', () => {
    const shared = logs();
    const first = new RecordedSession({ logs: shared });
    const [early] = first.previous();
    exchange(first, 'a');
    const second = new RecordedSession({ logs: shared, th: 0x77, previous: [early, early] });
    const report = verifyLog(exchange(second, 'b').take());
    expect(report).toMatchObject({ exitCode: 2, status: 'prefix' });
    expect(report.sessions[1]).toMatchObject({
      status: 'prefix',
      previous: { state: 'gap' },
      problems: [{ code: 'previous-session' }],
    });
  });

  it('say so when the first is not in the file', () => {
    const [previous] = new RecordedSession().previous();
    const second = new RecordedSession({ th: 0x77, previous: [previous, previous] });
    const report = verifyLog(exchange(second, 'b').take());
    expect(report).toMatchObject({ exitCode: 0, sessions: [{ previous: { state: 'absent' } }] });
  });

  it('are as good as the worst of them', () => {
    const shared = logs();
    new RecordedSession({ logs: shared }).end();
    exchange(new RecordedSession({ logs: shared, th: 0x77 }), 'b');
    const report = verifyLog(shared[0].take()!);
    expect(report.sessions.map(({ exitCode }) => exitCode)).toEqual([2, 0]);
    expect(report.exitCode).toBe(2);
  });

  it('may be appended to a file', () => {
    const options = { crypto, payloads: 'kept', append: true } as const;
    const appended = [new SessionLogWriter(options), new SessionLogWriter(options)] as const;
    const first = exchange(new RecordedSession(), 'a').take();
    const second = exchange(new RecordedSession({ logs: appended, th: 0x77 }), 'b').take();
    expect(verifyLog(concat(first, second))).toMatchObject({
      exitCode: 0,
      sessions: [{ status: 'whole' }, { status: 'whole' }],
    });
  });

  it('may not lie loose', () => {
    const entries = entriesOf(exchange(new RecordedSession(), 'a').take());
    const report = verifyLog(forge([...entries, entries[1]!]));
    expect(report).toMatchObject({ exitCode: 4, problems: [{ code: 'stray-entry' }] });
  });
});

describe('the logs of both sides', () => {
  it('agree about every statement', () => {
    const session = exchange(new RecordedSession(), 'a', 'b');
    const [a, b] = [verifyLog(session.take(0)), verifyLog(session.take(1))];
    const { equivocations, shared } = findEquivocation(a, b);
    expect(equivocations).toEqual([]);
    const same = { sid: hex(session.sid), sameSigner: true, onlyInA: 0, onlyInB: 0 };
    expect(shared).toEqual([
      { ...same, direction: 0, agreeing: 4 },
      { ...same, direction: 1, agreeing: 2 },
    ]);
  });

  it('agree as far as the shorter goes', () => {
    const session = exchange(new RecordedSession(), 'a', 'b');
    const [whole, other] = [session.take(0), session.take(1)];
    const cut = verifyLog(other.subarray(0, Math.floor(other.length / 2)));
    const { equivocations, shared } = findEquivocation(verifyLog(whole), cut);
    expect(equivocations).toEqual([]);
    expect(shared[0]!.onlyInA).toBeGreaterThan(0);
    expect(shared[0]!.onlyInB).toBe(0);
  });

  it('have nothing in common when they are of different sessions', () => {
    const a = verifyLog(exchange(new RecordedSession(), 'a').take());
    const b = verifyLog(exchange(new RecordedSession({ th: 0x77 }), 'a').take());
    expect(findEquivocation(a, b)).toEqual({ equivocations: [], shared: [] });
  });
});

describe('a signer who says different things to different people', () => {
  const one = exchange(new RecordedSession(), 'I sold it to you').take(1);
  const other = exchange(new RecordedSession(), 'I sold it to nobody').take(1);

  it('has two logs that are each whole', () => {
    for (const file of [one, other]) expect(verifyLog(file).exitCode).toBe(0);
  });

  it('is found across two files, with the place of both statements', () => {
    const [a, b] = [verifyLog(one), verifyLog(other)];
    const { equivocations, shared } = findEquivocation(a, b);
    expect(equivocations[0]).toMatchObject({
      direction: 0,
      k: 1,
      signer: a.sessions[0]!.clientKey,
    });
    const { offsetA, offsetB } = equivocations[0]!;
    const [inA, inB] = [statementAt(one, offsetA), statementAt(other, offsetB)];
    expect(hex(inA)).not.toBe(hex(inB));
    expect(shared[0]).toMatchObject({ sameSigner: true, agreeing: 1 });
  });

  it('is found within one file', () => {
    const report = verifyLog(concat(one, other.subarray(MAGIC_BYTES)));
    expect(report.exitCode).toBe(1);
    expect(report.sessions.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(report.problems[0]).toMatchObject({ code: 'equivocation', direction: 0, k: 1 });
  });

  it('is found within one session', () => {
    const foreign = entriesOf(other).find(({ offset }) => offset === equivocating(other))!;
    const entries = entriesOf(one);
    const at = entries.findIndex(({ offset }) => offset === equivocating(one));
    const report = verifyLog(forge(entries.toSpliced(at + 1, 0, foreign)));
    expect(report.sessions[0]!.problems).toMatchObject([{ code: 'equivocation', k: 1 }]);
  });

  it('is not accused when another key signed', () => {
    const file = exchange(new RecordedSession({ evidence: 'session' }), 'something').take(1);
    const { equivocations, shared } = findEquivocation(verifyLog(one), verifyLog(file));
    expect(equivocations).toEqual([]);
    expect(shared[0]).toMatchObject({ sameSigner: false });
  });

  function equivocating(file: Uint8Array): number {
    return findEquivocation(verifyLog(file), verifyLog(file === one ? other : one))
      .equivocations[0]!.offsetA;
  }
});

describe('session evidence', () => {
  it('verifies under the signers of the session', () => {
    const file = exchange(new RecordedSession({ evidence: 'session' }), 'a').take();
    const [session] = verifyLog(file).sessions;
    expect(session).toMatchObject({ evidence: 'session', status: 'whole' });
    expect(session!.directions[0].signer).not.toBe(session!.clientKey);
  });

  it('is held to its name', () => {
    for (const evidence of ['identity', 'session'] as const) {
      const file = exchange(new RecordedSession({ evidence }), 'a').take();
      file[MAGIC_BYTES + 5 + 5]! ^= 1;
      const problems = verifyLog(file).sessions[0]!.problems;
      expect(problems).toContainEqual(expect.objectContaining({ code: 'keys' }));
    }
  });

  it('refuses keys that are none', () => {
    const entries = entriesOf(exchange(new RecordedSession(), 'a').take());
    const broken = entries[0]!.bytes.slice();
    // A point of small order would make every signature good.
    for (const key of [0, 2])
      broken.set(Uint8Array.of(1, ...bytes32(0).subarray(1)), 12 + 32 * key);
    const report = verifyLog(forge([{ bytes: broken }, ...entries.slice(1)]));
    expect(report.sessions[0]!.problems[0]).toMatchObject({ code: 'keys' });
    expect(report.sessions[0]!.directions[0].statements).toBe(0);
  });
});

function statementAt(file: Uint8Array, offset: number): Uint8Array {
  const { entry } = entriesOf(file).find((placed) => placed.offset === offset)!;
  if (entry.type !== 'statement') throw new Error('no statement there');
  return entry.statement;
}
