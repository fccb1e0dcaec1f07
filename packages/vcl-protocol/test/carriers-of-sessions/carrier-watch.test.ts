import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CarrierDialer } from '../../src/carriers/carrier-dialer.js';
import { CarrierHub } from '../../src/carriers/carrier-hub.js';
import { CarrierWatch, type CarrierWatchOptions } from '../../src/carriers/carrier-watch.js';
import {
  FakeConnection,
  FakeDatagrams,
  FakeDials,
  FakeLink,
  fakeDriver,
  useFakeClock,
  ways,
} from './fakes.js';

const UDP = { address: '10.0.0.2', port: 443 };

const watches: CarrierWatch[] = [];

beforeEach(useFakeClock);
afterEach(() => {
  for (const watch of watches.splice(0)) watch.stop();
  vi.useRealTimers();
});

function makeWatch(options: Partial<CarrierWatchOptions> = {}) {
  const connection = new FakeConnection();
  const dials = new FakeDials();
  const hub = new CarrierHub({ datagrams: new FakeDatagrams(), local: UDP });
  if (options.link !== undefined) hub.add(options.link, () => watch.onLost());
  const watch = new CarrierWatch({
    connection: connection.asConnection,
    hub,
    driver: fakeDriver,
    dialer: new CarrierDialer(ways('tcp'), dials.dial),
    datagramsTo: UDP,
    link: undefined,
    leavesHeavyLoss: false,
    ...options,
  });
  watches.push(watch);
  return { connection, dials, hub, watch };
}

type Watched = ReturnType<typeof makeWatch>;

const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** The network drops datagrams, and the session moves to a new carrier. */
async function fallBack({ connection, dials }: Watched): Promise<FakeLink> {
  connection.silence = 10_000;
  const before = dials.calls.length;
  while (dials.calls.length === before) await later(250);
  const link = new FakeLink();
  dials.calls.at(-1)?.resolve(link);
  await later(0);
  connection.silence = 0;
  return link;
}

/** Datagrams pass again: the path that stood by has proved itself. */
function comeBack({ connection, watch }: Watched): void {
  connection.remotes = [];
  watch.onPathReady(UDP);
}

/** How long from now until datagrams are tried, ms. */
async function untilProbe({ connection }: Watched): Promise<number> {
  connection.probes.length = 0;
  const start = performance.now();
  while (connection.probes.length === 0) await later(250);
  return performance.now() - start;
}

describe('CarrierWatch on datagrams', () => {
  it('does nothing while the peer answers', async () => {
    const { dials, connection } = makeWatch();
    await later(10_000);
    expect(dials.calls).toHaveLength(0);
    expect(connection.probes).toHaveLength(0);
  });

  it('moves to a carrier when what it sends is not answered', async () => {
    const watched = makeWatch();
    const { connection, dials, watch } = watched;
    connection.silence = 501;
    await later(250);
    const link = new FakeLink();
    dials.calls[0]?.resolve(link);
    await later(0);
    expect(connection.moves).toEqual([link.remote]);
    expect(watch.link).toBe(link);
  });

  it('gives a long round trip its time', async () => {
    const { connection, dials } = makeWatch();
    connection.ptoMs = 400;
    connection.silence = 1_100;
    await later(1_000);
    expect(dials.calls).toHaveLength(0);
    connection.silence = 1_300;
    await later(250);
    expect(dials.calls).toHaveLength(1);
  });

  it('stays when datagrams are answered again before the carrier is connected', async () => {
    const { connection, dials, watch } = makeWatch();
    connection.silence = 600;
    await later(250);
    connection.silence = 0;
    const link = new FakeLink();
    dials.calls[0]?.resolve(link);
    await later(0);
    expect(connection.moves).toEqual([]);
    expect(link.ended).toBe('closed');
    expect(watch.link).toBeUndefined();
  });

  it('dials one at a time, and waits longer after each failure, up to 5 s', async () => {
    const { connection, dials } = makeWatch();
    connection.silence = 10_000;
    const gaps: number[] = [];
    await later(1_000);
    expect(dials.calls).toHaveLength(1);
    for (let i = 0; i < 8; i++) {
      const failedAt = performance.now();
      dials.calls.at(-1)?.reject(new Error('refused'));
      const before = dials.calls.length;
      while (dials.calls.length === before) await later(250);
      gaps.push(performance.now() - failedAt);
    }
    expect(gaps.slice(0, 4)).toEqual([250, 500, 1_000, 2_000]);
    expect(gaps.slice(-2)).toEqual([5_000, 5_000]);
  });

  it('gives a carrier up that the session cannot move to', async () => {
    const watched = makeWatch();
    watched.connection.canMigrate = false;
    const link = await fallBack(watched);
    expect(link.ended).toBe('closed');
    expect(watched.watch.link).toBeUndefined();
  });

  it('asks once whether the peer is there when nothing comes any more', async () => {
    const { connection } = makeWatch();
    await later(5_000);
    expect(connection.pings).toBe(0);
    connection.counters.payloadBytesReceived = 100;
    await later(1_000);
    expect(connection.pings).toBe(0);
    await later(500);
    expect(connection.pings).toBe(1);
    await later(10_000);
    expect(connection.pings).toBe(1);
  });
});

describe('CarrierWatch on a carrier', () => {
  it('tries datagrams after a second, and returns when they pass', async () => {
    const watched = makeWatch();
    const link = await fallBack(watched);
    expect(await untilProbe(watched)).toBeLessThanOrEqual(1_000);
    comeBack(watched);
    expect(watched.connection.moves).toEqual([link.remote, UDP]);
    expect(watched.watch.link).toBeUndefined();
    expect(link.ended).toBe('closed');
  });

  it('tries no second path while one stands by', async () => {
    const watched = makeWatch();
    await fallBack(watched);
    await untilProbe(watched);
    watched.connection.remotes = [UDP];
    await later(30_000);
    expect(watched.connection.probes).toHaveLength(1);
  });

  it('waits twice as long each time that datagrams fail soon after the return', async () => {
    const watched = makeWatch();
    const waits: number[] = [];
    for (let i = 0; i < 4; i++) {
      await fallBack(watched);
      waits.push(await untilProbe(watched));
      comeBack(watched);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000]);
    await later(61_000);
    await fallBack(watched);
    expect(await untilProbe(watched)).toBe(1_000);
  });

  it('never returns where datagrams are not wanted', async () => {
    const watched = makeWatch({ datagramsTo: undefined });
    await fallBack(watched);
    await later(60_000);
    expect(watched.connection.probes).toHaveLength(0);
  });

  it('connects another one at once when its own is lost', async () => {
    const watched = makeWatch();
    const { connection, dials, watch } = watched;
    const first = await fallBack(watched);
    await later(1_000);
    first.lose(new Error('reset'));
    expect(dials.calls).toHaveLength(2);
    const second = new FakeLink();
    dials.calls[1]?.resolve(second);
    await later(0);
    expect(connection.moves).toEqual([first.remote, second.remote]);
    expect(watch.link).toBe(second);
  });

  it('leaves one that is silent for 5 s, and tries another way first', async () => {
    const dials = new FakeDials();
    const dialer = new CarrierDialer(ways('tcp', 'ws'), dials.dial);
    const link = new FakeLink();
    const { connection } = makeWatch({ dialer, link });
    connection.silence = 5_000;
    await later(1_000);
    expect(dials.calls).toHaveLength(0);
    connection.silence = 5_001;
    await later(250);
    expect(dials.schemes).toEqual(['ws']);
    dials.calls[0]?.resolve(new FakeLink());
    await later(0);
    expect(link.ended).toBe('closed');
  });

  it('stays when the silence ends before another one is connected', async () => {
    const link = new FakeLink();
    const { connection, dials, watch } = makeWatch({ link });
    connection.silence = 6_000;
    await later(250);
    connection.silence = 0;
    const other = new FakeLink();
    dials.calls[0]?.resolve(other);
    await later(0);
    expect([watch.link, other.ended]).toEqual([link, 'closed']);
  });

  it('tries datagrams at once when its carrier is lost and no other can be had', async () => {
    const watched = makeWatch();
    await fallBack(watched);
    await untilProbe(watched);
    comeBack(watched);
    const link = await fallBack(watched);
    watched.connection.probes.length = 0;
    link.lose();
    watched.dials.calls.at(-1)?.reject(new Error('refused'));
    expect(watched.connection.probes).toEqual([UDP]);
    comeBack(watched);
    expect(watched.watch.link).toBeUndefined();
  });

  it('stops with the session, and lets its carrier go when the last words have left', async () => {
    const link = new FakeLink();
    const { connection, dials } = makeWatch({ link });
    connection.isEnded = true;
    await later(500);
    expect(link.ended).toBeUndefined();
    await later(1_000);
    expect(link.ended).toBe('closed');
    connection.silence = 60_000;
    await later(60_000);
    expect(dials.calls).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('CarrierWatch with heavy loss', () => {
  async function lose(connection: FakeConnection, part: number, ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 250) {
      connection.counters.packetsSent += 100;
      connection.counters.packetsLost += 100 * part;
      await later(250);
    }
  }

  it('leaves datagrams when a third is lost for more than 5 s, and returns after a minute', async () => {
    const watched = makeWatch({ leavesHeavyLoss: true });
    const { connection, dials, watch } = watched;
    await lose(connection, 0.35, 5_000);
    expect(dials.calls).toHaveLength(0);
    await lose(connection, 0.35, 500);
    expect(dials.calls).toHaveLength(1);
    dials.calls[0]?.resolve(new FakeLink());
    await later(0);
    expect(watch.link).toBeDefined();
    const wait = await untilProbe(watched);
    expect(wait).toBeGreaterThan(59_000);
    expect(wait).toBeLessThanOrEqual(60_250);
  });

  it('stays when less is lost, or loss pauses', async () => {
    const { connection, dials } = makeWatch({ leavesHeavyLoss: true });
    await lose(connection, 0.25, 10_000);
    for (let i = 0; i < 5; i++) {
      await lose(connection, 0.5, 4_000);
      await lose(connection, 0, 250);
    }
    expect(dials.calls).toHaveLength(0);
  });

  it('stays unless it is to leave', async () => {
    const { connection, dials } = makeWatch();
    await lose(connection, 0.5, 20_000);
    expect(dials.calls).toHaveLength(0);
  });
});
