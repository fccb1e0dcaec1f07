import { describe, expect, it } from 'vitest';
import type { TappedDatagram, TapVerdict } from '../../src/network/tap.js';
import { ALICE, BOB, CAROL, Lab, numbered, numberOf } from '../support/lab.js';

function tapped(verdict: (datagram: TappedDatagram) => TapVerdict): Lab {
  const lab = new Lab('tap');
  lab.network.setTap({ onDatagram: verdict });
  return lab;
}

describe('a tap', () => {
  it('sees every datagram as it goes over the wire, with bytes of its own', () => {
    const seen: TappedDatagram[] = [];
    const lab = tapped((datagram) => {
      seen.push(datagram);
      datagram.data.fill(0xff, 4);
      return 'pass';
    });
    const outside = lab.network.nat.rebind(ALICE);
    lab.network.send(ALICE, BOB, numbered(3, 8), 0);
    lab.settle();
    expect(seen).toEqual([
      { from: outside, to: BOB, now: 0, data: new Uint8Array([0, 0, 0, 3, 255, 255, 255, 255]) },
    ]);
    expect([...lab.received[0]!.data]).toEqual([0, 0, 0, 3, 0, 0, 0, 0]);
  });

  it('drops, and what it drops never enters the link', () => {
    const lab = tapped(({ data }) => (numberOf(data) % 2 === 0 ? 'drop' : 'pass'));
    lab.stream(6);
    expect(lab.numbers).toEqual([1, 3, 5]);
    expect(lab.network.counters().sent).toBe(3);
  });

  it('puts one datagram or several in the place of one', () => {
    const lab = tapped(({ data }) => {
      const number = numberOf(data);
      if (number === 0) return numbered(100, 4);
      return number === 1 ? [data, data, numbered(101, 4)] : [];
    });
    lab.stream(3);
    expect(lab.numbers).toEqual([100, 1, 1, 101]);
  });

  it('meets the conditions of the link with what it lets through', () => {
    const lab = tapped(() => new Uint8Array(2000));
    lab.network.setConditions(undefined, undefined, { mtu: 1000 });
    lab.stream(1);
    expect(lab.network.counters()).toMatchObject({ sent: 1, tooBig: 1, delivered: 0 });
  });

  it('replays from within its hook', () => {
    const lab = tapped(({ from, to, data }) => {
      lab.network.inject(from, to, data);
      return 'pass';
    });
    lab.stream(2);
    expect(lab.numbers).toEqual([0, 0, 1, 1]);
  });

  it('can be taken off', () => {
    const lab = tapped(() => 'drop');
    lab.network.setTap(undefined);
    lab.stream(2);
    expect(lab.numbers).toEqual([0, 1]);
  });
});

describe('inject', () => {
  it('forges any source, past the tap and the conditions, and counts on no link', () => {
    const lab = tapped(() => 'drop');
    lab.network.setConditions(undefined, undefined, { loss: 1, delayMs: 100 });
    lab.network.inject({ address: '6.6.6.6', port: 6 }, BOB, numbered(9, 4));
    lab.network.inject(CAROL, BOB, numbered(10, 4));
    lab.settle();
    expect(lab.received.map(({ from, now }) => [from, now])).toEqual([
      ['6.6.6.6:6', 0],
      ['[fd00::3]:3000', 0],
    ]);
    expect(lab.network.counters()).toMatchObject({ sent: 0, delivered: 0 });
  });

  it('reaches a rebound host by its outside address only, and nobody silently', () => {
    const lab = new Lab('inject');
    const outside = lab.network.nat.rebind(ALICE);
    lab.network.inject(BOB, outside, numbered(1, 4));
    lab.network.inject(BOB, ALICE, numbered(2, 4));
    lab.settle();
    expect(lab.numbers).toEqual([1]);
  });
});
