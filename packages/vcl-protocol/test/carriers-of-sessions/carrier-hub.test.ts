import { describe, expect, it, vi } from 'vitest';
import { CarrierHub } from '../../src/carriers/carrier-hub.js';
import type { LinkHandler } from '../../src/datagram-link.js';
import { FakeDatagrams, FakeLink } from './fakes.js';

const LOCAL = { address: '10.0.0.9', port: 9 };
const PEER = { address: '10.0.0.2', port: 2 };

function makeHub(datagrams?: FakeDatagrams) {
  const handler = { onDatagram: vi.fn(), onDrain: vi.fn(), onTrouble: vi.fn() };
  const hub = new CarrierHub({ datagrams, local: LOCAL });
  hub.start(handler satisfies LinkHandler);
  return { hub, handler };
}

function send(hub: CarrierHub, byte: number, to: Parameters<CarrierHub['send']>[1]): boolean {
  const out = hub.reserve();
  if (out === undefined) return false;
  out[0] = byte;
  hub.send(1, to);
  return true;
}

describe('CarrierHub', () => {
  it('sends a record where it is addressed to', () => {
    const datagrams = new FakeDatagrams();
    const { hub } = makeHub(datagrams);
    const [one, other] = [new FakeLink(), new FakeLink()];
    hub.add(one);
    hub.add(other);
    send(hub, 1, PEER);
    send(hub, 2, one.remote);
    send(hub, 3, other.remote);
    expect(datagrams.sent.map(({ data, to }) => [data[0], to])).toEqual([[1, PEER]]);
    expect(one.sent).toEqual([Uint8Array.of(2)]);
    expect(other.sent).toEqual([Uint8Array.of(3)]);
  });

  it('hands over what comes with where it came from', () => {
    const datagrams = new FakeDatagrams();
    const { hub, handler } = makeHub(datagrams);
    const link = new FakeLink();
    hub.add(link);
    link.handler?.onRecord(Uint8Array.of(7));
    datagrams.handler?.onDatagram(Uint8Array.of(8), PEER);
    expect(handler.onDatagram.mock.calls).toEqual([
      [Uint8Array.of(7), link.remote],
      [Uint8Array.of(8), PEER],
    ]);
  });

  it('flushes the carriers that something was sent on, once', () => {
    const { hub } = makeHub(new FakeDatagrams());
    const [used, unused] = [new FakeLink(), new FakeLink()];
    hub.add(used);
    hub.add(unused);
    send(hub, 1, used.remote);
    send(hub, 1, used.remote);
    hub.flush();
    hub.flush();
    expect([used.flushes, unused.flushes]).toEqual([1, 0]);
  });

  it('has a buffer for carriers where there are no datagrams', () => {
    const { hub } = makeHub();
    const link = new FakeLink();
    hub.add(link);
    expect(hub.reserve()?.length).toBe(65_535);
    expect(send(hub, 5, link.remote)).toBe(true);
    expect(send(hub, 5, PEER)).toBe(true);
    expect(link.sent).toHaveLength(1);
  });

  it('uses the buffer of the datagrams itself while there is no carrier', () => {
    const datagrams = new FakeDatagrams();
    const { hub } = makeHub(datagrams);
    expect(hub.reserve()).toBe(datagrams.reserve());
    hub.send(4, PEER);
    expect(datagrams.sent[0]?.data).toHaveLength(4);
  });

  it('drops what is for a carrier that is gone', () => {
    const datagrams = new FakeDatagrams();
    const { hub } = makeHub(datagrams);
    const link = new FakeLink();
    hub.add(link);
    link.lose();
    send(hub, 1, link.remote);
    expect(link.sent).toHaveLength(0);
    expect(datagrams.sent).toHaveLength(0);
  });

  it('gives a full carrier only a little more, and all again when it has drained', () => {
    const { hub } = makeHub();
    const link = new FakeLink();
    hub.add(link);
    link.remote.onFull();
    for (let i = 0; i < 100; i++) {
      hub.reserve();
      hub.send(1_000, link.remote);
    }
    const overrun = link.sent.length;
    expect(overrun).toBeGreaterThan(0);
    expect(overrun).toBeLessThan(20);
    link.remote.onDrain();
    for (let i = 0; i < 100; i++) {
      hub.reserve();
      hub.send(1_000, link.remote);
    }
    expect(link.sent).toHaveLength(overrun + 100);
  });

  it('tells of a loss once, and not after a carrier was dropped', () => {
    const { hub, handler } = makeHub();
    const [lost, dropped] = [new FakeLink(), new FakeLink()];
    const onLost = vi.fn();
    hub.add(lost, onLost);
    hub.add(dropped, onLost);
    const error = new Error('reset');
    lost.lose(error);
    hub.drop(dropped);
    expect(dropped.ended).toBe('closed');
    expect(dropped.remote.isLost).toBe(true);
    dropped.lose();
    expect(onLost.mock.calls).toEqual([[error]]);
    expect(handler.onTrouble.mock.calls).toEqual([[error]]);
    expect(hub.carriers).toHaveLength(0);
  });

  it('tells another of a loss when that is wanted', () => {
    const { hub } = makeHub();
    const link = new FakeLink();
    const [first, second] = [vi.fn(), vi.fn()];
    hub.add(link, first);
    hub.watch(link, second);
    link.lose();
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledTimes(1);
  });

  it('takes the lossy side of a carrier in and lets it go with it', () => {
    const { hub } = makeHub();
    const lossySide = new FakeLink();
    const link = new FakeLink({ lossySide });
    hub.add(link);
    send(hub, 1, lossySide.remote);
    expect(lossySide.sent).toHaveLength(1);
    hub.drop(link);
    send(hub, 2, lossySide.remote);
    expect(lossySide.sent).toHaveLength(1);
  });

  it('asks its driver for more when there is room or a carrier is gone', () => {
    const { hub, handler } = makeHub();
    const link = new FakeLink();
    hub.add(link);
    link.handler?.onDrain();
    link.lose();
    expect(handler.onDrain).toHaveBeenCalledTimes(2);
  });

  it('is where its datagrams are, else where a carrier is, else where it was bound', () => {
    const { hub } = makeHub();
    expect(hub.local).toEqual(LOCAL);
    const link = new FakeLink();
    hub.add(link);
    expect(hub.local).toEqual(link.local);
    expect(makeHub(new FakeDatagrams()).hub.local.port).toBe(9_000);
  });

  it('replaces its datagrams under the carriers', async () => {
    const [former, latter] = [new FakeDatagrams(), new FakeDatagrams()];
    const { hub } = makeHub(former);
    const link = new FakeLink();
    hub.add(link);
    await hub.replaceDatagrams(latter);
    send(hub, 1, PEER);
    expect(former.isClosed).toBe(true);
    expect(latter.sent).toHaveLength(1);
    expect(link.ended).toBeUndefined();
  });

  it('closes everything, and refuses what comes afterwards', async () => {
    const datagrams = new FakeDatagrams();
    const { hub } = makeHub(datagrams);
    const [link, late] = [new FakeLink(), new FakeLink()];
    hub.add(link);
    await hub.close();
    hub.add(late);
    expect([link.ended, late.ended, datagrams.isClosed]).toEqual(['closed', 'destroyed', true]);
    const latter = new FakeDatagrams();
    await hub.replaceDatagrams(latter);
    expect(latter.isClosed).toBe(true);
  });
});
