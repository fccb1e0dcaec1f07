import { describe, expect, it } from 'vitest';
import { Carrier } from '../../src/handshake/params.js';
import {
  CarrierRemote,
  type CarrierRemoteOptions,
  carrierOf,
  keptRemote,
  sameAddress,
} from '../../src/path/carrier-remote.js';
import { Path } from '../../src/path/path.js';
import { pathLimits } from '../../src/path/path-limits.js';
import type { RemoteAddress } from '../../src/path/remote-address.js';
import { provider } from '../handshake/support.js';

const HOME = { address: '192.0.2.1', port: 443 };

function carrier(options: Partial<CarrierRemoteOptions> = {}): CarrierRemote {
  const tcp = { carrier: Carrier.Tcp, isOrdered: true, maxRecordBytes: 65_535 };
  return new CarrierRemote({ ...HOME, ...tcp, ...options });
}

function pathTo(remote: RemoteAddress, validated: boolean): Path {
  return new Path({
    id: 1,
    cid: new Uint8Array(8),
    remote,
    validated,
    crypto: provider(1),
    congestion: 'newreno',
    limits: pathLimits(remote, 1_200, 1_472),
    peerMaxAckDelayMs: 25,
    maxAckDelayMs: 25,
    handler: { onPacketAcked: () => {}, onPacketLost: () => {} },
    rttMs: 40,
  });
}

describe('the far end of a carrier', () => {
  it('is nobody but itself, whatever its address is', () => {
    const first = carrier();
    expect(sameAddress(first, first)).toBe(true);
    expect(sameAddress(first, carrier())).toBe(false);
    expect(sameAddress(first, HOME)).toBe(false);
    expect(sameAddress({ ...HOME }, HOME)).toBe(true);
    expect(keptRemote(first)).toBe(first);
    expect(keptRemote(HOME)).not.toBe(HOME);
    expect([carrierOf(first), carrierOf(HOME)]).toEqual([Carrier.Tcp, Carrier.Udp]);
  });

  it('wakes whoever waits once, with room or with its loss, and not who left', () => {
    const remote = carrier();
    const woken: string[] = [];
    const stays = (): void => void woken.push('stays');
    const leaves = (): void => void woken.push('leaves');
    remote.onFull();
    remote.whenChanged(stays);
    remote.whenChanged(stays);
    remote.whenChanged(leaves);
    remote.forget(leaves);
    expect(remote.isFull).toBe(true);
    remote.onDrain();
    expect([remote.isFull, woken]).toEqual([false, ['stays']]);
    remote.onDrain();
    expect(woken).toEqual(['stays']);
    remote.whenChanged(leaves);
    remote.onLost();
    expect([remote.isLost, woken]).toEqual([true, ['stays', 'leaves']]);
  });

  it('may wait again from within its wake', () => {
    const remote = carrier();
    let wakes = 0;
    const wake = (): void => {
      wakes++;
      remote.whenChanged(wake);
    };
    remote.whenChanged(wake);
    remote.onDrain();
    expect(wakes).toBe(1);
    remote.onDrain();
    expect(wakes).toBe(2);
  });
});

describe('the records of a path', () => {
  it('are as long as a datagram where they may be lost, and 16 KiB at most where not', () => {
    expect(pathLimits(HOME, 1_200, 1_472).maxDatagramBytes).toBe(1_232);
    expect(pathLimits(HOME, 1_200, 1_100).maxDatagramBytes).toBe(1_100);
    expect(pathLimits(carrier(), 1_200, 1_472).maxDatagramBytes).toBe(16_384);
    const short = carrier({ maxRecordBytes: 4_000 });
    expect(pathLimits(short, 1_200, 1_472)).toMatchObject({
      isOrdered: true,
      maxDatagramBytes: 4_000,
    });
    const side = carrier({ isOrdered: false, maxRecordBytes: 1_180, orderedSide: carrier() });
    expect(pathLimits(side, 1_200, 1_472)).toMatchObject({
      isOrdered: false,
      maxDatagramBytes: 1_180,
    });
  });
});

describe('a path', () => {
  it('on datagrams is followed to any address, and to an ordered carrier', () => {
    const path = pathTo(HOME, true);
    expect(path.mayMoveTo({ address: '203.0.113.9', port: 1 })).toBe(true);
    expect(path.mayMoveTo(carrier())).toBe(true);
    expect(path.mayMoveTo(carrier({ isOrdered: false }))).toBe(false);
  });

  it('on datagrams that was led to a carrier goes back until that has proved itself', () => {
    const path = pathTo(HOME, true);
    path.validation.move(carrier(), 100, 0, 50);
    expect(path.mayMoveTo(HOME)).toBe(true);
    path.validation.validated = true;
    expect(path.mayMoveTo(HOME)).toBe(false);
  });

  it('can begin again on an ordered carrier that takes its records, and on nothing else', () => {
    const path = pathTo(HOME, true);
    expect(path.canRestartOn(carrier())).toBe(true);
    expect(path.canRestartOn(HOME)).toBe(false);
    expect(path.canRestartOn(carrier({ maxRecordBytes: 100 }))).toBe(false);
    expect(path.canRestartOn(carrier({ isOrdered: false }))).toBe(false);
  });

  it('on a carrier is followed to none while that lives and is proved', () => {
    const remote = carrier();
    const path = pathTo(remote, true);
    expect(path.mayMoveTo(HOME)).toBe(false);
    expect(path.mayMoveTo(carrier())).toBe(false);
    expect(pathTo(carrier(), false).mayMoveTo(carrier())).toBe(true);
    remote.onLost();
    expect(path.mayMoveTo(carrier())).toBe(true);
    expect(path.mayMoveTo(HOME)).toBe(false);
  });

  it('goes on only where its records fit and nothing is lost', () => {
    const path = pathTo(carrier(), false);
    expect(path.mayMoveTo(carrier({ maxRecordBytes: 16_384 }))).toBe(true);
    expect(path.mayMoveTo(carrier({ maxRecordBytes: 16_383 }))).toBe(false);
    expect(path.mayMoveTo(carrier({ isOrdered: false }))).toBe(false);
  });

  it('is blocked by a carrier that is full or lost, and then sends no acknowledgement', () => {
    const remote = carrier();
    const path = pathTo(remote, true);
    expect([path.isBlocked, path.maySendAck]).toEqual([false, true]);
    remote.onFull();
    expect([path.isBlocked, path.maySendAck]).toEqual([true, false]);
    remote.onDrain();
    expect([path.isBlocked, path.maySendAck]).toEqual([false, true]);
    remote.onLost();
    expect([path.isBlocked, path.maySendAck]).toEqual([true, false]);
  });
});
