import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/crypto/bytes.js';
import {
  ENVELOPE_MAX_BYTES,
  ENVELOPE_MIN_BYTES,
  ENVELOPE_OVERHEAD_BYTES,
  EnvelopeKind,
  HELLO_MIN_BYTES,
  openEnvelope,
  sealEnvelope,
} from '../../src/handshake/envelope.js';
import { OuterKeys } from '../../src/handshake/outer-keys.js';
import { client, OPEN, params, provider, responder, SERVER, sent } from './support.js';

const crypto = provider();
const attempt = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const kinds = fc.constantFrom(...Object.values(EnvelopeKind));
const flights = fc.uint8Array({ minLength: 1, maxLength: 465 });

describe('an envelope', () => {
  it('gives back what was sealed, whatever its length', () => {
    const property = fc.property(kinds, flights, (kind, flight) => {
      const datagram = sealEnvelope(crypto, OPEN, { kind, attempt, flight });
      expect(datagram.length).toBeGreaterThanOrEqual(
        kind === EnvelopeKind.ClientHello ? HELLO_MIN_BYTES : ENVELOPE_MIN_BYTES,
      );
      expect(datagram.length).toBeLessThanOrEqual(ENVELOPE_MAX_BYTES);
      expect(openEnvelope(crypto, OPEN, datagram)).toEqual({
        kind,
        attempt,
        flight,
        offset: 0,
        total: flight.length,
      });
    });
    fc.assert(property);
  });

  it('is of random length, in all its bytes, every time', () => {
    const contents = { kind: EnvelopeKind.ClientFinish, attempt, flight: new Uint8Array(200) };
    const datagrams = Array.from({ length: 100 }, () => sealEnvelope(crypto, OPEN, contents));
    expect(new Set(datagrams.map((datagram) => datagram.length)).size).toBeGreaterThan(40);
    for (let at = 0; at < ENVELOPE_MIN_BYTES; at++) {
      expect(new Set(datagrams.map((datagram) => datagram[at])).size).toBeGreaterThan(10);
    }
  });

  it('keeps to the bounds it is given, both included', () => {
    const flight = new Uint8Array(100);
    const seal = (minBytes: number, maxBytes: number): number =>
      sealEnvelope(crypto, OPEN, { kind: 2, attempt, flight, minBytes, maxBytes }).length;
    expect(seal(333, 333)).toBe(333);
    const lengths = new Set(Array.from({ length: 60 }, () => seal(310, 312)));
    expect([...lengths].sort()).toEqual([310, 311, 312]);
    expect(() => seal(300, 154)).toThrow('does not fit');
  });

  it('refuses a flight that is too long for it', () => {
    const flight = new Uint8Array(ENVELOPE_MAX_BYTES - ENVELOPE_OVERHEAD_BYTES + 1);
    expect(() => sealEnvelope(crypto, OPEN, { kind: 1, attempt, flight })).toThrow(
      expect.objectContaining({ code: 'MessageTooBig' }),
    );
  });

  it('opens under its own outer secret only', () => {
    const other = OuterKeys.forServerKey(crypto, SERVER.publicKey);
    const contents = { kind: EnvelopeKind.ServerFlight, attempt, flight: Uint8Array.of(1) };
    expect(openEnvelope(crypto, other, sealEnvelope(crypto, OPEN, contents))).toBe(undefined);
    expect(openEnvelope(crypto, other, sealEnvelope(crypto, other, contents))).toBeDefined();
  });

  it('is not what any other bytes are', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      expect(openEnvelope(crypto, OPEN, bytes)).toBe(undefined);
    });
    fc.assert(property);
  });
});

describe('a plaintext that was sealed by somebody who does not keep to the rules', () => {
  const header = Uint8Array.of(2, ...attempt, 0, 0, 0, 1, 0, 1, 0xaa);

  it('is taken when all is in order', () => {
    expect(openEnvelope(crypto, OPEN, sealRaw(header, 300))).toEqual({
      kind: 2,
      attempt,
      flight: Uint8Array.of(0xaa),
      offset: 0,
      total: 1,
    });
  });

  it.each([
    ['kind 0', 0, 0],
    ['kind 6', 0, 6],
    ['an offset', 10, 1],
    ['a total beyond the length', 12, 2],
    ['a length beyond the envelope', 13, 0xff],
    ['padding that is not zero', 16, 1],
  ])('is refused for %s', (_name, at, value) => {
    const plaintext = new Uint8Array(260);
    plaintext.set(header);
    plaintext[at] = value;
    expect(openEnvelope(crypto, OPEN, sealRaw(plaintext, 300))).toBe(undefined);
  });

  it.each([
    [299, 2, false],
    [300, 2, true],
    [520, 2, true],
    [521, 2, false],
    [419, 1, false],
    [420, 1, true],
  ])('with %i bytes in all and kind %i opens: %s', (total, kind, opens) => {
    const plaintext = header.slice();
    plaintext[0] = kind;
    expect(openEnvelope(crypto, OPEN, sealRaw(plaintext, total)) !== undefined).toBe(opens);
  });
});

describe('the server flight', () => {
  /** Every parameter that a server may set, at a value that takes most bytes. */
  const longest = params({
    idleTimeoutMs: 2 ** 32,
    maxDatagramBytes: 65_535,
    maxMessageBytes: 25_165_824,
    initialCreditReliableBytes: 2 ** 30,
    initialCreditLossyBytes: 2 ** 30,
    initialCreditMessages: 16_383,
    maxAckDelayMs: 1000,
    maxCids: 2,
    maxPaths: 1,
    maxCheckpointRate: 1999,
    maxUncovered: 65_536,
    evidence: 'session',
    signing: 'message',
    delivery: 'authenticated',
    pq: 'prefer',
    carriers: [1, 2, 3, 4],
  });

  it('always fits under the shortest hello, greased and with all parameters set', () => {
    const hello = sent(client()).flight;
    for (let seed = 0; seed < 200; seed++) {
      const server = responder(hello, {
        crypto: provider(seed),
        params: longest,
        psk: new Uint8Array(32).fill(1),
      });
      const needed = server.flight().length + ENVELOPE_OVERHEAD_BYTES;
      expect(needed).toBeLessThanOrEqual(HELLO_MIN_BYTES);
    }
  });

  it('never makes an envelope longer than the one it answers', () => {
    for (let seed = 0; seed < 50; seed++) {
      const hello = client({ crypto: provider(seed) }).pollTransmit(0) ?? new Uint8Array();
      const flight = responder(
        openEnvelope(crypto, OPEN, hello)?.flight ?? new Uint8Array(),
      ).flight();
      const kind = EnvelopeKind.ServerFlight;
      const reply = sealEnvelope(crypto, OPEN, { kind, attempt, flight, maxBytes: hello.length });
      expect(reply.length).toBeLessThanOrEqual(hello.length);
    }
  });
});

function sealRaw(start: Uint8Array, total: number): Uint8Array {
  const nonce = new Uint8Array(24).fill(9);
  const plaintext = new Uint8Array(total - 40);
  plaintext.set(start);
  return concat(nonce, crypto.xchachaSeal(OPEN.okey, nonce, new Uint8Array(), plaintext));
}
