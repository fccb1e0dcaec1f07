import { describe, expect, it } from 'vitest';
import { closeBoth, connectedPair, eventsOf, numbered, verifyLog } from './support.js';

describe('the window of the control stream', () => {
  it('is no end to what must be said: thousands of gaps get through', () => {
    const pair = connectedPair({ seed: 1, endpoint: { record: { payloads: 'redacted' } } });
    const { network } = pair.simulation;
    network.setConditions(pair.client.address, pair.server.address, { loss: 0.7 });
    for (let n = 0; n < 4_000; n++) {
      pair.send('client', numbered(n, 30), { reliability: 'unreliable' });
      if (n % 10 === 0) pair.run(5);
    }
    pair.run(20_000);
    network.setConditions(pair.client.address, pair.server.address, { loss: 0 });
    pair.run(60_000, () => pair.client.connection!.sentThrough[1] === 4_000);
    closeBoth(pair);
    const gaps = eventsOf(pair.server, 'gap').length;
    // Of 35 bytes and more each, these are several windows.
    expect(gaps * 35).toBeGreaterThan(65_536);
    const late = pair.server.messages.length + gaps - 4_000;
    expect(late).toBeGreaterThanOrEqual(0);
    expect(verifyLog(pair, 'server').exitCode).toBe(0);
    expect(verifyLog(pair, 'client').exitCode).toBe(0);
  });

  it('never holds more than it may while the way back is closed', () => {
    const pair = connectedPair({ seed: 2, endpoint: { idleTimeoutMs: 0 } });
    pair.simulation.network.setConditions(pair.server.address, pair.client.address, {
      blackHole: true,
    });
    for (let n = 0; n < 3_000; n++) {
      pair.send('client', numbered(n, 20), { reliability: 'unreliable' });
      if (n % 5 === 0) pair.run(20);
    }
    pair.run(60_000);
    pair.simulation.network.setConditions(pair.server.address, pair.client.address, {
      blackHole: false,
    });
    pair.run(120_000, () => pair.client.connection!.sentThrough[1] === 3_000);
    expect(pair.client.connection!.sentThrough[1]).toBe(3_000);
    expect(pair.server.connection!.isEnded).toBe(false);
  });
});
