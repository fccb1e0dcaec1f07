import { randomWorld, runWorld } from '@vcl-protocol/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RestingSession } from '../../src/connection/resting-session.js';
import { seeded } from '../scenario/support.js';

const WORLDS = 200;
const WORLDS_A_TEST = 25;
/** So short that a session rests between any two flights. */
const REST_AFTER_MS = [1, 3, 20, 150] as const;

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a session that rests whenever nothing is under way', () => {
  for (let first = 0; first < WORLDS; first += WORLDS_A_TEST) {
    it(`keeps every promise in the worlds from ${first} on`, { timeout: 120_000 }, () => {
      const wake = vi.spyOn(RestingSession.prototype, 'wake');
      for (let seed = first; seed < first + WORLDS_A_TEST; seed++) {
        const restAfterMs = REST_AFTER_MS[seed % REST_AFTER_MS.length]!;
        const result = runWorld(randomWorld(seed), { crypto: seeded(seed), restAfterMs });
        expect({ seed, violations: result.violations }).toEqual({ seed, violations: [] });
      }
      expect(wake.mock.calls.length).toBeGreaterThan(WORLDS_A_TEST);
    });
  }
});
