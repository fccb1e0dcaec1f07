import { describe, expect, it } from 'vitest';
import { closeBoth, connectedPair, numbered, type SideName, verifyLog } from './support.js';

const MODES = (['kept', 'redacted'] as const).flatMap((payloads) =>
  (['identity', 'session'] as const).map((evidence) => ({ payloads, evidence })),
);

describe.each(MODES)('a recorded session, payloads $payloads, evidence $evidence', (mode) => {
  const { payloads, evidence } = mode;

  it.each([
    { delivery: 'signed', signing: 'group' },
    { delivery: 'authenticated', signing: 'message' },
  ] as const)('verifies on both sides, $delivery and signed by $signing', (config) => {
    const pair = connectedPair({
      seed: 1,
      config: { evidence, ...config },
      endpoint: { record: { payloads } },
      link: { delayMs: 15, loss: 0.1, reorder: 0.1, duplicate: 0.05 },
    });
    for (let n = 0; n < 30; n++) {
      for (const side of ['client', 'server'] as const) {
        pair.send(side, numbered(n, 20 + 60 * n), { reliability: 'reliable', kind: n });
        pair.send(side, numbered(n, 20 + 60 * n), { reliability: 'unreliable' });
        pair.send(side, numbered(n, 20 + 60 * n), { reliability: 'partial' });
      }
      if (n === 15) pair.server.connection!.rotateKeys(pair.now);
      pair.run(7);
    }
    closeBoth(pair);
    for (const side of ['client', 'server'] as const satisfies SideName[]) {
      const report = verifyLog(pair, side);
      expect(report.problems).toEqual([]);
      expect([report.exitCode, report.status]).toEqual([0, 'whole']);
      expect(report.sessions).toHaveLength(1);
    }
  });
});

describe('a recorded session that is cut off', () => {
  it('is a valid prefix without an end', () => {
    const pair = connectedPair({ seed: 2, endpoint: { record: { payloads: 'kept' } } });
    for (let n = 0; n < 5; n++) pair.send('client', numbered(n, 100), { reliability: 'reliable' });
    pair.run(1_000);
    expect(verifyLog(pair, 'server').exitCode).toBe(2);
  });

  it('by an abort in the middle of things never looks altered', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const pair = connectedPair({
        seed,
        endpoint: { record: { payloads: 'kept' } },
        link: { delayMs: 10, loss: 0.2 },
        config: { delivery: seed % 2 === 0 ? 'signed' : 'authenticated' },
      });
      for (let n = 0; n < 20; n++) {
        pair.send('client', numbered(n, 700), { reliability: 'reliable' });
        pair.send('client', numbered(n, 700), { reliability: 'unreliable' });
        pair.send('server', numbered(n, 1_700), { reliability: 'partial' });
      }
      pair.run(5 * seed);
      pair[seed % 3 === 0 ? 'client' : 'server'].connection!.abort(1, '', pair.now);
      pair.run(1_000);
      for (const side of ['client', 'server'] as const) {
        expect([2, 3]).toContain(verifyLog(pair, side).exitCode);
      }
    }
  });
});
