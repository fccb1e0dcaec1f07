import { describe, expect, it } from 'vitest';
import { KeepalivePreset } from '../../../src/core/keepalive/keepalive-config.js';
import {
  KeepaliveAction,
  KeepaliveManager,
} from '../../../src/core/keepalive/keepalive-manager.js';
import { answerOne, missOne } from './keepalive-helpers.js';

const mobile = () => KeepaliveManager.fromPreset(KeepalivePreset.Mobile, 0);

describe('an adaptive interval', () => {
  it('does not follow the round trip (G88)', () => {
    const keepalive = mobile();
    for (let i = 0; i < 20; i++) answerOne(keepalive);
    expect(keepalive.currentInterval).toBe(20_000);
  });

  it('shrinks when a question after the silence was lost and the next one was answered', () => {
    const keepalive = KeepaliveManager.fromPreset(KeepalivePreset.Home, 0);
    missOne(keepalive);
    answerOne(keepalive);
    expect(keepalive.currentInterval).toBe(30_000);
  });

  it('shrinks once when the way was moved, whatever is heard on the new one', () => {
    const keepalive = KeepaliveManager.fromPreset(KeepalivePreset.Home, 0);
    const missedAt = missOne(keepalive);
    keepalive.recordPathLost();
    keepalive.recordActivity(missedAt + 100);
    expect(keepalive.currentInterval).toBe(30_000);
  });

  it('does not shrink after a sleep, nor for a lost question that was none about silence', () => {
    const slept = mobile();
    slept.recordKeepaliveSent(8 * 3_600_000);
    expect(slept.check(8 * 3_600_000 + 5_000)).toBe(KeepaliveAction.PongTimeout);
    slept.recordPongReceived(8 * 3_600_000 + 5_100);
    expect(slept.currentInterval).toBe(20_000);

    const moved = mobile();
    moved.askNow(1_000);
    missOne(moved);
    answerOne(moved);
    expect(moved.currentInterval).toBe(20_000);
  });

  it('has a floor of 10 s, and grows back slowly, never above the preset', () => {
    const keepalive = mobile();
    for (let i = 0; i < 5; i++) keepalive.recordPathLost();
    expect(keepalive.currentInterval).toBe(10_000);
    answerOne(keepalive);
    expect(keepalive.currentInterval).toBeCloseTo(11_000);
    for (let i = 0; i < 20; i++) answerOne(keepalive);
    expect(keepalive.currentInterval).toBe(20_000);
  });

  it('does not grow by questions on a busy link', () => {
    const keepalive = mobile();
    keepalive.recordPathLost();
    for (let now = 0; now < 5_000; now += 1_000) {
      keepalive.recordActivity(now);
      keepalive.recordKeepaliveSent(now);
      keepalive.recordPongReceived(now + 50);
    }
    expect(keepalive.currentInterval).toBe(10_000);
  });

  it('of a shorter setting is left as it is', () => {
    const config = { intervalMs: 2_000, timeoutMs: 500, maxMissed: 3, adaptive: true };
    const keepalive = new KeepaliveManager(config, 0);
    keepalive.recordPathLost();
    expect(keepalive.currentInterval).toBe(2_000);
  });

  it('is none for presets that do not adapt', () => {
    const keepalive = KeepaliveManager.fromPreset(KeepalivePreset.Corporate, 0);
    missOne(keepalive);
    answerOne(keepalive);
    keepalive.recordPathLost();
    expect(keepalive.currentInterval).toBe(120_000);
  });
});
