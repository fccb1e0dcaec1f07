import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type CarrierDropReason,
  PendingCarriers,
} from '../../src/node/carriers/pending-carriers.js';

/** A socket as far as it matters here, from an address that loopback does not have. */
function socketFrom(remoteAddress: string | undefined, remotePort = 1): Socket {
  const socket = new EventEmitter();
  const isDestroyed = { destroyed: false };
  return Object.assign(socket, isDestroyed, {
    remoteAddress,
    remotePort,
    localAddress: '192.0.2.1',
    localPort: 443,
    destroy() {
      Object.assign(socket, { destroyed: true });
      socket.emit('close');
    },
  }) as unknown as Socket;
}

function pendingWith(limits: { maxPending?: number; maxPendingPerAddress?: number }) {
  const drops: CarrierDropReason[] = [];
  const pending = new PendingCarriers({ ...limits, onDrop: (reason) => drops.push(reason) });
  return { pending, drops };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('those who connected and are no carriers yet', () => {
  it.each([
    ['one IPv4 address', ['198.51.100.7', '198.51.100.7'], true],
    ['two IPv4 addresses', ['198.51.100.7', '198.51.100.8'], false],
    ['one /64', ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9'], true],
    ['one /64, written short', ['2001:db8::1', '2001:db8:0:0:1::'], true],
    ['two of them', ['2001:db8:1:2::1', '2001:db8:1:3::1'], false],
    ['loopback', ['127.0.0.1', '127.0.0.1'], false],
    ['loopback of IPv6', ['::1', '::1'], false],
    ['loopback of both', ['::ffff:127.0.0.1', '::ffff:127.0.0.1'], false],
  ])('are few from %s', (_, [first, second], isRefused) => {
    const { pending, drops } = pendingWith({ maxPendingPerAddress: 1 });
    expect(pending.admit(socketFrom(first, 1))).toBeDefined();
    expect(pending.admit(socketFrom(second, 2)) === undefined).toBe(isRefused);
    expect(drops).toEqual(isRefused ? ['too-many-from-address'] : []);
    pending.dropAll();
  });

  it('count again from an address once one of there has gone', () => {
    const { pending, drops } = pendingWith({ maxPendingPerAddress: 1 });
    for (let port = 1; port <= 5; port++) {
      const one = pending.admit(socketFrom('198.51.100.7', port));
      if (port % 2 === 0) one?.settle();
      else one?.drop('garbage');
    }
    expect(drops).toEqual(['garbage', 'garbage', 'garbage']);
    expect(pending.size).toBe(0);
  });

  it('are ended in time, the oldest first when there are too many', () => {
    vi.useFakeTimers();
    const { pending, drops } = pendingWith({ maxPending: 2 });
    const sockets = [1, 2, 3].map((port) => socketFrom('198.51.100.7', port));
    for (const socket of sockets) pending.admit(socket);
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, false, false]);
    vi.advanceTimersByTime(9_999);
    expect(drops).toEqual(['too-many-pending']);
    vi.advanceTimersByTime(1);
    expect(drops).toEqual(['too-many-pending', 'first-record-timeout', 'first-record-timeout']);
    expect(sockets.every(({ destroyed }) => destroyed)).toBe(true);
  });

  it('are dropped once, and leave nothing on their sockets', () => {
    const { pending, drops } = pendingWith({});
    const socket = socketFrom('198.51.100.7');
    const one = pending.admit(socket);
    expect(pending.find(socket)).toBe(one);
    one?.settle();
    one?.drop('garbage');
    expect(pending.find(socket)).toBeUndefined();
    expect(socket.eventNames()).toEqual([]);
    expect(drops).toEqual([]);
  });

  it('are not taken in when they have gone already', () => {
    const { pending, drops } = pendingWith({});
    expect(pending.admit(socketFrom(undefined))).toBeUndefined();
    expect(drops).toEqual(['lost']);
  });
});
