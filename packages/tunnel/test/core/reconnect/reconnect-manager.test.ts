import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReconnectConfig } from '../../../src/core/reconnect/reconnect-config.js';
import { ReconnectManager, ReconnectState } from '../../../src/core/reconnect/reconnect-manager.js';

const middle = () => 0.5;
const manager = (config: Partial<ReconnectConfig> = {}, random = middle) =>
  new ReconnectManager({ ...ReconnectConfig.default(), ...config }, random);

/** Connected since `now`. */
function connected(config: Partial<ReconnectConfig> = {}, now = 0): ReconnectManager {
  const reconnect = manager(config);
  reconnect.onAttemptStart();
  reconnect.onConnect(now);
  return reconnect;
}

/** Waits for the next attempt, which fails at once. @returns when */
function failOne(reconnect: ReconnectManager): number {
  const at = reconnect.nextAt();
  expect(reconnect.shouldReconnect(at)).toBe(true);
  reconnect.onAttemptStart();
  reconnect.onFailure(at);
  return at;
}

/** The waits after a loss at 0 when `attempts` attempts fail. */
function waits(reconnect: ReconnectManager, attempts: number): number[] {
  reconnect.onDisconnect(0);
  const all = [reconnect.currentInterval];
  for (let i = 0; i < attempts; i++) {
    failOne(reconnect);
    all.push(reconnect.currentInterval);
  }
  return all;
}

describe('before the first connection', () => {
  it('nothing is due, connected or lost', () => {
    const reconnect = manager();
    expect(reconnect.state).toBe(ReconnectState.Idle);
    expect(reconnect.shouldReconnect(1e9)).toBe(false);
    expect(reconnect.timeUntilReconnect(1e9)).toBe(Number.POSITIVE_INFINITY);
    expect(reconnect.nextAt()).toBe(Number.POSITIVE_INFINITY);
    expect(reconnect.isConnected()).toBe(false);
  });

  it('attempts that fail are repeated, but are no downtime, and it is no reconnection (G74)', () => {
    const reconnect = manager();
    reconnect.onAttemptStart();
    reconnect.onFailure(100);
    const at = reconnect.nextAt();
    expect(reconnect.shouldReconnect(at)).toBe(true);
    reconnect.onAttemptStart();
    reconnect.onConnect(at);
    expect(reconnect.totalReconnects).toBe(0);
    expect(reconnect.totalDowntime(at)).toBe(0);
    expect(reconnect.attempts).toBe(1);
  });

  it('a loss tells of a link that was there, as in the guide', () => {
    const reconnect = ReconnectManager.mobile(middle);
    reconnect.onDisconnect(0);
    expect(reconnect.timeUntilReconnect(0)).toBe(500);
    reconnect.onAttemptStart();
    reconnect.onConnect(700);
    expect(reconnect.totalReconnects).toBe(1);
    expect(reconnect.totalDowntime(9_000)).toBe(700);
  });
});

describe('waits', () => {
  it('grow by the multiplier up to the longest one', () => {
    expect(waits(manager({ jitter: 0 }), 8)).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ]);
  });

  it('are as short as the preset says, without a floor (G94)', () => {
    const all = waits(ReconnectManager.instant(middle), 4);
    expect(all.map(Math.round)).toEqual([10, 15, 23, 34, 51]);
  });

  it('are off by chance, the first one as well (G92)', () => {
    expect(
      waits(
        manager({}, () => 0),
        1,
      ),
    ).toEqual([800, 1_600]);
    expect(
      waits(
        manager({}, () => 0.75),
        1,
      ),
    ).toEqual([1_100, 2_200]);
  });

  it('stay within the jitter of their own step, which never adds up (G92)', () => {
    const numbers = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
      minLength: 12,
      maxLength: 12,
    });
    fc.assert(
      fc.property(numbers, (chances) => {
        let used = 0;
        const all = waits(
          manager({}, () => chances[used++]!),
          11,
        );
        for (const [i, wait] of all.entries()) {
          const base = Math.min(50_000, 1_000 * 2 ** i);
          expect(wait).toBeGreaterThanOrEqual(base * 0.8 - 1e-6);
          expect(wait).toBeLessThanOrEqual(Math.min(60_000, base * 1.2 + 1e-6));
        }
      }),
    );
  });

  it('of many clients are spread at the longest one too', () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const last = Array.from({ length: 1_000 }, () => waits(manager({}, random), 8).at(-1)!);
    const perSecond = new Map<number, number>();
    for (const wait of last) {
      const second = Math.floor(wait / 1_000);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    }
    // 20 s of room: 50 a second if they were even.
    expect(Math.max(...perSecond.values())).toBeLessThan(90);
    expect(new Set(last).size).toBeGreaterThan(990);
  });

  it('end when something has changed', () => {
    const reconnect = connected();
    reconnect.onDisconnect(40_000);
    expect(reconnect.shouldReconnect(40_001)).toBe(false);
    reconnect.hurry(40_001);
    expect(reconnect.shouldReconnect(40_001)).toBe(true);
  });

  it('are told to timers', () => {
    const reconnect = connected();
    expect(reconnect.nextAt()).toBe(Number.POSITIVE_INFINITY);
    reconnect.onDisconnect(40_000);
    expect(reconnect.nextAt()).toBe(41_000);
    expect(reconnect.timeUntilReconnect(40_300)).toBe(700);
    expect(reconnect.shouldReconnect(40_999)).toBe(false);
    expect(reconnect.state).toBe(ReconnectState.WaitingBackoff);
    expect(reconnect.shouldReconnect(41_000)).toBe(true);
    expect(reconnect.state).toBe(ReconnectState.ReadyToReconnect);
    expect(reconnect.timeUntilReconnect(41_000)).toBe(0);
    reconnect.onAttemptStart();
    expect(reconnect.state).toBe(ReconnectState.Reconnecting);
    expect(reconnect.shouldReconnect(99_000)).toBe(false);
    expect(reconnect.nextAt()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a link that came back', () => {
  it('leaves its attempts to be read (G95), until it has lasted (G93)', () => {
    const reconnect = connected();
    waits(reconnect, 3);
    reconnect.onAttemptStart();
    reconnect.onConnect(20_000);
    expect(reconnect.attempts).toBe(3);
    expect(reconnect.checkStability(49_999)).toBe(false);
    expect(reconnect.attempts).toBe(3);
    expect(reconnect.checkStability(50_000)).toBe(true);
    expect(reconnect.attempts).toBe(0);
  });

  it('and is lost again before it lasted waits longer each time', () => {
    const reconnect = connected();
    let now = 0;
    const seen: number[] = [];
    for (let i = 0; i < 4; i++) {
      reconnect.onDisconnect(now + 1_000);
      seen.push(reconnect.currentInterval);
      now = reconnect.nextAt();
      reconnect.onAttemptStart();
      reconnect.onConnect(now);
    }
    expect(seen).toEqual([1_000, 2_000, 4_000, 8_000]);
  });

  it('and lasted begins with the first wait, though nobody asked whether it had', () => {
    const reconnect = connected();
    waits(reconnect, 3);
    reconnect.onConnect(20_000);
    reconnect.onDisconnect(50_000);
    expect([reconnect.currentInterval, reconnect.attempts]).toEqual([1_000, 0]);
  });

  it('is counted once, with the time that there was none', () => {
    const reconnect = connected();
    reconnect.onDisconnect(10_000);
    expect(reconnect.totalDowntime(10_400)).toBe(400);
    failOne(reconnect);
    reconnect.onConnect(13_000);
    expect(reconnect.totalDowntime(20_000)).toBe(3_000);
    reconnect.onDisconnect(20_000);
    reconnect.onConnect(20_500);
    expect(reconnect.totalDowntime(30_000)).toBe(3_500);
    expect(reconnect.totalReconnects).toBe(2);
  });

  it('in the place of one that is there counts, without downtime', () => {
    const reconnect = connected();
    reconnect.onConnect(14_000);
    expect([reconnect.totalReconnects, reconnect.totalDowntime(20_000)]).toEqual([1, 0]);
    expect(reconnect.checkStability(40_000)).toBe(false);
    expect(reconnect.checkStability(44_000)).toBe(true);
  });
});

describe('a loss', () => {
  it('that is told again, or during an attempt, changes nothing', () => {
    const reconnect = connected();
    reconnect.onDisconnect(1_000);
    reconnect.onDisconnect(1_500);
    expect(reconnect.nextAt()).toBe(2_000);
    expect(reconnect.currentInterval).toBe(1_000);
    expect(reconnect.shouldReconnect(2_000)).toBe(true);
    reconnect.onDisconnect(2_000);
    expect(reconnect.shouldReconnect(2_000)).toBe(true);
    reconnect.onAttemptStart();
    reconnect.onDisconnect(2_100);
    expect(reconnect.state).toBe(ReconnectState.Reconnecting);
  });
});

describe('giving up', () => {
  it('comes after as many failures as are allowed, and is final (G94)', () => {
    const reconnect = ReconnectManager.stable(middle);
    waits(reconnect, 9);
    expect(reconnect.isGivingUp()).toBe(false);
    failOne(reconnect);
    expect(reconnect.isGivingUp()).toBe(true);
    expect(reconnect.attempts).toBe(10);
    reconnect.onDisconnect(1e9);
    reconnect.onAttemptStart();
    reconnect.onFailure(1e9);
    reconnect.hurry(1e9);
    expect(reconnect.state).toBe(ReconnectState.GaveUp);
    expect(reconnect.attempts).toBe(10);
    expect(reconnect.shouldReconnect(2e9)).toBe(false);
    expect(reconnect.nextAt()).toBe(Number.POSITIVE_INFINITY);
  });

  it('ends by an explicit reset', () => {
    const reconnect = ReconnectManager.instant(middle);
    waits(reconnect, 5);
    reconnect.reset(10_000);
    expect(reconnect.shouldReconnect(10_000)).toBe(true);
    expect(reconnect.attempts).toBe(0);
    failOne(reconnect);
    expect(reconnect.currentInterval).toBe(10);
    reconnect.onConnect(10_500);
    expect(reconnect.totalDowntime(10_500)).toBe(10_500);
  });

  it('never comes without a limit', () => {
    const reconnect = manager({ multiplier: 1e300 });
    expect(Math.max(...waits(reconnect, 500))).toBeLessThanOrEqual(60_000);
    expect(reconnect.isGivingUp()).toBe(false);
  });
});

describe('a reset', () => {
  it('of a link that is there leaves it alone', () => {
    const reconnect = connected();
    reconnect.reset(5_000);
    expect(reconnect.isConnected()).toBe(true);
    expect(reconnect.totalDowntime(9_000)).toBe(0);
    reconnect.onDisconnect(9_000);
    expect(reconnect.currentInterval).toBe(1_000);
  });

  it('makes no second attempt beside one that is under way', () => {
    const reconnect = connected();
    reconnect.onDisconnect(1_000);
    reconnect.onAttemptStart();
    reconnect.reset(2_500);
    expect(reconnect.shouldReconnect(2_500)).toBe(false);
  });
});
