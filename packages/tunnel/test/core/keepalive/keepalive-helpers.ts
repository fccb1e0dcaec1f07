import { expect } from 'vitest';
import {
  KeepaliveAction,
  type KeepaliveManager,
} from '../../../src/core/keepalive/keepalive-manager.js';

const { SendPing } = KeepaliveAction;

/** Asks as soon as that is due, and misses the answer. @returns when it was missed */
export function missOne(keepalive: KeepaliveManager): number {
  const askedAt = keepalive.nextAt();
  expect(keepalive.check(askedAt)).toBe(SendPing);
  keepalive.recordKeepaliveSent(askedAt);
  const missedAt = keepalive.nextAt();
  keepalive.check(missedAt);
  return missedAt;
}

/** Asks as soon as that is due, and hears the answer after 50 ms. */
export function answerOne(keepalive: KeepaliveManager): void {
  const askedAt = keepalive.nextAt();
  expect(keepalive.check(askedAt)).toBe(SendPing);
  keepalive.recordKeepaliveSent(askedAt);
  keepalive.recordPongReceived(askedAt + 50);
}
