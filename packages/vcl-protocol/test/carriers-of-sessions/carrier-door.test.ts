import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CarrierDoor } from '../../src/carriers/carrier-door.js';
import { CarrierHub } from '../../src/carriers/carrier-hub.js';
import { FakeConnection, FakeLink, FakeServer, useFakeClock } from './fakes.js';

beforeEach(useFakeClock);
afterEach(() => {
  vi.useRealTimers();
});

function makeDoor() {
  const server = new FakeServer();
  const sessions: FakeConnection[] = [];
  const hub = new CarrierHub({ datagrams: undefined, local: server.local });
  const door = new CarrierDoor({
    hub,
    servers: [server],
    connections: () => sessions.map((session) => session.asConnection),
  });
  const arrive = (): FakeLink => {
    const link = new FakeLink();
    server.onLink(link);
    return link;
  };
  const use = (link: FakeLink): FakeConnection => {
    const session = new FakeConnection();
    session.remotes.push(link.remote);
    sessions.push(session);
    return session;
  };
  return { server, hub, door, arrive, use };
}

describe('CarrierDoor', () => {
  it('closes a carrier that has led to no session after 15 s', async () => {
    const { arrive, hub } = makeDoor();
    const link = arrive();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(link.ended).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(link.ended).toBe('closed');
    expect(hub.carriers).toHaveLength(0);
  });

  it('keeps a carrier as long as a session uses it, and closes it soon afterwards', async () => {
    const { arrive, use } = makeDoor();
    const link = arrive();
    const session = use(link);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(link.ended).toBeUndefined();
    session.remotes.length = 0;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(link.ended).toBe('closed');
  });

  it('looks for carriers to close only while there are any', async () => {
    const { arrive } = makeDoor();
    expect(vi.getTimerCount()).toBe(0);
    const link = arrive();
    expect(vi.getTimerCount()).toBe(1);
    link.lose();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets the one go that is there longest when too many lead to no session', () => {
    const { arrive, use, hub } = makeDoor();
    const used = arrive();
    use(used);
    const oldest = arrive();
    const others = Array.from({ length: 2_046 }, () => arrive());
    const last = [arrive(), arrive()];
    expect(used.ended).toBeUndefined();
    expect(oldest.ended).toBe('closed');
    expect([...others, ...last].every(({ ended }) => ended === undefined)).toBe(true);
    expect(hub.carriers).toHaveLength(2_049);
  });

  it('lets nobody in any more once it is closed, and those live on that are in', async () => {
    const { arrive, door, server, use } = makeDoor();
    const link = arrive();
    use(link);
    await door.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.isClosed).toBe(true);
    expect(link.ended).toBeUndefined();
  });
});
