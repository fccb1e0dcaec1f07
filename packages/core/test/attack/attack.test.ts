import { Pair, SeededRandom, type TappedDatagram } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';
import { createNobleProvider } from '../../src/crypto/noble.js';
import { EnvelopeKind, openEnvelope } from '../../src/handshake/envelope.js';
import { OuterKeys } from '../../src/handshake/outer-keys.js';
import { CID_BYTES, CID_OFFSET, unmaskOuter } from '../../src/wire/record-header.js';
import { AttackedPair, type Injection } from './attacked-pair.js';

const crypto = createNobleProvider(() => {});
const outer = OuterKeys.open(crypto);

describe('a session under traffic drops and counts', () => {
  it('datagrams with a flipped bit, from its peer and from strangers', () => {
    const attacked = new AttackedPair(1);
    const random = new SeededRandom(1);
    attacked.overtake(60, ({ data, from, to }) => {
      const bits = Array.from({ length: 10 }, () => random.int(data.length * 8));
      return bits.map((bit, i) => {
        return { data: flipped(data, bit), from: i % 2 === 0 ? from : attacked.stranger, to };
      });
    });
    attacked.expectUnharmed();
  });

  it('datagrams with bytes behind their end', () => {
    const attacked = new AttackedPair(2);
    attacked.overtake(20, ({ data, from, to }) =>
      [1, 2, 16, 100].map((more) => ({ data: longer(data, more), from, to })),
    );
    attacked.expectUnharmed();
  });

  it('its own datagrams, as they are and under the connection id it listens to', () => {
    const attacked = new AttackedPair(3);
    const cids = new Map(attacked.capture(20).map(({ data, to }) => [to.address, cidOf(data)]));
    attacked.overtake(40, ({ data, from, to }) => {
      const readable = readdressed(data, cids.get(from.address)!);
      return [data, readable].map((reflected) => ({ data: reflected, from: to, to: from }));
    });
    attacked.expectUnharmed();
  });

  it('copies of what it has, whoever they come from, also when the copy is the first to arrive', () => {
    const attacked = new AttackedPair(4);
    const { stranger } = attacked;
    const captured = attacked.capture(40);
    attacked.inject(captured.flatMap((datagram) => Array<Injection>(5).fill(datagram)));
    attacked.inject(captured.map(({ data, to }) => ({ data, from: stranger, to })));
    attacked.overtake(40, ({ data, from, to }) => [{ data, from, to }]);
    attacked.expectUnharmed();
  });

  it('datagrams of another session, also under its own connection ids', () => {
    const attacked = new AttackedPair(5);
    const other = new AttackedPair(6);
    const cids = new Map(attacked.capture(20).map(({ data, to }) => [to.address, cidOf(data)]));
    const foreign = other.capture(40);
    attacked.inject(foreign);
    attacked.inject(
      foreign.map(({ data, from, to }): Injection => {
        return { data: readdressed(data, cids.get(to.address)!), from, to };
      }),
    );
    attacked.expectUnharmed();
  });

  it('datagrams of a key epoch that is over, also when its bits mean a later one', () => {
    const attacked = new AttackedPair(7);
    const { pair } = attacked;
    const captured = attacked.capture(20);
    for (let epoch = 1; epoch <= 4; epoch++) {
      pair.client.connection?.rotateKeys(pair.now);
      attacked.exchange();
      pair.run(5_000);
      expect(pair.server.connection?.epoch).toBe(epoch);
      attacked.inject(captured);
      pair.run(100);
    }
    const stale = [pair.client, pair.server].map(
      ({ connection }) => connection?.drops.get('stale-epoch') ?? 0,
    );
    expect(stale[0]! + stale[1]!).toBe(3 * captured.length);
    attacked.expectUnharmed();
  });

  it('junk of any length', () => {
    const attacked = new AttackedPair(8);
    const random = new SeededRandom(8);
    const { server, client } = attacked.pair;
    for (let length = 0; length <= 1_500; length += 7) {
      const data = new Uint8Array(length);
      random.bytes(data);
      attacked.inject([{ data, from: client.address, to: server.address }]);
      attacked.inject([{ data, from: attacked.stranger, to: client.address }]);
    }
    attacked.expectUnharmed();
  });
});

describe('a handshake with a flight altered on its way', () => {
  it.each([
    ['hello', EnvelopeKind.ClientHello],
    ['server flight', EnvelopeKind.ServerFlight],
    ['finish', EnvelopeKind.ClientFinish],
  ])('ends in one session when the %s comes again unaltered', (_, kind) => {
    for (const bit of [0, 100, 191, 192, 1_000, 2_399]) {
      let altered = false;
      const pair = tappedPair(bit, ({ data }, found) => {
        if (altered || found !== kind) return data;
        altered = true;
        return flipped(data, bit);
      });
      expect(pair.establish()).toBe(true);
      expect(altered).toBe(true);
      expect(pair.server.connection?.sid).toEqual(pair.client.connection?.sid);
      expect(pair.server.endpoint.connectionCount).toBe(1);
    }
  });

  it.each([
    ['hello', EnvelopeKind.ClientHello],
    ['server flight', EnvelopeKind.ServerFlight],
    ['finish', EnvelopeKind.ClientFinish],
  ])('fails and leaves nothing behind when every %s is altered', (_, kind) => {
    const random = new SeededRandom(kind);
    const pair = tappedPair(kind, ({ data }, found) =>
      found === kind ? flipped(data, random.int(data.length * 8)) : data,
    );
    expect(pair.establish(11_000)).toBe(false);
    pair.run(11_000);
    expect(pair.client.error?.code).toBe('Timeout');
    for (const { endpoint, connection } of [pair.client, pair.server]) {
      expect(connection).toBe(undefined);
      expect(endpoint.halfOpenCount).toBe(0);
      expect(endpoint.cids.size).toBe(0);
    }
  });
});

/** A pair with somebody on its path who replaces datagrams that open as envelopes. */
function tappedPair(
  seed: number,
  replace: (datagram: TappedDatagram, kind: EnvelopeKind) => Uint8Array,
): Pair {
  const pair = new Pair({ seed });
  pair.simulation.network.setTap({
    onDatagram: (datagram) => {
      const envelope = openEnvelope(crypto, outer, datagram.data);
      return envelope === undefined ? 'pass' : replace(datagram, envelope.kind);
    },
  });
  return pair;
}

function flipped(data: Uint8Array, bit: number): Uint8Array {
  const copy = data.slice();
  copy[bit >> 3]! ^= 0x80 >> (bit & 7);
  return copy;
}

function longer(data: Uint8Array, bytes: number): Uint8Array {
  const copy = new Uint8Array(data.length + bytes);
  copy.set(data);
  return copy;
}

function cidOf(record: Uint8Array): Uint8Array {
  const bare = record.slice();
  unmaskOuter(bare, bare.length, outer.omask);
  return bare.slice(CID_OFFSET, CID_OFFSET + CID_BYTES);
}

function readdressed(record: Uint8Array, cid: Uint8Array): Uint8Array {
  const copy = record.slice();
  unmaskOuter(copy, copy.length, outer.omask);
  copy.set(cid, CID_OFFSET);
  unmaskOuter(copy, copy.length, outer.omask);
  return copy;
}
