import { VCLError } from '@vcl-protocol/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocketLink } from '../../src/web/websocket-link.js';
import { FakeSocket, messageOf } from './fake-page.js';

const TARGET = { host: 'example.com', port: 443 };

describe('a WebSocket link of a browser', () => {
  let socket: FakeSocket;
  let link: WebSocketLink;
  const handler = { onRecord: vi.fn(), onDrain: vi.fn(), onClosed: vi.fn() };
  const records: Uint8Array[] = [];

  beforeEach(() => {
    vi.useFakeTimers();
    vi.clearAllMocks();
    records.length = 0;
    handler.onRecord.mockImplementation((record: Uint8Array) => records.push(record.slice()));
    socket = new FakeSocket('wss://example.com:443/vcl', 'vcl1');
    socket.emit('open', undefined);
    link = new WebSocketLink(socket, TARGET);
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  const start = () => {
    link.start(handler);
    vi.runAllTicks();
    vi.advanceTimersByTime(0);
  };

  it('is an ordered carrier to the host it was connected to', () => {
    const { remote } = link;
    expect(remote).toMatchObject({ address: 'example.com', port: 443, isOrdered: true });
    expect(remote.maxRecordBytes).toBe(65_535);
    expect([remote.isFull, remote.isLost]).toEqual([false, false]);
  });

  it('hands over records that came before the start, in a later turn and before others', () => {
    socket.emit('message', messageOf(new Uint8Array([1])));
    link.start(handler);
    expect(records).toEqual([]);
    socket.emit('message', messageOf(new Uint8Array([2])));
    vi.runAllTimers();
    socket.emit('message', messageOf(new Uint8Array([3])));
    expect(records).toEqual([[1], [2], [3]].map((bytes) => new Uint8Array(bytes)));
  });

  it('keeps a bounded amount before the start and gives up on whoever sends more', () => {
    const record = new Uint8Array(65_535).fill(7);
    for (let i = 0; i < 17; i++) socket.emit('message', messageOf(record));
    expect(link.remote.isLost).toBe(true);
    expect(socket.closes).toHaveLength(1);
    start();
    vi.runAllTimers();
    expect(records).toEqual([]);
    expect(handler.onClosed).toHaveBeenCalledExactlyOnceWith(expect.any(VCLError));
  });

  it('sends each record as one message', () => {
    start();
    const record = new Uint8Array([1, 2, 3]);
    link.send(record);
    record.fill(0);
    link.send(new Uint8Array([4]));
    link.flush();
    expect(socket.sent).toEqual([new Uint8Array([1, 2, 3]), new Uint8Array([4])]);
  });

  it('is full above the high water mark, and tells when there is room again', () => {
    start();
    const big = new Uint8Array(65_535);
    while (!link.remote.isFull) link.send(big);
    expect(socket.bufferedAmount).toBeLessThanOrEqual(640 * 1024);
    link.send(big);
    vi.advanceTimersByTime(100);
    expect(handler.onDrain).not.toHaveBeenCalled();

    socket.bufferedAmount = 100_000;
    vi.advanceTimersByTime(10);
    expect(link.remote.isFull).toBe(false);
    expect(handler.onDrain).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('looks for room when something comes, as timers of hidden pages are slow', () => {
    start();
    while (!link.remote.isFull) link.send(new Uint8Array(65_535));
    socket.bufferedAmount = 0;
    socket.emit('message', messageOf(new Uint8Array([1])));
    expect(link.remote.isFull).toBe(false);
    expect(handler.onDrain).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['a text', 'hello'],
    ['nothing', new ArrayBuffer(0)],
    ['more than a record', new ArrayBuffer(65_536)],
  ])('ends when the peer sends %s', (_, data) => {
    start();
    socket.emit('message', { data });
    expect(handler.onClosed).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: 'InvalidPacket' }),
    );
    expect(records).toEqual([]);
    expect([link.remote.isLost, socket.closes.length]).toEqual([true, 1]);
    expect(socket.listenerCount).toBe(0);
  });

  it.each([1_000, 1_001, 1_005])('takes code %i for the wish of the peer', (code) => {
    start();
    socket.emit('close', { code });
    expect(handler.onClosed).toHaveBeenCalledExactlyOnceWith(undefined);
    expect(link.remote.isLost).toBe(true);
  });

  it('tells any other code as a loss', () => {
    start();
    const wake = vi.fn();
    link.remote.whenChanged(wake);
    socket.emit('close', { code: 1_006 });
    expect(handler.onClosed).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: 'IoError', message: expect.stringContaining('1006') }),
    );
    expect(wake).toHaveBeenCalledTimes(1);
    link.send(new Uint8Array([1]));
    expect(socket.sent).toEqual([]);
  });

  it('tells a loss from before the start after the records from before it', () => {
    socket.emit('message', messageOf(new Uint8Array([1])));
    socket.emit('close', { code: 1_006 });
    handler.onClosed.mockImplementation(() => records.push(new Uint8Array([0])));
    start();
    vi.runAllTimers();
    expect(records).toEqual([new Uint8Array([1]), new Uint8Array([0])]);
  });

  it('closes in order, and its handler hears nothing more', async () => {
    start();
    const closed = link.close();
    expect(socket.closes).toEqual([1_000]);
    expect(link.close()).toBe(closed);
    socket.emit('message', messageOf(new Uint8Array([1])));
    socket.emit('close', { code: 1_000 });
    await closed;
    expect(records).toEqual([]);
    expect(handler.onClosed).not.toHaveBeenCalled();
    expect([socket.listenerCount, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it('waits a second for the peer, no longer', async () => {
    start();
    let isDone = false;
    const closed = link.close().then(() => {
      isDone = true;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(isDone).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await closed;
    expect(socket.listenerCount).toBe(0);
  });

  it('closes at once when it is closed already', async () => {
    start();
    socket.emit('close', { code: 1_000 });
    await link.close();
    expect(socket.closes).toEqual([]);
  });

  it('is let go of by destroy', () => {
    start();
    while (!link.remote.isFull) link.send(new Uint8Array(65_535));
    link.destroy();
    socket.emit('close', { code: 1_006 });
    expect(handler.onClosed).not.toHaveBeenCalled();
    expect(link.remote.isLost).toBe(true);
    expect([socket.listenerCount, vi.getTimerCount()]).toEqual([0, 0]);
  });
});
