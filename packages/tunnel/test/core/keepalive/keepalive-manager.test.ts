import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeepalivePreset } from '../../../src/core/keepalive/keepalive-config.js';
import {
  KeepaliveAction,
  KeepaliveManager,
} from '../../../src/core/keepalive/keepalive-manager.js';
import { answerOne, missOne } from './keepalive-helpers.js';

const { Idle, SendPing, PongTimeout, ConnectionDead } = KeepaliveAction;
const mobile = (now = 0) => KeepaliveManager.fromPreset(KeepalivePreset.Mobile, now);

describe('a quiet link', () => {
  it('is not asked before the first interval has passed (G88)', () => {
    const keepalive = mobile(1_000);
    expect(keepalive.check(1_000)).toBe(Idle);
    expect(keepalive.check(20_999)).toBe(Idle);
    expect(keepalive.nextAt()).toBe(21_000);
    expect(keepalive.check(21_000)).toBe(SendPing);
  });

  it('is asked once, and then waited for', () => {
    const keepalive = mobile();
    keepalive.recordKeepaliveSent(20_000);
    expect(keepalive.isWaitingForPong).toBe(true);
    expect(keepalive.check(24_999)).toBe(Idle);
    expect(keepalive.nextAt()).toBe(25_000);
    expect(keepalive.check(25_000)).toBe(PongTimeout);
    expect(keepalive.isWaitingForPong).toBe(false);
  });

  it('is asked again right after a miss, not an interval later', () => {
    const keepalive = mobile();
    const missedAt = missOne(keepalive);
    expect(keepalive.nextAt()).toBe(missedAt);
    expect(keepalive.check(missedAt)).toBe(SendPing);
  });

  it('is found dead 3 timeouts after the interval', () => {
    const keepalive = mobile();
    missOne(keepalive);
    missOne(keepalive);
    const askedAt = keepalive.nextAt();
    keepalive.recordKeepaliveSent(askedAt);
    expect(keepalive.check(35_000)).toBe(ConnectionDead);
  });

  it('is said to be dead once, and stays so until the peer is heard', () => {
    const keepalive = mobile();
    for (let i = 0; i < 3; i++) missOne(keepalive);
    expect(keepalive.isDead).toBe(true);
    expect(keepalive.check(1e6)).toBe(Idle);
    expect(keepalive.shouldSendKeepalive(1e6)).toBe(false);
    expect(keepalive.nextAt()).toBe(Number.POSITIVE_INFINITY);
    keepalive.recordActivity(1e6);
    expect(keepalive.isDead).toBe(false);
    expect(keepalive.nextAt()).toBe(1e6 + keepalive.currentInterval);
    for (let i = 0; i < 2; i++) missOne(keepalive);
    const askedAt = keepalive.nextAt();
    keepalive.recordKeepaliveSent(askedAt);
    expect(keepalive.check(askedAt + 5_000)).toBe(ConnectionDead);
  });

  it('can be asked at once when something has changed, also while an answer is awaited', () => {
    const keepalive = mobile();
    keepalive.recordActivity(5_000);
    keepalive.askNow(6_000);
    expect(keepalive.check(6_000)).toBe(SendPing);
    keepalive.recordKeepaliveSent(6_000);
    // It sleeps for an hour: that the answer was not heard is no miss.
    keepalive.askNow(3_606_000);
    expect(keepalive.check(3_606_000)).toBe(SendPing);
    keepalive.recordKeepaliveSent(3_606_000);
    expect(keepalive.missedPongs).toBe(0);
    expect(keepalive.nextAt()).toBe(3_611_000);
  });

  it('is not kept from dying by whoever asks all the time', () => {
    const keepalive = mobile();
    for (let now = 20_000; now < 25_000; now += 500) keepalive.recordKeepaliveSent(now);
    expect(keepalive.check(25_000)).toBe(PongTimeout);
    expect(keepalive.totalSent).toBe(10);
  });
});

describe('a busy link', () => {
  it('is never asked while the peer is heard (G89)', () => {
    const keepalive = mobile();
    for (let now = 0; now < 600_000; now += 19_000) {
      keepalive.recordActivity(now);
      expect(keepalive.check(now + 18_999)).toBe(Idle);
    }
    expect(keepalive.totalSent).toBe(0);
  });

  it('is proven by whatever is heard, also while an answer is awaited', () => {
    const keepalive = mobile();
    keepalive.recordKeepaliveSent(20_000);
    keepalive.recordActivity(21_000);
    expect(keepalive.isWaitingForPong).toBe(false);
    expect(keepalive.check(25_000)).toBe(Idle);
    expect(keepalive.nextAt()).toBe(41_000);
  });

  it('is not proven by what came before the question', () => {
    const keepalive = mobile();
    keepalive.recordKeepaliveSent(20_000);
    keepalive.recordActivity(19_000);
    expect(keepalive.isWaitingForPong).toBe(true);
    expect(keepalive.check(25_000)).toBe(PongTimeout);
    keepalive.recordActivity(19_000.001);
    expect(keepalive.missedPongs).toBe(1);
  });
});

describe('misses', () => {
  it('count once, whether the loop of the guide reports them or not (G90)', () => {
    for (const isReported of [false, true]) {
      const keepalive = mobile();
      for (let missed = 1; missed <= 3; missed++) {
        missOne(keepalive);
        if (isReported) keepalive.recordPongMissed();
        expect(keepalive.missedPongs).toBe(missed);
      }
    }
  });

  it('count when only the caller saw them', () => {
    const keepalive = mobile();
    for (let i = 0; i < 3; i++) keepalive.recordPongMissed();
    expect(keepalive.isDead).toBe(true);
    expect(keepalive.nextAt()).toBe(0);
    expect(keepalive.check(0)).toBe(ConnectionDead);
    expect(keepalive.check(0)).toBe(Idle);
  });

  it('are forgotten by an answer, and on demand', () => {
    const keepalive = mobile();
    missOne(keepalive);
    answerOne(keepalive);
    expect(keepalive.missedPongs).toBe(0);
    missOne(keepalive);
    keepalive.resetMisses();
    expect(keepalive.missedPongs).toBe(0);
  });
});

describe('answers', () => {
  it('are counted, timed and smoothed', () => {
    const keepalive = mobile();
    expect([keepalive.srtt, keepalive.lastPong]).toEqual([undefined, undefined]);
    keepalive.recordKeepaliveSent(20_000);
    keepalive.recordPongReceived(20_080);
    expect(keepalive.srtt).toBe(80);
    keepalive.recordPongReceived(20_200, 160);
    expect(keepalive.srtt).toBe(90);
    expect([keepalive.totalPongs, keepalive.lastPong]).toEqual([2, 20_200]);
  });

  it('after a miss are not timed, as nobody knows which question they are to', () => {
    const keepalive = mobile();
    const missedAt = missOne(keepalive);
    keepalive.recordKeepaliveSent(missedAt);
    keepalive.recordPongReceived(missedAt + 1);
    expect(keepalive.srtt).toBeUndefined();
  });
});

describe('whatever happens', () => {
  const step = fc.record({
    waitMs: fc.integer({ min: 0, max: 30_000 }),
    what: fc.constantFrom('check', 'check', 'pong', 'activity', 'missed', 'path', 'ask'),
  });

  it('a question is asked only after an interval of silence, a miss or a demand', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const keepalive = mobile();
        let [now, heardAt, isPressing] = [0, 0, false];
        for (const { waitMs, what } of steps) {
          now += waitMs;
          if (what === 'pong') keepalive.recordPongReceived(now);
          if (what === 'activity') keepalive.recordActivity(now);
          if (what === 'pong' || what === 'activity') [heardAt, isPressing] = [now, false];
          if (what === 'missed') keepalive.recordPongMissed();
          if (what === 'path') keepalive.recordPathLost();
          if (what === 'ask') keepalive.askNow(now);
          if (what === 'ask' || what === 'missed') isPressing = true;
          if (what !== 'check') continue;
          const action = keepalive.check(now);
          if (action === PongTimeout) isPressing = true;
          if (action !== SendPing) continue;
          expect(isPressing || now - heardAt >= keepalive.currentInterval).toBe(true);
          keepalive.recordKeepaliveSent(now);
        }
        expect(keepalive.currentInterval).toBeGreaterThanOrEqual(10_000);
        expect(keepalive.currentInterval).toBeLessThanOrEqual(20_000);
        expect(keepalive.isDead).toBe(keepalive.missedPongs >= 3);
      }),
    );
  });

  it('a timer at nextAt misses nothing and never spins', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 40 }), (answers) => {
        const keepalive = mobile();
        for (const isAnswered of answers) {
          const at = keepalive.nextAt();
          if (at === Number.POSITIVE_INFINITY) return;
          if (Number.isFinite(at) && at > 0) expect(keepalive.check(at - 1)).toBe(Idle);
          const action = keepalive.check(at);
          expect(action).not.toBe(Idle);
          if (action !== SendPing) continue;
          keepalive.recordKeepaliveSent(at);
          if (isAnswered) keepalive.recordPongReceived(at + 1);
        }
      }),
    );
  });
});
