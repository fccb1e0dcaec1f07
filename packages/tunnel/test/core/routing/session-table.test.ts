import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SessionTable } from '../../../src/core/routing/session-table.js';

interface Session {
  readonly name: string;
  readonly ptoMs: number;
}
const session = (name: string, ptoMs = 100): Session => ({ name, ptoMs });
const table = (sessionsPerKey?: number) =>
  new SessionTable<Session>({ sessionsPerKey, ptoMs: ({ ptoMs }) => ptoMs });

describe('sessions of one key', () => {
  it('accept the first at once, and those of other keys', () => {
    const sessions = table();
    expect(sessions.arrive('a', session('1'), 0)).toEqual({ verdict: 'accept', slot: 0 });
    expect(sessions.arrive('b', session('2'), 0)).toEqual({ verdict: 'accept', slot: 0 });
    expect(sessions.nextMs).toBeUndefined();
  });

  it('challenge the old one when a new one comes', () => {
    const sessions = table();
    const old = session('old');
    sessions.arrive('a', old, 0);
    const arrival = sessions.arrive('a', session('new'), 1_000);
    expect(arrival).toEqual({ verdict: 'challenge', rivals: [old], displaced: undefined });
    expect(sessions.sessionsOf('a')).toEqual([old]);
    expect(sessions.nextMs).toBe(1_300);
  });

  it('refuse the new one when the old one answers', () => {
    const sessions = table();
    const [old, young] = [session('old'), session('new')];
    sessions.arrive('a', old, 0);
    sessions.arrive('a', young, 1_000);
    expect(sessions.answered(old)).toEqual({ verdict: 'refuse', session: young });
    expect(sessions.poll(5_000)).toEqual([]);
    expect(sessions.nextMs).toBeUndefined();
    expect(sessions.sessionsOf('a')).toEqual([old]);
  });

  it('replace the old one when it is silent for three probe timeouts', () => {
    const sessions = table();
    const [old, young] = [session('old', 200), session('new')];
    sessions.arrive('a', old, 0);
    sessions.arrive('a', young, 1_000);
    expect(sessions.poll(1_599.9)).toEqual([]);
    const outcome = { verdict: 'accept', session: young, slot: 0, replaced: old };
    expect(sessions.poll(1_600)).toEqual([outcome]);
    expect(sessions.sessionsOf('a')).toEqual([young]);
    // What comes of the old one now is of no meaning.
    expect(sessions.answered(old)).toBeUndefined();
    expect(sessions.ended(old)).toBeUndefined();
    expect(sessions.sessionsOf('a')).toEqual([young]);
  });

  it('give its place to the new one when the old one ends', () => {
    const sessions = table();
    const [old, young] = [session('old'), session('new')];
    sessions.arrive('a', old, 0);
    sessions.arrive('a', young, 1_000);
    const outcome = { verdict: 'accept', session: young, slot: 0, replaced: undefined };
    expect(sessions.ended(old)).toEqual(outcome);
  });

  it('let the newest wait, and give the old one no more time for that', () => {
    const sessions = table();
    const [old, young, newest] = [session('old'), session('new'), session('newest')];
    sessions.arrive('a', old, 0);
    sessions.arrive('a', young, 1_000);
    const arrival = sessions.arrive('a', newest, 1_200);
    expect(arrival).toEqual({ verdict: 'challenge', rivals: [old], displaced: young });
    expect(sessions.ended(young)).toBeUndefined();
    const outcome = { verdict: 'accept', session: newest, slot: 0, replaced: old };
    expect(sessions.poll(1_300)).toEqual([outcome]);
  });

  it('forget one that ends while it waits', () => {
    const sessions = table();
    const [old, young] = [session('old'), session('new')];
    sessions.arrive('a', old, 0);
    sessions.arrive('a', young, 1_000);
    expect(sessions.ended(young)).toBeUndefined();
    expect(sessions.poll(9_000)).toEqual([]);
    expect(sessions.answered(old)).toBeUndefined();
  });

  it('may be several, and then the one that is silent gives way', () => {
    const sessions = table(2);
    const [first, second, third] = [session('1'), session('2'), session('3')];
    expect(sessions.arrive('a', first, 0)).toEqual({ verdict: 'accept', slot: 0 });
    expect(sessions.arrive('a', second, 0)).toEqual({ verdict: 'accept', slot: 1 });
    const arrival = sessions.arrive('a', third, 1_000);
    expect(arrival).toEqual({
      verdict: 'challenge',
      rivals: [first, second],
      displaced: undefined,
    });
    expect(sessions.answered(first)).toBeUndefined();
    const outcome = { verdict: 'accept', session: third, slot: 1, replaced: second };
    expect(sessions.poll(1_300)).toEqual([outcome]);
    expect(sessions.sessionsOf('a')).toEqual([first, third]);
  });

  it('take a place again that became free', () => {
    const sessions = table(2);
    const [first, second] = [session('1'), session('2')];
    sessions.arrive('a', first, 0);
    sessions.arrive('a', second, 0);
    expect(sessions.ended(first)).toBeUndefined();
    expect(sessions.arrive('a', session('3'), 1)).toEqual({ verdict: 'accept', slot: 0 });
  });

  it('never exceed their number, have a place of their own each, and leave nobody waiting for ever', () => {
    const step = fc.record({
      act: fc.constantFrom('arrive', 'arrive', 'answered', 'ended', 'poll'),
      key: fc.constantFrom('a', 'b'),
      nth: fc.nat(20),
      passMs: fc.nat(400),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 3 }),
        (steps, most) => {
          const sessions = table(most);
          const all: Session[] = [];
          const waiting = new Set<Session>();
          let now = 0;
          const settle = (outcome: ReturnType<typeof sessions.ended>) => {
            if (outcome === undefined) return;
            expect(waiting.delete(outcome.session)).toBe(true);
            if (outcome.verdict === 'accept') expect(outcome.slot).toBeLessThan(most);
          };
          for (const { act, key, nth, passMs } of steps) {
            now += passMs;
            const chosen = all[nth % Math.max(all.length, 1)];
            if (act === 'arrive') {
              const one = session(`${key}${all.length}`);
              all.push(one);
              const arrival = sessions.arrive(key, one, now);
              if (arrival.verdict === 'challenge') {
                waiting.add(one);
                expect(arrival.rivals.length).toBeGreaterThan(0);
                if (arrival.displaced) expect(waiting.delete(arrival.displaced)).toBe(true);
              }
            } else if (act === 'poll') {
              for (const outcome of sessions.poll(now)) settle(outcome);
            } else if (chosen !== undefined) {
              settle(sessions[act](chosen));
              if (act === 'ended') waiting.delete(chosen);
            }
            for (const name of ['a', 'b']) {
              const live = sessions.sessionsOf(name);
              expect(live.length).toBeLessThanOrEqual(most);
              expect(new Set(live).size).toBe(live.length);
              expect(live.every((one) => one.name.startsWith(name) && !waiting.has(one))).toBe(
                true,
              );
            }
          }
          for (const outcome of sessions.poll(now + 1_000)) settle(outcome);
          expect([...waiting]).toEqual([]);
          expect(sessions.nextMs).toBeUndefined();
        },
      ),
    );
  });
});
