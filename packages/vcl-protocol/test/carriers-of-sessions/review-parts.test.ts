import type { Connection } from '@vcl-protocol/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CarrierLink, CarrierServer } from '../../src/carrier-link.js';
import { CarrierDialer, type CarrierTarget } from '../../src/carriers/carrier-dialer.js';
import { CarrierDoor } from '../../src/carriers/carrier-door.js';
import { CarrierHub } from '../../src/carriers/carrier-hub.js';
import { CarrierTries } from '../../src/carriers/carrier-tries.js';
import { type FakeLink, fakeLink } from './support/fake-link.js';

const LOCAL = { address: '0.0.0.0', port: 443 };
const WAYS: readonly CarrierTarget[] = (['tcp', 'wss', 'ws'] as const).map((scheme) => ({
  scheme,
  host: 'localhost',
  port: 443,
  path: '/vcl',
}));

afterEach(() => {
  vi.useRealTimers();
});

describe('a hub', () => {
  function send(hub: CarrierHub, link: CarrierLink, bytes: number): void {
    hub.reserve();
    hub.send(bytes, link.remote);
  }

  it('keeps no more than 16 KiB of answers for a carrier whose peer reads nothing', () => {
    const hub = new CarrierHub({ datagrams: undefined, local: LOCAL });
    const [deaf, other] = [fakeLink(1), fakeLink(2)];
    hub.add(deaf);
    hub.add(other);
    deaf.remote.onFull();
    for (let i = 0; i < 10_000; i++) send(hub, deaf, 1_024);
    send(hub, other, 1_024);
    expect([deaf.sent.length, other.sent.length]).toEqual([16, 1]);
  });

  it('sends again on a carrier that has drained', () => {
    const hub = new CarrierHub({ datagrams: undefined, local: LOCAL });
    const link = fakeLink();
    hub.add(link);
    for (let round = 1; round <= 3; round++) {
      link.remote.onFull();
      for (let i = 0; i < 20; i++) send(hub, link, 1_024);
      link.remote.onDrain();
      send(hub, link, 1_024);
      expect(link.sent.length).toBe(17 * round);
    }
  });

  it('is bound where it accepts, whoever is connected', () => {
    const accepting = new CarrierHub({ datagrams: undefined, local: LOCAL, accepts: true });
    const connecting = new CarrierHub({ datagrams: undefined, local: LOCAL });
    for (const hub of [accepting, connecting]) hub.add(fakeLink());
    expect(accepting.local).toEqual(LOCAL);
    expect(connecting.local).toEqual({ address: '192.0.2.2', port: 2 });
  });

  it('ends a carrier that connects after it was closed, and all others with it', async () => {
    const hub = new CarrierHub({ datagrams: undefined, local: LOCAL });
    const [early, late] = [fakeLink(), fakeLink()];
    hub.add(early);
    await hub.close();
    hub.add(late);
    expect([early.ends, late.ends]).toEqual([['close'], ['destroy']]);
  });
});

describe('a race of carriers', () => {
  it('keeps one and ends those that connect in the same turn or later', async () => {
    vi.useFakeTimers();
    const links = WAYS.map((_, i) => fakeLink(i));
    const answers: (() => void)[] = [];
    const dialer = new CarrierDialer(
      WAYS,
      (way) =>
        new Promise((resolve) => answers.push(() => resolve(links[WAYS.indexOf(way)] as FakeLink))),
    );
    const race = dialer.race(new AbortController().signal);
    await vi.advanceTimersByTimeAsync(1_000);
    for (const answer of answers) answer();
    expect(await race).toBe(links[0]);
    await vi.advanceTimersByTimeAsync(0);
    expect(links.map((link) => link.ends)).toEqual([[], ['destroy'], ['destroy']]);
  });

  it('ends a carrier that connects after it was given up', async () => {
    const link = fakeLink();
    const connected: (() => void)[] = [];
    const dialer = new CarrierDialer(
      WAYS.slice(0, 1),
      () => new Promise((resolve) => connected.push(() => resolve(link))),
    );
    const stopped = new AbortController();
    const race = dialer.race(stopped.signal);
    stopped.abort(new Error('given up'));
    for (const connect of connected) connect();
    await expect(race).rejects.toThrow('given up');
    expect(link.ends).toEqual(['destroy']);
  });

  it('leaves neither timers nor carriers behind when it stops before they are spoken on', async () => {
    vi.useFakeTimers();
    const links: FakeLink[] = [];
    const dialer = new CarrierDialer(WAYS, () => {
      const link = fakeLink();
      links.push(link);
      return Promise.resolve(link);
    });
    const onCarrier = vi.fn();
    const tries = new CarrierTries(dialer, { onCarrier, onFailed: vi.fn() });
    tries.start(true);
    await vi.advanceTimersByTimeAsync(100);
    tries.stop();
    expect(links.map((link) => link.ends)).toEqual([['destroy']]);
    expect([vi.getTimerCount(), tries.pending]).toEqual([0, 0]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(onCarrier).not.toHaveBeenCalled();
  });
});

describe('a door', () => {
  interface TestDoor {
    readonly door: CarrierDoor;
    readonly hub: CarrierHub;
    arrive(): FakeLink;
  }

  function openDoor(used: Set<unknown>, extra: CarrierServer[] = []): TestDoor {
    let take: (link: CarrierLink) => void = () => undefined;
    const server: CarrierServer = {
      local: LOCAL,
      start: (onLink) => {
        take = onLink;
      },
      close: () => Promise.resolve(),
    };
    const hub = new CarrierHub({ datagrams: undefined, local: LOCAL, accepts: true });
    const connections = (): Iterable<Connection> =>
      [{ remotes: [...used] }] as unknown as Connection[];
    const door = new CarrierDoor({ hub, servers: [...extra, server], connections });
    const arrive = (): FakeLink => {
      const link = fakeLink();
      take(link);
      return link;
    };
    return { door, hub, arrive };
  }

  it('bears 2,048 carriers without a session, and then ends the oldest, never one with a session', () => {
    vi.useFakeTimers();
    const used = new Set<unknown>();
    const { hub, arrive } = openDoor(used);
    const client = arrive();
    used.add(client.remote);
    const strangers = Array.from({ length: 2_058 }, () => arrive());
    expect(strangers.filter((link) => link.ends.length > 0)).toEqual(strangers.slice(0, 10));
    expect([client.ends, hub.carriers.length]).toEqual([[], 2_049]);
  });

  it('ends a carrier that led to no session within 15 s, and one whose session has gone on', () => {
    vi.useFakeTimers();
    const used = new Set<unknown>();
    const { arrive } = openDoor(used);
    const [silent, left, kept] = [arrive(), arrive(), arrive()];
    used.add(left.remote).add(kept.remote);
    vi.advanceTimersByTime(2_000);
    used.delete(left.remote);
    vi.advanceTimersByTime(1_000);
    expect([silent.ends, left.ends, kept.ends]).toEqual([[], ['close'], []]);
    vi.advanceTimersByTime(14_000);
    expect([silent.ends, kept.ends]).toEqual([['close'], []]);
  });

  it('has no timer when nobody is there, or after it was closed', async () => {
    vi.useFakeTimers();
    const { door, arrive } = openDoor(new Set());
    expect(vi.getTimerCount()).toBe(0);
    const link = arrive();
    expect(vi.getTimerCount()).toBe(1);
    link.lose();
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(0);
    arrive();
    await door.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('closes every server, also when one of them cannot be', async () => {
    const closed = vi.fn(() => Promise.resolve());
    const broken: CarrierServer = {
      local: LOCAL,
      start: () => undefined,
      close: () => Promise.reject(new Error('cannot')),
    };
    const good: CarrierServer = { local: LOCAL, start: () => undefined, close: closed };
    await openDoor(new Set(), [broken, good]).door.close();
    expect(closed).toHaveBeenCalledOnce();
  });
});
