import { beforeEach, describe, expect, it } from 'vitest';
import { FastLink } from '../../src/node/udp/fast-link.js';
import { EPOLL_CTL_MOD, EPOLLIN, EPOLLOUT } from '../../src/node/udp/linux.js';
import { SharedParts } from '../../src/node/udp/shared-parts.js';
import { FakeLibc } from './fake-libc.js';

const OPTIONS = { address: '127.0.0.1', port: 9, maxDatagramBytes: 1_500 };
const PEER = { address: '10.0.0.1', port: 1 };

let fake: FakeLibc;
let link: FastLink;
let drained: number;
let troubles: string[];
beforeEach(() => {
  fake = new FakeLibc();
  link = FastLink.open(new SharedParts(fake.libc), OPTIONS);
  drained = 0;
  troubles = [];
  link.start({
    onDatagram() {},
    onDrain: () => drained++,
    onTrouble: ({ message }) => troubles.push(message),
  });
});

function send(bytes: number): void {
  link.reserve()!.fill(bytes, 0, bytes);
  link.send(bytes, PEER);
}

function changes(): readonly number[] {
  return fake.polled
    .filter(([operation]) => operation === EPOLL_CTL_MOD)
    .map(([, , events]) => events);
}

describe('a fast link', () => {
  it('holds datagrams back until it is flushed, or they are many', () => {
    send(10);
    expect(fake.sent).toHaveLength(0);
    link.flush();
    expect(fake.sent).toHaveLength(1);
    link.flush();
    expect(fake.calls).toBe(1);
    for (let i = 0; i < 129; i++) send(20);
    expect(fake.calls).toBe(2);
  });

  it('waits while the socket is full, and loses nothing', () => {
    fake.answer = () => 'EAGAIN';
    for (const length of [10, 20]) send(length);
    link.flush();
    expect(link.reserve()).toBeUndefined();
    expect(changes()).toEqual([EPOLLIN | EPOLLOUT]);
    link.onWritable();
    expect(drained).toBe(0);
    fake.answer = () => undefined;
    link.onWritable();
    expect(fake.sent.map(({ pieces }) => pieces)).toEqual([[10], [20]]);
    expect(drained).toBe(1);
    expect(changes().at(-1)).toBe(EPOLLIN);
    expect(link.reserve()).toHaveLength(1_500);
  });

  it('tells what the system refuses', () => {
    fake.answer = () => 'ENETUNREACH';
    send(10);
    link.flush();
    expect(troubles).toEqual(['sendmmsg ENETUNREACH 10.0.0.1:1']);
  });

  it('sends what is queued before it closes, and nothing after', async () => {
    send(10);
    await link.close();
    await link.close();
    expect(fake.sent).toHaveLength(1);
    expect(link.reserve()).toBeUndefined();
    link.send(10, PEER);
    link.flush();
    expect(fake.sent).toHaveLength(1);
  });
});
