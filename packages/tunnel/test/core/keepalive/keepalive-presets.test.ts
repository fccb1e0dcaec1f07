import { VCLError } from '@vcl-protocol/core';
import { describe, expect, it } from 'vitest';
import {
  type KeepaliveConfig,
  KeepalivePreset,
  keepaliveConfig,
} from '../../../src/core/keepalive/keepalive-config.js';
import {
  KeepaliveAction,
  KeepaliveManager,
} from '../../../src/core/keepalive/keepalive-manager.js';
import { missOne } from './keepalive-helpers.js';

describe('the presets', () => {
  it.each([
    [KeepalivePreset.Mobile, 20_000, 5_000, 3],
    [KeepalivePreset.Home, 60_000, 10_000, 3],
    [KeepalivePreset.Corporate, 120_000, 15_000, 2],
    [KeepalivePreset.DataCenter, 30_000, 10_000, 5],
  ])('%s has the numbers of the guide', (preset, intervalMs, timeoutMs, maxMissed) => {
    expect(keepaliveConfig(preset)).toMatchObject({ intervalMs, timeoutMs, maxMissed });
    expect(KeepaliveManager.fromPreset(preset, 0).currentInterval).toBe(intervalMs);
  });

  const alive = Object.values(KeepalivePreset).filter((name) => name !== KeepalivePreset.Disabled);
  it.each(alive)('%s dies after exactly its misses (G90)', (preset) => {
    const keepalive = KeepaliveManager.fromPreset(preset, 0);
    for (let i = 1; i < keepalive.config.maxMissed; i++) {
      missOne(keepalive);
      expect(keepalive.isDead).toBe(false);
      expect(keepalive.missedPongs).toBe(i);
    }
    missOne(keepalive);
    expect(keepalive.isDead).toBe(true);
  });

  it('disabled says nothing, ever', () => {
    const keepalive = KeepaliveManager.fromPreset(KeepalivePreset.Disabled, 0);
    keepalive.askNow(1);
    expect(keepalive.check(1e12)).toBe(KeepaliveAction.Idle);
    expect(keepalive.shouldSendKeepalive(1e12)).toBe(false);
    expect(keepalive.nextAt()).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    ['intervalMs', { intervalMs: 0 }],
    ['timeoutMs', { timeoutMs: Number.NaN }],
    ['maxMissed', { maxMissed: 0 }],
  ])("of one's own are checked: %s", (field, part) => {
    const config: KeepaliveConfig = { ...keepaliveConfig(KeepalivePreset.Home), ...part };
    expect(() => new KeepaliveManager(config, 0)).toThrow(VCLError);
    expect(() => new KeepaliveManager(config, 0)).toThrow(`keepalive.${field}`);
  });
});
