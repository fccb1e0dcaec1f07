import { beforeEach, describe, expect, it } from 'vitest';
import { FastLink } from '../../src/node/udp/fast-link.js';
import { EPOLL_CTL_MOD, EPOLLIN, EPOLLOUT, UDP_SEGMENT } from '../../src/node/udp/linux.js';
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

  it('tells nothing of the rest of a batch to a handler that has closed it', async () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    for (let i = 0; i < 3; i++) fake.incoming.push({ bytes, port: 9, segment: 2 });
    const closing = FastLink.open(new SharedParts(fake.libc), OPTIONS);
    let heard = 0;
    closing.start({
      onDatagram: () => {
        heard++;
        void closing.close();
      },
      onDrain() {},
      onTrouble() {},
    });
    closing.onReadable();
    expect(heard).toBe(1);
  });

  it('is told of room for what was sent before it was started', () => {
    const early = FastLink.open(new SharedParts(fake.libc), OPTIONS);
    fake.answer = () => 'EAGAIN';
    early.reserve();
    early.send(10, PEER);
    early.flush();
    early.start({ onDatagram() {}, onDrain() {}, onTrouble() {} });
    expect(changes().at(-1)).toBe(EPOLLIN | EPOLLOUT);
  });

  it('sends one by one where the system cuts no trains', () => {
    fake.unknownOptions.add(UDP_SEGMENT);
    const old = FastLink.open(new SharedParts(fake.libc), OPTIONS);
    for (let i = 0; i < 2; i++) {
      old.reserve();
      old.send(10, PEER);
    }
    old.flush();
    expect(fake.sent.map(({ pieces }) => pieces)).toEqual([[10], [10]]);
  });

  it.each([
    ['EINVAL', [[10, 10], [20], [20], [30, 30]]],
    ['EIO', [[10], [10], [20], [20], [30], [30]]],
  ] as const)(
    'sends no more trains after %s: to that peer, or through that device',
    (error, later) => {
      const [near, far] = [PEER, { address: '10.0.0.2', port: 2 }];
      const sendTwo = (bytes: number, to: typeof PEER) => {
        for (let i = 0; i < 2; i++) {
          link.reserve();
          link.send(bytes, to);
        }
      };
      fake.answer = ({ segment }) => (segment === undefined ? undefined : error);
      sendTwo(5, far);
      link.flush();
      fake.answer = () => undefined;
      sendTwo(10, near);
      sendTwo(20, far);
      sendTwo(30, near);
      link.flush();
      expect(fake.sent.map(({ pieces }) => pieces)).toEqual([[5], [5], ...later]);
      expect(troubles).toEqual([]);
    },
  );

  it('leaves nothing open when it cannot be made', () => {
    const failing = { ...fake.libc, bind: () => -1, errno: () => 0 };
    expect(() => FastLink.open(new SharedParts(failing), OPTIONS)).toThrow(/cannot bind/);
    expect(fake.closed).toEqual([5]);
  });
});
