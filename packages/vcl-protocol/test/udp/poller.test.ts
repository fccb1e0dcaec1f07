import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EPOLLIN, EPOLLOUT } from '../../src/node/udp/linux.js';
import { Poller } from '../../src/node/udp/poller.js';
import { FakeLibc } from './fake-libc.js';

const WAKE_FD = 4;
const FD = 10;

let fake: FakeLibc;
let poller: Poller;
beforeEach(() => {
  vi.useFakeTimers();
  fake = new FakeLibc();
  poller = new Poller(fake.libc);
});
afterEach(() => {
  vi.useRealTimers();
});

/** Takes turns until the poller waits on a thread, or for a timer. */
function settle(): void {
  for (let turn = 0; turn < 100; turn++) vi.advanceTimersByTime(0);
}

function target(heard: string[], name: string, onReadable?: () => void) {
  return {
    onReadable: () => {
      heard.push(`${name} in`);
      onReadable?.();
    },
    onWritable: () => heard.push(`${name} out`),
  };
}

describe('a poller', () => {
  it('tells what the thread has seen, and waits again', () => {
    const heard: string[] = [];
    poller.add(FD, target(heard, 'a'));
    settle();
    expect(fake.waits).toHaveLength(1);
    fake.ready.push([[FD, EPOLLIN | EPOLLOUT]]);
    fake.endWait();
    expect(heard).toEqual(['a out', 'a in']);
    vi.advanceTimersByTime(1);
    settle();
    expect(fake.waits).toHaveLength(1);
  });

  it('goes on after a target has thrown, on either way to it', () => {
    const heard: string[] = [];
    const boom = () => {
      throw new Error('boom');
    };
    poller.add(FD, target(heard, 'a', boom));
    poller.add(FD + 1, target(heard, 'b'));
    fake.ready.push([[FD, EPOLLIN]]);
    expect(settle).toThrow('boom');
    vi.advanceTimersByTime(1);
    settle();
    fake.ready.push([
      [FD, EPOLLIN],
      [FD + 1, EPOLLIN],
    ]);
    expect(() => fake.endWait()).toThrow('boom');
    fake.ready.push([[FD + 1, EPOLLIN]]);
    settle();
    expect(heard).toEqual(['a in', 'a in', 'b in']);
  });

  it('hears sockets while no thread is free, soon and then at once', () => {
    const heard: string[] = [];
    poller.add(FD, target(heard, 'a'));
    settle();
    fake.ready.push([[FD, EPOLLIN]]);
    vi.advanceTimersByTime(10);
    expect(heard).toHaveLength(1);
    fake.ready.push([[FD, EPOLLIN]]);
    vi.advanceTimersByTime(2);
    expect(heard).toHaveLength(2);
    expect(fake.waits).toHaveLength(1);
  });

  it('hears sockets when there can be no wait at all', () => {
    const heard: string[] = [];
    fake.hasNoThread = true;
    poller.add(FD, target(heard, 'a'));
    settle();
    for (const count of [1, 2, 3]) {
      fake.ready.push([[FD, EPOLLIN]]);
      vi.advanceTimersByTime(200);
      expect(heard).toHaveLength(count);
    }
  });

  it('tells nothing to a target that was removed in the same round', () => {
    const heard: string[] = [];
    poller.add(
      FD,
      target(heard, 'a', () => poller.remove(FD + 1)),
    );
    poller.add(FD + 1, target(heard, 'b'));
    fake.ready.push([
      [FD, EPOLLIN],
      [FD + 1, EPOLLIN | EPOLLOUT],
    ]);
    settle();
    expect(heard).toEqual(['a in']);
  });

  it('rests without targets, and starts again', () => {
    const heard: string[] = [];
    poller.add(FD, target(heard, 'a'));
    settle();
    poller.remove(FD);
    fake.ready.push([[WAKE_FD, EPOLLIN]]);
    fake.endWait();
    vi.advanceTimersByTime(1_000);
    expect(fake.waits).toHaveLength(0);
    poller.add(FD, target(heard, 'b'));
    fake.ready.push([[FD, EPOLLIN]]);
    settle();
    expect(heard).toEqual(['b in']);
  });
});

describe('a system without room', () => {
  it('for the poller: it is not made, and nothing stays open', () => {
    fake.epollFd = -1;
    expect(() => new Poller(fake.libc)).toThrow(/too many open files/);
    expect(fake.closed).toEqual([WAKE_FD]);
  });

  it('for one more socket: its link hears of it', () => {
    fake.controlResult = -1;
    expect(() => poller.add(FD, target([], 'a'))).toThrow(/no more sockets/);
    fake.controlResult = 0;
    poller.remove(FD);
    expect(fake.polled.filter(([, fd]) => fd === FD)).toHaveLength(1);
  });
});
