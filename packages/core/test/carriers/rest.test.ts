import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RestingSession } from '../../src/connection/resting-session.js';
import {
  closeBoth,
  eventsOf,
  numbered,
  numbersRead,
  upTo,
  verifyLog,
} from '../scenario/support.js';
import { migrate, overCarrier, overUdp, setUdp, timeoutsDuring } from './support.js';

const RELIABLE = { reliability: 'reliable' } as const;
const RESTFUL = {
  endpoint: { idleTimeoutMs: 0, restAfterMs: 1_000, record: { payloads: 'kept' } },
} as const;

let woken = 0;

beforeEach(() => {
  woken = 0;
  const { wake } = RestingSession.prototype;
  vi.spyOn(RestingSession.prototype, 'wake').mockImplementation(function (this: RestingSession) {
    woken++;
    return wake.call(this);
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a session on a carrier', () => {
  it('rests and wakes, on its first path and on those that follow', () => {
    const { pair, pipe, open } = overCarrier({ seed: 1, ...RESTFUL });
    let present = pipe;
    for (let round = 0; round < 8; round++) {
      pair.run(5_000);
      const before = woken;
      pair.send('client', numbered(2 * round, 40_000), RELIABLE);
      pair.send('server', numbered(2 * round, 40_000), RELIABLE);
      pair.run(5_000);
      expect(woken - before).toBe(2);
      expect(pair.client.connection!.remote).toBe(present.toServer);
      expect(pair.server.connection!.remote).toBe(present.toClient);
      expect(pair.server.connection!.leadsTo(present.toClient)).toBe(true);
      present.lose();
      present = open();
      expect(migrate(pair, present)).toBe(true);
      pair.send('client', numbered(2 * round + 1, 40_000), RELIABLE);
      pair.send('server', numbered(2 * round + 1, 40_000), RELIABLE);
    }
    pair.run(5_000);
    expect(numbersRead(pair.server)).toEqual(upTo(16));
    expect(numbersRead(pair.client)).toEqual(upTo(16));
    expect(pair.client.connection!.counters.packetsRetransmitted).toBe(0);
    closeBoth(pair);
    expect(verifyLog(pair, 'client').exitCode).toBe(0);
    expect(verifyLog(pair, 'server').exitCode).toBe(0);
  });

  it('has no timers at rest', () => {
    const { pair } = overCarrier({ seed: 2, ...RESTFUL });
    pair.run(30_000);
    expect(timeoutsDuring(pair, 'client', () => pair.run(60_000))).toBeLessThanOrEqual(2);
    expect(timeoutsDuring(pair, 'server', () => pair.run(60_000))).toBeLessThanOrEqual(2);
  });

  it('that broke while it rested goes on with another', () => {
    const { pair, pipe, open } = overCarrier({ seed: 3, ...RESTFUL });
    pair.run(10_000);
    pipe.lose();
    pair.run(600_000);
    pair.send('server', numbered(0, 100), RELIABLE);
    pair.run(10_000);
    expect(migrate(pair, open())).toBe(true);
    pair.run(1_000);
    expect(numbersRead(pair.client)).toEqual([0]);
  });

  it('takes long records after its rest, and after its rest on UDP short ones', () => {
    const { pair, open } = overUdp({ seed: 4, ...RESTFUL });
    const pipe = open();
    expect(migrate(pair, pipe)).toBe(true);
    pair.run(5_000);
    pair.send('client', numbered(0, 100_000), RELIABLE);
    pair.run(5_000);
    expect(pipe.toServer.longestRecord).toBeGreaterThan(16_000);
    expect(pair.client.connection!.probe(pair.server.address, pair.now)).toBe(true);
    pair.run(5_000);
    expect(pair.client.connection!.use(pair.server.address, pair.now)).toBe(true);
    pair.run(5_000);
    let longest = 0;
    pair.simulation.network.setTap({
      onDatagram: ({ data }) => {
        longest = Math.max(longest, data.length);
        return 'pass';
      },
    });
    pair.send('client', numbered(1, 100_000), RELIABLE);
    pair.run(5_000);
    expect(longest).toBeLessThan(1_500);
    expect(numbersRead(pair.server)).toEqual([0, 1]);
    closeBoth(pair);
    expect(verifyLog(pair, 'server').exitCode).toBe(0);
  });

  it('that tries a path is awake for that alone, and rests once it is answered', () => {
    const { pair, open } = overUdp({ seed: 5, ...RESTFUL });
    expect(migrate(pair, open())).toBe(true);
    pair.run(5_000);
    setUdp(pair, false);
    expect(pair.client.connection!.probe(pair.server.address, pair.now)).toBe(true);
    pair.run(60_000);
    expect(timeoutsDuring(pair, 'client', () => pair.run(80_000))).toBeLessThan(100);
    setUdp(pair, true);
    pair.run(20_000);
    expect(eventsOf(pair.client, 'pathReady')).toHaveLength(1);
    expect(timeoutsDuring(pair, 'client', () => pair.run(80_000))).toBeLessThanOrEqual(2);
    expect(pair.client.connection!.use(pair.server.address, pair.now)).toBe(true);
    pair.send('client', numbered(0, 100), RELIABLE);
    pair.run(1_000);
    expect(numbersRead(pair.server)).toEqual([0]);
  });
});
