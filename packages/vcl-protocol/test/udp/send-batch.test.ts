import type { RemoteAddress } from '@vcl-protocol/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { type BatchSender, SendBatch } from '../../src/node/udp/send-batch.js';
import { type Answer, FakeLibc, type SentMessage } from './fake-libc.js';

const SLOT_BYTES = 1_500;
const A: RemoteAddress = { address: '10.0.0.1', port: 1 };
const B: RemoteAddress = { address: '10.0.0.2', port: 2 };
const NAMES = new Map([
  [A, new Uint8Array(16).fill(1)],
  [B, new Uint8Array(28).fill(2)],
]);

class Sender implements BatchSender {
  readonly fd = 7;
  usesTrains = true;
  flushed = 0;
  readonly trainsRefused: RemoteAddress[] = [];
  readonly refused: [number, RemoteAddress][] = [];

  onTrainRefused(_errno: number, to: RemoteAddress): void {
    this.usesTrains = false;
    this.trainsRefused.push(to);
  }

  onRefused(errno: number, to: RemoteAddress): void {
    this.refused.push([errno, to]);
  }

  flush(): void {
    this.flushed++;
  }
}

let fake: FakeLibc;
let batch: SendBatch;
let sender: Sender;
let marker = 0;
beforeEach(() => {
  fake = new FakeLibc();
  batch = new SendBatch(fake.libc, SLOT_BYTES);
  sender = new Sender();
  marker = 0;
});

/** Queues a datagram that is filled with a number of its own. */
function add(length: number, to: RemoteAddress): void {
  batch.lendTo(sender);
  batch.slot.fill(++marker, 0, length);
  batch.add(length, to, NAMES.get(to)!, sender.usesTrains);
}

function lengths(): readonly (readonly number[])[] {
  return fake.sent.map(({ pieces }) => pieces);
}

describe('a batch of datagrams', () => {
  it('leaves by one call, each datagram to its peer', () => {
    add(100, A);
    add(200, B);
    add(50, A);
    expect(batch.send(sender)).toEqual([]);
    expect(fake.calls).toBe(1);
    expect(lengths()).toEqual([[100], [200], [50]]);
    expect(fake.sent.map(({ name }) => [name.length, name[0]])).toEqual([
      [16, 1],
      [28, 2],
      [16, 1],
    ]);
    expect(fake.sent.map(({ bytes }) => bytes[0])).toEqual([1, 2, 3]);
    expect(fake.sent.map(({ segment }) => segment)).toEqual([undefined, undefined, undefined]);
  });

  it('makes a train of neighbours of one length, whose last may be shorter', () => {
    for (const length of [1_200, 1_200, 1_200, 300, 1_200]) add(length, A);
    batch.send(sender);
    expect(lengths()).toEqual([[1_200, 1_200, 1_200, 300], [1_200]]);
    expect(fake.sent.map(({ segment }) => segment)).toEqual([1_200, undefined]);
    expect(fake.sent[0]?.bytes.slice(-300)).toEqual(new Array(300).fill(4));
  });

  it('begins anew when a datagram is longer, or goes elsewhere', () => {
    add(300, A);
    add(301, A);
    add(301, B);
    batch.send(sender);
    expect(lengths()).toEqual([[300], [301], [301]]);
  });

  it('keeps trains within what the system takes: 64 datagrams, and bytes of one IP packet', () => {
    for (let i = 0; i < 128; i++) add(100, A);
    expect(batch.isFull).toBe(true);
    batch.send(sender);
    expect(lengths().map((pieces) => pieces.length)).toEqual([64, 64]);
    fake.sent.length = 0;
    for (let i = 0; i < 60; i++) add(1_500, A);
    batch.send(sender);
    expect(lengths().map((pieces) => pieces.length)).toEqual([43, 17]);
  });

  it('sends empty datagrams one by one', () => {
    add(0, A);
    add(0, A);
    batch.send(sender);
    add(10, A);
    add(0, A);
    batch.send(sender);
    expect(lengths()).toEqual([[0], [0], [10], [0]]);
  });

  it('is empty after it was sent, and starts over', () => {
    add(10, A);
    batch.send(sender);
    expect(batch.holdsFor(sender)).toBe(false);
    add(20, B);
    batch.send(sender);
    expect(lengths()).toEqual([[10], [20]]);
  });
});

describe('a socket that is full', () => {
  it('keeps what has not left, in order, with its peer', () => {
    add(10, A);
    add(20, B);
    add(20, B);
    add(30, A);
    fake.answer = firstOnly;
    const left = batch.send(sender);
    expect(lengths()).toEqual([[10]]);
    expect(left.map(({ bytes, to }) => [bytes.length, bytes[0], to])).toEqual([
      [20, 2, B],
      [20, 3, B],
      [30, 4, A],
    ]);
    expect(sender.refused).toEqual([]);
  });

  it('is asked again when a signal interrupts', () => {
    add(10, A);
    let asked = 0;
    fake.answer = () => (asked++ === 0 ? 'EINTR' : undefined);
    expect(batch.send(sender)).toEqual([]);
    expect(lengths()).toEqual([[10]]);
  });
});

describe('a peer that cannot be reached', () => {
  it('costs its own datagrams only', () => {
    for (const to of [A, B, A]) add(10, to);
    fake.answer = ({ name }) => (name[0] === 2 ? 'ENETUNREACH' : undefined);
    expect(batch.send(sender)).toEqual([]);
    expect(fake.sent.map(({ bytes }) => bytes[0])).toEqual([1, 3]);
    expect(sender.refused).toEqual([[101, B]]);
  });
});

describe.each(['EIO', 'EINVAL', 'EMSGSIZE'] as const)(
  'a path that refuses trains with %s',
  (error) => {
    it('gets the same datagrams one by one', () => {
      add(10, B);
      for (const length of [100, 100, 60]) add(length, A);
      fake.answer = ({ segment }) => (segment === undefined ? undefined : error);
      expect(batch.send(sender)).toEqual([]);
      expect(lengths()).toEqual([[10], [100], [100], [60]]);
      expect(fake.sent.map(({ bytes, name }) => [bytes[0], name[0]])).toEqual([
        [1, 2],
        [2, 1],
        [3, 1],
        [4, 1],
      ]);
      expect(sender.trainsRefused).toEqual([A]);
      add(100, A);
      add(100, A);
      batch.send(sender);
      expect(lengths().slice(4)).toEqual([[100], [100]]);
      expect(sender.refused).toEqual([]);
    });

    it('reports pieces that are refused as well', () => {
      add(100, A);
      add(100, A);
      fake.answer = () => error;
      batch.send(sender);
      expect(sender.refused.map(([, to]) => to)).toEqual([A, A]);
      expect(fake.sent).toEqual([]);
    });
  },
);

describe('a batch of several sockets', () => {
  it('is flushed by the one that has it before another fills it', () => {
    add(10, A);
    const other = new Sender();
    batch.lendTo(other);
    expect(sender.flushed).toBe(1);
    batch.lendTo(other);
    expect(other.flushed).toBe(0);
    expect(batch.holdsFor(sender)).toBe(false);
  });
});

function firstOnly(message: SentMessage): Answer {
  return message.bytes[0] === 1 ? undefined : 'EAGAIN';
}
