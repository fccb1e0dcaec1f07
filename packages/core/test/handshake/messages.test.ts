import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/crypto/bytes.js';
import {
  decodeAuth,
  decodeFinished,
  decodeIdentity,
  encodeAuth,
  encodeFinished,
  encodeIdentity,
} from '../../src/handshake/auth-messages.js';
import {
  type ClientHello,
  decodeClientHello,
  encodeClientHello,
} from '../../src/handshake/client-hello.js';
import {
  decodeFinishFlight,
  decodeHelloFlight,
  decodeRetryFlight,
  decodeServerFlight,
  encodeHelloFlight,
} from '../../src/handshake/flights.js';
import { drawGrease, type Grease } from '../../src/handshake/grease.js';
import { encodeMessage, MessageType } from '../../src/handshake/messages.js';
import {
  decodeServerHello,
  encodeServerHello,
  type ServerHello,
} from '../../src/handshake/server-hello.js';
import { fromHex, toHex } from '../wire/hex.js';
import { params, provider } from './support.js';

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const share = fc.record({ group: u16, share: fc.uint8Array({ maxLength: 40 }) });
const clientHello: fc.Arbitrary<ClientHello> = fc.record({
  random: bytes(32),
  timeMs: fc.maxSafeNat(),
  clientCid: bytes(8),
  versions: fc.uniqueArray(u32, { minLength: 1, maxLength: 5 }),
  suites: fc.uniqueArray(u16, { minLength: 1, maxLength: 5 }),
  shares: fc.uniqueArray(share, { minLength: 1, maxLength: 3, selector: (one) => one.group }),
  params: fc.constantFrom(params(), params({ maxCids: 2, psk: 'external' })),
});
const serverHello: fc.Arbitrary<ServerHello> = fc.record({
  random: bytes(32),
  refuse: fc.constantFrom(0, 1, 10, 12, 13),
  version: u32,
  suite: u16,
  serverCid: bytes(8),
  share,
  params: fc.constantFrom(params(), params({ pq: 'prefer' })),
});

describe('CH', () => {
  it('comes back as it was encoded', () => {
    const property = fc.property(clientHello, (hello) => {
      expect(decodeClientHello(encodeClientHello(hello))).toEqual(hello);
    });
    fc.assert(property);
  });

  it('lies as SPEC 4.1 draws it', () => {
    const hello: ClientHello = {
      random: new Uint8Array(32).fill(0xaa),
      timeMs: 0x1234,
      clientCid: new Uint8Array(8).fill(0xbb),
      versions: [1, 0x0a0a0a0a],
      suites: [1],
      shares: [{ group: 0x1d, share: Uint8Array.of(7) }],
      params: params({ maxPaths: 2 }),
    };
    expect(toHex(encodeClientHello(hello))).toBe(
      `010047${'aa'.repeat(32)}0000000000001234${'bb'.repeat(8)}` +
        '02000000010a0a0a0a' +
        '010001' +
        '01001d000107' +
        '0003090102',
    );
  });

  it.each([
    ['no versions', (hello: ClientHello) => ({ ...hello, versions: [] })],
    ['a version twice', (hello: ClientHello) => ({ ...hello, versions: [1, 1] })],
    ['no suites', (hello: ClientHello) => ({ ...hello, suites: [] })],
    ['a suite twice', (hello: ClientHello) => ({ ...hello, suites: [2, 2] })],
    ['no shares', (hello: ClientHello) => ({ ...hello, shares: [] })],
    [
      'a group twice',
      (hello: ClientHello) => ({ ...hello, shares: [...hello.shares, ...hello.shares] }),
    ],
  ])('with %s is refused', (_name, change) => {
    const property = fc.property(clientHello, (hello) => {
      expect(decodeClientHello(encodeClientHello(change(hello)))).toBe(undefined);
    });
    fc.assert(property, { numRuns: 10 });
  });

  it('keeps its meaning when greased', () => {
    const property = fc.property(clientHello, fc.nat(), (hello, seed) => {
      const { grease } = firstGrease(seed);
      const decoded = decodeClientHello(encodeClientHello(hello, grease));
      expect(decoded?.versions).toEqual(
        grease.first ? [grease.version, ...hello.versions] : [...hello.versions, grease.version],
      );
      expect(decoded?.params).toEqual(hello.params);
      expect(decoded?.shares).toHaveLength(hello.shares.length + 1);
    });
    fc.assert(property, { numRuns: 20 });
  });
});

describe('SH', () => {
  it('comes back as it was encoded', () => {
    const property = fc.property(serverHello, (hello) => {
      expect(decodeServerHello(encodeServerHello(hello))).toEqual(hello);
    });
    fc.assert(property);
  });

  it('with a code that is no refusal is refused', () => {
    const allowed = [0, 1, 10, 12, 13];
    const property = fc.property(serverHello, u16, (hello, refuse) => {
      const decoded = decodeServerHello(encodeServerHello({ ...hello, refuse }));
      expect(decoded !== undefined).toBe(allowed.includes(refuse));
    });
    fc.assert(property);
  });
});

describe('both hellos', () => {
  it('are refused when a byte is missing or one follows', () => {
    const pair = fc.tuple(clientHello, serverHello, fc.nat());
    const property = fc.property(pair, ([ch, sh, at]) => {
      const cases = [
        { body: encodeClientHello(ch).subarray(3), decode: decodeClientHello, type: 1 as const },
        { body: encodeServerHello(sh).subarray(3), decode: decodeServerHello, type: 2 as const },
      ];
      for (const { body, decode, type } of cases) {
        const cut = body.subarray(0, at % body.length);
        expect(decode(encodeMessage(type, cut))).toBe(undefined);
        expect(decode(encodeMessage(type, concat(body, Uint8Array.of(at % 256))))).toBe(undefined);
      }
    });
    fc.assert(property);
  });

  it('never throw, whatever the bytes', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 300 }), (body) => {
      expect(() => decodeClientHello(encodeMessage(1, body))).not.toThrow();
      expect(() => decodeServerHello(encodeMessage(2, body))).not.toThrow();
    });
    fc.assert(property, { numRuns: 1000 });
  });
});

describe('ID, AUTH and FIN', () => {
  const key = new Uint8Array(32).fill(1);

  it('come back as they were encoded', () => {
    const signature = new Uint8Array(64).fill(2);
    expect(decodeIdentity(encodeIdentity(key))).toEqual(key);
    expect(decodeAuth(encodeAuth(signature))).toEqual(signature);
    expect(decodeFinished(encodeFinished(key))).toEqual(key);
  });

  it('have one length', () => {
    for (const length of [0, 31, 33, 63, 65]) {
      const body = new Uint8Array(length);
      expect(decodeAuth(encodeMessage(5, body))).toBe(undefined);
      expect(decodeFinished(encodeMessage(6, body))).toBe(undefined);
      expect(decodeIdentity(encodeMessage(4, body))).toBe(undefined);
    }
  });

  it.each([
    ['none', '0000', true],
    ['an empty one', '0004 0007 0000', true],
    ['two', '0009 0007 0001ff 0008 0000', true],
    ['one cut off', '0004 0007 0001', false],
    ['half a header', '0002 0007', false],
    ['a byte behind', '0000 00', false],
    ['a length beyond the end', '0005 0007 0000', false],
  ])('take extensions of ID that are well-formed and ignore them: %s', (_name, hex, taken) => {
    const body = concat(key, fromHex(hex.replaceAll(' ', '')));
    const decoded = decodeIdentity(encodeMessage(MessageType.Identity, body));
    expect(decoded).toEqual(taken ? key : undefined);
  });
});

describe('flights', () => {
  const hello = encodeMessage(1, Uint8Array.of(1, 2));
  const sealed = encodeMessage(7, Uint8Array.of(3));
  const serverMessage = encodeMessage(2, Uint8Array.of(4));
  const extra = Uint8Array.of(0);

  it('of the client are a hello, or a hello and a cookie', () => {
    expect(decodeHelloFlight(hello)).toEqual({ hello });
    const cookie = new Uint8Array(64);
    expect(decodeHelloFlight(encodeHelloFlight(hello, cookie))).toEqual({ hello, cookie });
    for (const length of [0, 65]) {
      const flight = encodeHelloFlight(hello, new Uint8Array(length));
      expect(decodeHelloFlight(flight)).toBe(undefined);
    }
    for (const bad of [extra, concat(hello, extra), sealed, concat(hello, hello)]) {
      expect(decodeHelloFlight(bad)).toBe(undefined);
    }
  });

  it('of the server are SH and SEALED', () => {
    const flight = concat(serverMessage, sealed);
    expect(decodeServerFlight(flight)).toEqual({ serverHello: serverMessage, sealed });
    const bad = [concat(flight, extra), serverMessage, concat(sealed, serverMessage), sealed];
    for (const other of bad) expect(decodeServerFlight(other)).toBe(undefined);
  });

  it('of a finish and of a retry are one message', () => {
    expect(decodeFinishFlight(sealed)).toEqual(sealed);
    expect(decodeFinishFlight(concat(sealed, extra))).toBe(undefined);
    expect(decodeFinishFlight(hello)).toBe(undefined);
    expect(decodeRetryFlight(sealed)).toBe(undefined);
    expect(decodeRetryFlight(encodeMessage(3, extra))).toEqual(extra);
    expect(decodeRetryFlight(concat(encodeMessage(3, extra), extra))).toBe(undefined);
  });
});

describe('grease', () => {
  it('is drawn for about one of 16 handshakes', () => {
    const crypto = provider(3);
    const drawn = Array.from({ length: 1600 }, () => drawGrease(crypto));
    const greased = drawn.filter((one) => one !== undefined).length;
    expect(greased).toBeGreaterThan(60);
    expect(greased).toBeLessThan(145);
  });

  it('holds only values that are never assigned', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { grease } = firstGrease(seed);
      expect(hexOf(grease.version, 8)).toMatch(/^([0-9a-f]a){4}$/);
      expect(hexOf(grease.suite, 4)).toMatch(/^([0-9a-f]a){2}$/);
      expect(hexOf(grease.share.group, 4)).toMatch(/^([0-9a-f]a){2}$/);
      expect((grease.param.id - 27) % 31).toBe(0);
    }
  });
});

/** The first grease that a seed draws. */
function firstGrease(seed: number): { readonly grease: Grease } {
  const crypto = provider(seed);
  for (;;) {
    const grease = drawGrease(crypto);
    if (grease !== undefined) return { grease };
  }
}

function hexOf(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
