import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { legacyDatagramKind } from '../../src/legacy/datagram-kind.js';
import { decodeLegacyFragment, encodeLegacyFragment } from '../../src/legacy/fragment.js';
import {
  decodeLegacyHandshake,
  encodeLegacyHandshake,
} from '../../src/legacy/handshake-message.js';
import { LegacyKeyExchange } from '../../src/legacy/key-exchange.js';
import {
  decodeLegacyPacket,
  encodeLegacyPacket,
  type LegacyPacketType,
  legacyPacketBytes,
} from '../../src/legacy/packet.js';
import { fromHex } from '../wire/hex.js';
import { crypto, vectors, withSecrets } from './support.js';

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const u16 = fc.integer({ min: 0, max: 0xffff });
const bytes = fc.uint8Array({ maxLength: 100 });
const packet = fc.record({
  version: fc.integer({ min: 0, max: 255 }),
  packetType: fc.integer({ min: 0, max: 4 }) as fc.Arbitrary<LegacyPacketType>,
  sequence: u64,
  prevHash: bytes,
  nonce: fc.uint8Array({ minLength: 24, maxLength: 24 }),
  payload: bytes,
  signature: bytes,
});
const fragment = fc.record({ id: u64, index: u16, total: u16, data: bytes });
const first = fromHex(vectors.packets[0]!.bytes);

function changed(change: (copy: Uint8Array) => void): Uint8Array {
  const copy = Uint8Array.from(first);
  change(copy);
  return copy;
}

describe('packets', () => {
  test('of any fields are read as they were written', () => {
    fc.assert(
      fc.property(packet, (value) => {
        const written = encodeLegacyPacket(value);
        expect(written.length).toBe(legacyPacketBytes(value));
        expect(decodeLegacyPacket(written)).toEqual(value);
      }),
    );
  });

  test('are read from the middle of a buffer, and share nothing with it', () => {
    const buffer = new Uint8Array(first.length + 20).fill(0xee);
    buffer.set(first, 7);
    const read = decodeLegacyPacket(buffer.subarray(7, 7 + first.length));
    buffer.fill(0);
    expect(read).toEqual(decodeLegacyPacket(first));
  });

  test('are refused when any byte is missing', () => {
    for (let length = 0; length < first.length; length++) {
      expect(decodeLegacyPacket(first.subarray(0, length))).toBeUndefined();
    }
  });

  test('are read with bytes behind them and any version, as the crate reads them', () => {
    const longer = new Uint8Array(first.length + 3);
    longer.set(first);
    expect(decodeLegacyPacket(longer)).toEqual(decodeLegacyPacket(first));
    expect(decodeLegacyPacket(changed((copy) => copy.fill(99, 0, 1)))?.version).toBe(99);
  });

  test('of an unknown type are refused', () => {
    expect(decodeLegacyPacket(changed((copy) => copy.fill(5, 1, 2)))).toBeUndefined();
    expect(decodeLegacyPacket(changed((copy) => copy.fill(1, 4, 5)))).toBeUndefined();
  });

  test('that claim 2^64 - 1 bytes are refused', () => {
    for (const at of [13, 77, 106]) {
      expect(decodeLegacyPacket(changed((copy) => copy.fill(0xff, at, at + 8)))).toBeUndefined();
    }
  });
});

describe('fragments', () => {
  test('of any fields are read as they were written', () => {
    fc.assert(
      fc.property(fragment, (value) => {
        expect(decodeLegacyFragment(encodeLegacyFragment(value))).toEqual(value);
      }),
    );
  });

  test('are refused when any byte is missing', () => {
    const whole = fromHex(vectors.fragment.bytes);
    for (let length = 0; length < whole.length; length++) {
      expect(decodeLegacyFragment(whole.subarray(0, length))).toBeUndefined();
    }
  });
});

describe('hellos', () => {
  const key = new Uint8Array(32).fill(3);

  test.each(['client-hello', 'server-hello'] as const)('%s: refused when short', (kind) => {
    const whole = encodeLegacyHandshake({ kind, publicKey: key });
    expect(decodeLegacyHandshake(whole)).toEqual({ kind, publicKey: key });
    for (let length = 0; length < whole.length; length++) {
      expect(decodeLegacyHandshake(whole.subarray(0, length))).toBeUndefined();
    }
  });

  test('of an unknown variant are refused', () => {
    expect(decodeLegacyHandshake(Uint8Array.of(3, 0, 0, 0))).toBeUndefined();
    expect(decodeLegacyHandshake(Uint8Array.of(0, 0, 0, 1))).toBeUndefined();
  });

  test('and packets are told apart, although a packet decodes as an ack', () => {
    expect(decodeLegacyHandshake(first)).toEqual({ kind: 'ack' });
    expect(legacyDatagramKind(first)).toBe('packet');
    expect(legacyDatagramKind(fromHex(vectors.handshake.clientHello))).toBe('client-hello');
    expect(legacyDatagramKind(fromHex(vectors.handshake.serverHello))).toBe('server-hello');
    expect(legacyDatagramKind(fromHex(vectors.handshake.ack))).toBe('junk');
    expect(legacyDatagramKind(first.subarray(0, 172))).toBe('junk');
    expect(legacyDatagramKind(changed((copy) => copy.fill(3, 0, 1)))).toBe('junk');
    expect(legacyDatagramKind(new Uint8Array(36).fill(2))).toBe('junk');
    expect(legacyDatagramKind(new Uint8Array(0))).toBe('junk');
  });
});

describe('a key exchange', () => {
  const secret = new Uint8Array(32).fill(0x11);

  test('takes no key of low order, which would make a key that all know', () => {
    const exchange = new LegacyKeyExchange(withSecrets(secret));
    expect(exchange.finish(new Uint8Array(32))).toBeUndefined();
    expect(exchange.finish(Uint8Array.of(1, ...new Uint8Array(31)))).toBeUndefined();
  });

  test('takes neither its own key back nor one of another length', () => {
    const exchange = new LegacyKeyExchange(withSecrets(secret));
    expect(exchange.finish(exchange.publicKey)).toBeUndefined();
    expect(exchange.finish(crypto.x25519PublicKey(new Uint8Array(32).fill(4)))).toBeDefined();
    expect(exchange.finish(new Uint8Array(31).fill(9))).toBeUndefined();
  });

  test('forgets its secret when wiped', () => {
    const peer = crypto.x25519PublicKey(new Uint8Array(32).fill(4));
    const exchange = new LegacyKeyExchange(withSecrets(secret));
    const before = exchange.finish(peer);
    exchange.wipe();
    expect(exchange.finish(peer)).not.toEqual(before);
  });
});

test('no decoder throws on any bytes', () => {
  const start = fc.constantFrom(first, fromHex(vectors.handshake.clientHello), new Uint8Array(0));
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 300 }), fc.nat(300), (base, noise, at) => {
      const data = new Uint8Array(Math.max(base.length, noise.length + at));
      data.set(base);
      data.set(noise, at);
      for (const decode of [decodeLegacyPacket, decodeLegacyFragment, decodeLegacyHandshake]) {
        expect(() => decode(data)).not.toThrow();
      }
      expect(() => legacyDatagramKind(data)).not.toThrow();
    }),
  );
});
