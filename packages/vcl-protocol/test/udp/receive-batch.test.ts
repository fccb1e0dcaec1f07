import { beforeEach, describe, expect, it } from 'vitest';
import { AF_INET, CMSG, SOCKADDR_BYTES } from '../../src/node/udp/linux.js';
import { ReceiveBatch } from '../../src/node/udp/receive-batch.js';
import { ADDRESS_SCRATCH_BYTES, SocketAddresses } from '../../src/node/udp/socket-address.js';
import { FakeLibc } from './fake-libc.js';

let fake: FakeLibc;
let batch: ReceiveBatch;
let addresses: SocketAddresses;
let arrived: number[][];
beforeEach(() => {
  fake = new FakeLibc();
  batch = new ReceiveBatch(fake.libc);
  addresses = new SocketAddresses(fake.libc, fake.libc.allocate(ADDRESS_SCRATCH_BYTES), '0.0.0.0');
  arrived = [];
});

function receive(onDatagram = (data: Uint8Array): void => void arrived.push([...data])): number {
  return batch.receive(7, addresses, { onDatagram });
}

function arrive(bytes: number[], port = 9, segment?: number): void {
  const message = { bytes: Uint8Array.from(bytes), port };
  fake.incoming.push(segment === undefined ? message : { ...message, segment });
}

describe('a batch that is received', () => {
  it('cuts trains, whose last datagram may be shorter, and leaves the rest whole', () => {
    expect(addresses.family).toBe(AF_INET);
    arrive([1, 2, 3, 4, 5], 9, 2);
    arrive([6, 7]);
    arrive([8, 9], 9, 2);
    expect(receive()).toBe(5);
    expect(arrived).toEqual([[1, 2], [3, 4], [5], [6, 7], [8, 9]]);
    expect(receive()).toBe(-1);
  });

  it('takes empty datagrams, and a train whose segments measure nothing as one', () => {
    arrive([]);
    arrive([1, 2], 9, 0);
    arrive([], 9, 5);
    expect(receive()).toBe(3);
    expect(arrived).toEqual([[], [1, 2], []]);
  });

  it('tells nothing from port 0, but counts it, so that a flood has its end', () => {
    for (let i = 0; i < 5; i++) arrive([i], 0);
    expect(receive()).toBe(5);
    expect(arrived).toEqual([]);
  });

  it('offers the system whole headers again, also after a handler that threw', () => {
    for (let i = 0; i < 3; i++) arrive([1, 2, 3, 4], 9, 2);
    expect(() =>
      receive(() => {
        throw new Error('boom');
      }),
    ).toThrow('boom');
    for (let i = 0; i < 3; i++) arrive([1, 2, 3, 4], 9, 2);
    expect(receive()).toBe(6);
    expect(arrived).toEqual(
      new Array(3)
        .fill([
          [1, 2],
          [3, 4],
        ])
        .flat(),
    );
    expect(fake.offered).toEqual(new Array(6).fill([SOCKADDR_BYTES, CMSG.bytes]));
  });
});
