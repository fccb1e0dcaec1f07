import { randomWorld, runWorld } from '@vcl-protocol/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConnectionParts } from '../../src/connection/connection-parts.js';
import { RestingSession } from '../../src/connection/resting-session.js';
import { connectedPair, numbered, numbersRead, seeded } from '../scenario/support.js';
import { PrivateState } from './private-state.js';

let probe: PrivateState;
/** The comparison takes its time: a part of the worlds, each with a time of rest of its own. */
const WORLDS = 16;
const differences: string[] = [];
let woken = 0;

beforeEach(() => {
  probe = new PrivateState();
  differences.length = 0;
  woken = 0;
  compareAcrossRests();
});

afterEach(() => {
  vi.restoreAllMocks();
  probe.dispose();
});

/** Every session that wakes is compared, field by field, with what went to rest. */
function compareAcrossRests(): void {
  const { of } = RestingSession;
  const { wake } = RestingSession.prototype;
  const before = new WeakMap<RestingSession, Record<string, unknown>>();
  vi.spyOn(RestingSession, 'of').mockImplementation((parts) => {
    const resting = of.call(RestingSession, parts);
    if (resting !== undefined) before.set(resting, probe.of(parts));
    return resting;
  });
  vi.spyOn(RestingSession.prototype, 'wake').mockImplementation(function (this: RestingSession) {
    const parts = wake.call(this);
    compare(before.get(this)!, probe.of(parts));
    woken++;
    return parts;
  });
}

function compare(before: Record<string, unknown>, after: Record<string, unknown>): void {
  for (const path of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (Object.is(before[path], after[path])) continue;
    differences.push(`${path}: ${String(before[path])} became ${String(after[path])}`);
  }
}

describe('a session that wakes', () => {
  it('has every field that it had, whatever happened before', { timeout: 120_000 }, () => {
    for (let seed = 0; seed < WORLDS; seed++) {
      const { violations } = runWorld(randomWorld(seed), {
        crypto: seeded(seed),
        restAfterMs: 5 + 7 * (seed % 9),
      });
      expect(violations).toEqual([]);
    }
    expect([...new Set(differences)].slice(0, 20)).toEqual([]);
    expect(woken).toBeGreaterThan(20);
  });

  it('has the path that it moved to', () => {
    const pair = connectedPair({ seed: 4, endpoint: { idleTimeoutMs: 0, restAfterMs: 50 } });
    pair.run(5_000);
    for (let move = 1; move <= 3; move++) {
      expect(pair.client.connection!.migrate(pair.now)).toBe(true);
      pair.run(5_000);
      pair.send('client', numbered(move, 3_000), { reliability: 'reliable' });
      pair.send('server', numbered(move, 3_000), { reliability: 'unreliable' });
      pair.run(5_000);
    }
    expect(numbersRead(pair.server)).toEqual([1, 2, 3]);
    expect(numbersRead(pair.client)).toEqual([1, 2, 3]);
    expect(differences).toEqual([]);
    expect(woken).toBeGreaterThanOrEqual(6);
  });

  it('is compared in all its parts', () => {
    let fields = 0;
    vi.mocked(RestingSession.prototype.wake).mockImplementation(function (this: RestingSession) {
      const parts = new ConnectionParts(this.options, this);
      fields = Object.keys(probe.of(parts)).length;
      return parts;
    });
    runWorld(randomWorld(1), { crypto: seeded(1), restAfterMs: 40 });
    expect(fields).toBeGreaterThan(250);
  });
});
