import { createNobleProvider, Endpoint, resolveConfig } from '@vcl-protocol/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CarrierHub } from '../src/carriers/carrier-hub.js';
import type { DatagramLink, LinkHandler } from '../src/datagram-link.js';
import { Driver, type DriverHost } from '../src/driver.js';

afterEach(() => {
  vi.useRealTimers();
});

/** A link that keeps what is sent, and has room for `room` datagrams at a time. */
class RecordingLink implements DatagramLink {
  readonly local = { address: '10.0.0.1', port: 1 };
  readonly families = [4] as const;
  readonly sent: number[] = [];
  handler: LinkHandler | undefined;
  isClosed = false;
  room: number;
  readonly #buffer = new Uint8Array(1_500);

  constructor(room: number = Number.POSITIVE_INFINITY) {
    this.room = room;
  }

  start(handler: LinkHandler): void {
    this.handler = handler;
  }

  reserve(): Uint8Array | undefined {
    return this.room > 0 ? this.#buffer : undefined;
  }

  flush(): void {}

  send(bytes: number): void {
    this.room--;
    this.sent.push(bytes);
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

const noHost: DriverHost = { onEndpointEvent() {}, onReady() {}, onTurnEnd() {} };
const REMOTE = { address: '10.0.0.2', port: 2 };

function makeDriver(link: DatagramLink, host: DriverHost = noHost): Driver {
  const crypto = createNobleProvider((out) => {
    globalThis.crypto.getRandomValues(out as Uint8Array<ArrayBuffer>);
  });
  const endpoint = new Endpoint({
    crypto,
    identity: crypto.createSigner(new Uint8Array(32).fill(9)),
    config: resolveConfig(),
    now: performance.now(),
    unixOffsetMs: 0,
    accepts: false,
  });
  return new Driver(endpoint, link, host);
}

function useFakeClock(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });
}

describe('Driver', () => {
  it('sends in a turn of its own, and again when the time has come', async () => {
    useFakeClock();
    const link = new RecordingLink();
    const driver = makeDriver(link);
    driver.endpoint.connect(REMOTE, {}, driver.now());
    driver.schedule();
    expect(link.sent).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(link.sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(248);
    expect(link.sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(5);
    expect(link.sent.length).toBeGreaterThan(1);
  });

  it('takes one turn however often it is asked for', async () => {
    useFakeClock();
    const turns = vi.fn();
    const driver = makeDriver(new RecordingLink(), { ...noHost, onTurnEnd: turns });
    for (let i = 0; i < 100; i++) driver.schedule();
    for (let i = 0; i < 100; i++) driver.onDatagram(new Uint8Array(50), REMOTE);
    await vi.advanceTimersByTimeAsync(10);
    expect(turns).toHaveBeenCalledOnce();
    expect(driver.endpoint.drops.total).toBe(100);
  });

  it('goes on in another turn when a callback of the application threw', () => {
    useFakeClock();
    const turns = vi.fn();
    const throwOnce = vi.fn().mockImplementationOnce(() => {
      throw new Error('a logger that fails');
    });
    const link = new RecordingLink();
    const host = { ...noHost, onEndpointEvent: throwOnce, onTurnEnd: turns };
    const driver = makeDriver(link, host);
    const given = driver.endpoint.connect(REMOTE, {}, driver.now());
    driver.endpoint.abortConnect(given);
    driver.endpoint.connect(REMOTE, {}, driver.now());
    driver.schedule();
    expect(() => vi.advanceTimersByTime(1)).toThrow('a logger that fails');
    vi.advanceTimersByTime(1);
    expect(turns).toHaveBeenCalledOnce();
    driver.endpoint.connect(REMOTE, {}, driver.now());
    driver.schedule();
    vi.advanceTimersByTime(1);
    expect(link.sent).toHaveLength(2);
  });

  it('answers what a throwing logger has heard of, and sets its timer in spite of one', () => {
    useFakeClock();
    const turns = vi.fn().mockImplementationOnce(() => {
      throw new Error('a logger that fails');
    });
    const driver = makeDriver(new RecordingLink(), { ...noHost, onTurnEnd: turns });
    const handle = vi.spyOn(driver.endpoint, 'handleDatagram').mockImplementationOnce(() => {
      throw new Error('another');
    });
    driver.endpoint.connect(REMOTE, {}, driver.now());
    expect(() => driver.onDatagram(new Uint8Array(50), REMOTE)).toThrow('another');
    expect(() => vi.advanceTimersByTime(1)).toThrow('a logger that fails');
    expect(handle).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(300);
    expect(turns.mock.calls.length).toBeGreaterThan(1);
  });

  it('closes a link that comes after the end', async () => {
    const [first, late] = [new RecordingLink(), new RecordingLink()];
    const hub = new CarrierHub({ datagrams: first, local: first.local });
    const driver = makeDriver(hub);
    await driver.finish(false);
    await hub.replaceDatagrams(late);
    expect(late.isClosed).toBe(true);
    expect(late.handler).toBeUndefined();
  });

  it('pauses while the link has no room, and goes on when it has', async () => {
    useFakeClock();
    const link = new RecordingLink(0);
    const driver = makeDriver(link);
    for (let i = 0; i < 3; i++) driver.endpoint.connect(REMOTE, {}, driver.now());
    driver.schedule();
    await vi.advanceTimersByTimeAsync(5);
    expect(link.sent).toHaveLength(0);
    link.room = 2;
    driver.onDrain();
    await vi.advanceTimersByTimeAsync(5);
    expect(link.sent).toHaveLength(2);
    link.room = 10;
    driver.onDrain();
    await vi.advanceTimersByTimeAsync(5);
    expect(link.sent).toHaveLength(3);
  });

  it('reports the end of an attempt, and has no timer left after it', async () => {
    useFakeClock();
    const events: string[] = [];
    const onEndpointEvent: DriverHost['onEndpointEvent'] = ({ type }) => void events.push(type);
    const driver = makeDriver(new RecordingLink(), { ...noHost, onEndpointEvent });
    driver.endpoint.connect(REMOTE, {}, driver.now());
    driver.schedule();
    await vi.advanceTimersByTimeAsync(10_010);
    expect(events).toEqual(['connectFailed']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('sends through another link from the moment it has it', async () => {
    useFakeClock();
    const [first, second] = [new RecordingLink(), new RecordingLink()];
    const hub = new CarrierHub({ datagrams: first, local: first.local });
    const driver = makeDriver(hub);
    await hub.replaceDatagrams(second);
    driver.endpoint.connect(REMOTE, {}, driver.now());
    driver.schedule();
    await vi.advanceTimersByTimeAsync(1);
    expect(first.isClosed).toBe(true);
    expect([first.sent.length, second.sent.length]).toEqual([0, 1]);
    expect(second.handler).toBe(driver);
  });

  it('finishes when there is no session, and then does nothing more', async () => {
    const link = new RecordingLink();
    const turns = vi.fn();
    const driver = makeDriver(link, { ...noHost, onTurnEnd: turns });
    await Promise.all([driver.finish(true), driver.finish(false)]);
    expect(link.isClosed).toBe(true);
    driver.schedule();
    await new Promise((later) => setImmediate(later));
    expect(turns).toHaveBeenCalledOnce();
  });

  it('keeps what the system said last', () => {
    const driver = makeDriver(new RecordingLink());
    const trouble = new Error('network is unreachable');
    driver.onTrouble(trouble);
    expect(driver.lastTrouble).toBe(trouble);
  });
});
