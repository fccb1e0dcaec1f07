import type { CryptoProvider } from '@vcl-protocol/core';
import { describe, expect, it, vi } from 'vitest';
import { EventHub } from '../../src/events.js';
import { LegacyDrops } from '../../src/legacy/drops.js';
import { LiveSession } from '../../src/legacy/live-session.js';
import { resolveLegacySettings } from '../../src/legacy/settings.js';
import { silentLogger } from '../../src/logger.js';
import { MemoryNetwork } from '../../src/memory-link.js';
import { VCLMetrics } from '../../src/metrics.js';
import { RateLimitedLog } from '../../src/rate-limited-log.js';
import { requireSecure } from '../../src/settings.js';
import { SEED, useLegacyWorld } from './support.js';

const { withServer, withClient } = useLegacyWorld();

/** The same provider, and every key that it has agreed on. */
function observed(): { crypto: CryptoProvider; agreed: Uint8Array[] } {
  const plain = requireSecure(undefined);
  const agreed: Uint8Array[] = [];
  const x25519: CryptoProvider['x25519'] = (secret, publicKey) => {
    const key = plain.x25519(secret, publicKey);
    if (key !== undefined) agreed.push(key);
    return key;
  };
  return { crypto: { ...plain, x25519 }, agreed };
}

describe('the key of a session', () => {
  it.each([
    ['connecting', withServer],
    ['accepting', withClient],
  ])('is held once, and wiped with it, on the side that is %s', async (_, open) => {
    const { crypto, agreed } = observed();
    const { ours } = await open(new MemoryNetwork(), { crypto });
    expect(agreed).toHaveLength(1);
    expect(agreed[0]!.every((byte) => byte === 0)).toBe(true);
    await ours.send('still sealed with a copy');
    await ours.close();
  });
});

describe('what comes after the end of a session', () => {
  it('is counted, and nothing is kept of it', async () => {
    const { ours, crate } = await withClient(new MemoryNetwork(), { idleTimeoutMs: 30 });
    await expect(ours.recv()).rejects.toMatchObject({ code: 'Timeout' });
    const packet = new Uint8Array(200).fill(2);
    const count = 50;
    for (let i = 0; i < count; i++) crate.sendRaw(packet, ours.localAddress());
    await vi.waitFor(() => {
      expect(ours.metrics().droppedByReason.get('closed')).toBe(count);
    });
  });
});

describe('messages that nobody reads', () => {
  it('are limited also when they are empty', () => {
    const settings = resolveLegacySettings({ wire: 'rust-1.5', sharedIdentity: SEED });
    const metrics = new VCLMetrics<never>();
    const drops = new LegacyDrops(metrics, new RateLimitedLog(silentLogger));
    const session = new LiveSession({
      settings,
      key: new Uint8Array(32),
      remote: { address: '10.0.0.1', port: 1 },
      idleTimeoutMs: 0,
      hub: new EventHub(),
      metrics,
      drops,
      now: 0,
      onWork() {},
    });
    const handle = vi.spyOn(session.core, 'handle').mockImplementation(() => {});
    let left = 140_000;
    vi.spyOn(session.core, 'pollEvent').mockImplementation(() => {
      if (left-- <= 0) return undefined;
      const [hash, payload] = [new Uint8Array(32), new Uint8Array(0)];
      return { type: 'message', sequence: 0, hash, payload, isReassembled: false };
    });
    session.settle();
    session.handle(new Uint8Array(173), 0);
    expect(handle).not.toHaveBeenCalled();
    expect([...metrics.droppedByReason.values()]).toEqual([1]);
    session.close();
  });
});
