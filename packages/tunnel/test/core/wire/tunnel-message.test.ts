import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completeChecksum } from '../../../src/core/ip/checksum.js';
import { TunnelPort } from '../../../src/core/port/tunnel-port.js';
import { CircuitBreaker } from '../../../src/core/queue/circuit-breaker.js';
import { FlowQueue } from '../../../src/core/queue/flow-queue.js';
import { TlvWriter } from '../../../src/core/wire/tlv.js';
import {
  decodeTunnelMessage,
  encodeTunnelMessage,
  type TunnelMessage,
  type TunnelPrefix,
} from '../../../src/core/wire/tunnel-message.js';
import { fromHex, toHex } from '../ip/vectors.js';

const MAX_BYTES = 32_768;

interface MessageVector {
  readonly name: string;
  readonly hex: string;
  readonly message: Readonly<Record<string, unknown>> & { readonly type: string };
}

/** Made by interop/python/vcl_tunnel_vectors.py from the specification alone. */
const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/tunnel.json', import.meta.url), 'utf8'),
) as {
  readonly messages: readonly MessageVector[];
  readonly other: readonly MessageVector[];
  readonly unsound: readonly { name: string; hex: string }[];
  readonly packets: readonly { name: string; hex: string; packets: string[]; even: boolean }[];
};

/** A message of a vector: addresses are hex there, prefixes `hex/bits`. */
function messageOf({ message }: MessageVector): TunnelMessage {
  const lists = ['addresses', 'routes', 'gateways', 'resolvers'];
  const entries = Object.entries(message).map(([name, value]) => {
    if (lists.includes(name)) return [name, (value as string[]).map(addressOf)];
    return [name, name === 'invitation' ? fromHex(value as string) : value];
  });
  const made = Object.fromEntries(entries) as TunnelMessage;
  return made.type === 'configure' ? { ...made, invitation: made.invitation } : made;
}

function addressOf(text: string): Uint8Array | TunnelPrefix {
  const [address = '', bits] = text.split('/');
  return bits === undefined ? fromHex(address) : { address: fromHex(address), bits: Number(bits) };
}

const address = fc.constantFrom(4, 16).chain((length) =>
  fc.uint8Array({
    minLength: length,
    maxLength: length,
  }),
);
const prefix = address.chain((bytes) =>
  fc.record({ address: fc.constant(bytes), bits: fc.integer({ min: 0, max: 8 * bytes.length }) }),
);
const mtu = fc.integer({ min: 576, max: 65_535 });
const version = fc.constantFrom(1, 2, 2 ** 53 - 1);
const plainText = fc.constantFrom('', 'a', 'ä b', '\u{1f600}', '\ufeffx');
const addresses = fc.array(address, { maxLength: 8 });
const messages: fc.Arbitrary<TunnelMessage> = fc.oneof(
  fc.record({
    type: fc.constant('configure' as const),
    version,
    mtu,
    name: plainText,
    addresses,
    invitation: fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { nil: undefined }),
  }),
  fc.record({
    type: fc.constant('configured' as const),
    version,
    mtu,
    addresses: fc.array(prefix, { minLength: 1, maxLength: 8 }),
    routes: fc.array(prefix, { maxLength: 30 }),
    gateways: addresses,
    resolvers: addresses,
  }),
  fc.record({ type: fc.constant('refused' as const), code: fc.nat(), reason: plainText }),
);

describe('messages of a tunnel', () => {
  it('are those of the other implementation', () => {
    expect(vectors.messages.length).toBeGreaterThan(5);
    for (const vector of vectors.messages) {
      const message = messageOf(vector);
      expect(toHex(encodeTunnelMessage(message)), vector.name).toBe(vector.hex);
      expect(decodeTunnelMessage(fromHex(vector.hex)), vector.name).toEqual(message);
    }
  });

  it('are read in all forms that are sound', () => {
    for (const vector of vectors.other) {
      const decoded = decodeTunnelMessage(fromHex(vector.hex));
      expect(decoded, vector.name).toEqual(messageOf(vector));
    }
  });

  it('are refused where the other implementation refuses them', () => {
    expect(vectors.unsound.length).toBeGreaterThan(20);
    for (const { name, hex } of vectors.unsound) {
      expect(decodeTunnelMessage(fromHex(hex)), name).toBeUndefined();
    }
  });

  it('come back as they were', () => {
    fc.assert(
      fc.property(messages, (message) => {
        expect(decodeTunnelMessage(encodeTunnelMessage(message))).toEqual(message);
      }),
    );
  });

  it('are sound or none when they are cut, and never more than what is there', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const whole = encodeTunnelMessage(message);
        for (let length = 0; length < whole.length; length++) {
          checkSound(decodeTunnelMessage(whole.subarray(0, length)));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('are sound or none when bytes in them are changed', () => {
    fc.assert(
      fc.property(
        messages,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        (message, changes) => {
          const bytes = encodeTunnelMessage(message);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          checkSound(decodeTunnelMessage(bytes));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('do not share memory with the bytes they were read from', () => {
    const bytes = fromHex(vectors.messages[1]!.hex);
    const decoded = decodeTunnelMessage(bytes);
    bytes.fill(0);
    expect(decoded).toEqual(messageOf(vectors.messages[1]!));
  });

  it('are unsound by each of their values, also when a good one follows', () => {
    const start = () => new TlvWriter(1).number(1, 1);
    const wrong = [
      start().number(2, 575).number(2, 1_400),
      start().number(2, 70_000).number(2, 1_400),
      start().number(2, 1_400).bytes(10, new Uint8Array(31)).bytes(10, new Uint8Array(32)),
      start().number(2, 1_400).bytes(3, Uint8Array.of(7)).bytes(3, Uint8Array.of(65)),
    ];
    for (const [index, writer] of wrong.entries()) {
      expect(decodeTunnelMessage(writer.finish()), `case ${index}`).toBeUndefined();
    }
  });

  it('need a version and a length of packets', () => {
    for (const writer of [
      new TlvWriter(1).number(2, 1_400),
      new TlvWriter(1).number(1, 1),
      new TlvWriter(1).number(1, 0).number(2, 1_400),
      new TlvWriter(2).number(1, 1).bytes(4, Uint8Array.of(24, 10, 0, 0, 1)),
      new TlvWriter(3),
    ]) {
      expect(decodeTunnelMessage(writer.finish())).toBeUndefined();
    }
  });

  it('are at most 32,768 bytes', () => {
    const start = new TlvWriter(3).number(8, 4).finish();
    const rest = MAX_BYTES - start.length;
    const padded = (bytes: number) =>
      new TlvWriter(3).number(8, 4).bytes(99, new Uint8Array(bytes)).finish();
    expect(padded(rest - 6)).toHaveLength(MAX_BYTES);
    expect(decodeTunnelMessage(padded(rest - 6))).toEqual({ type: 'refused', code: 4, reason: '' });
    expect(decodeTunnelMessage(padded(rest - 5))).toBeUndefined();
  });

  it('hold as many routes as there may be, and no more', () => {
    const routes = Array.from({ length: 1_024 }, () => ({
      address: new Uint8Array(16),
      bits: 128,
    }));
    const place = {
      type: 'configured' as const,
      version: 1,
      mtu: 1_400,
      addresses: routes.slice(0, 8),
      routes,
      gateways: [],
      resolvers: [],
    };
    const bytes = encodeTunnelMessage(place);
    expect(bytes.length).toBeLessThan(MAX_BYTES);
    expect(decodeTunnelMessage(bytes)).toEqual(place);
    const more = encodeTunnelMessage({ ...place, routes: [...routes, ...routes.slice(0, 1)] });
    expect(decodeTunnelMessage(more)).toBeUndefined();
  });

  it('hold no text that would make them unsound: it is cut by whole characters, in one line', () => {
    const name = `${'ä'.repeat(31)}\u{1f600}`;
    const configure = { type: 'configure' as const, version: 1, mtu: 1_400, name };
    const decoded = decodeTunnelMessage(
      encodeTunnelMessage({ ...configure, addresses: [], invitation: undefined }),
    );
    expect(decoded).toMatchObject({ name: 'ä'.repeat(31) });
    const lines = encodeTunnelMessage({ type: 'refused', code: 0, reason: 'one\r\ntwo\u0085' });
    expect(decodeTunnelMessage(lines)).toMatchObject({ reason: 'one  two ' });
    const reason = 'r'.repeat(300);
    const refused = encodeTunnelMessage({ type: 'refused', code: 0, reason });
    expect(decodeTunnelMessage(refused)).toMatchObject({ reason: 'r'.repeat(256) });
  });
});

describe('packets between the two ends', () => {
  it('are those of the other implementation', () => {
    expect(vectors.packets.length).toBeGreaterThan(5);
    for (const { name, hex, packets, even } of vectors.packets) {
      const got: string[] = [];
      const taker = {
        onPacket(bytes: Uint8Array, start: number, end: number, isPartial: boolean): void {
          if (isPartial) expect(completeChecksum(bytes, start, end), name).toBe(true);
          got.push(toHex(bytes.subarray(start, end)));
        },
      };
      const port = new TunnelPort(new FlowQueue(), new CircuitBreaker(() => 0), taker);
      port.read(fromHex(hex));
      expect(got, name).toEqual(packets);
      expect(port.counters.malformed, name).toBe(even ? 0 : 1);
    }
  });
});

/** Whatever was read keeps the limits of SPEC 14.2, and is written and read again as it is. */
function checkSound(message: TunnelMessage | undefined): void {
  if (message === undefined) return;
  expect(decodeTunnelMessage(encodeTunnelMessage(message))).toEqual(message);
  if (message.type === 'refused') return;
  expect(message.mtu).toBeGreaterThanOrEqual(576);
  expect(message.mtu).toBeLessThanOrEqual(65_535);
  if (message.type === 'configure') {
    expect([undefined, 32]).toContain(message.invitation?.length);
    expect(message.name).not.toMatch(/\p{Cc}/u);
    return;
  }
  expect(message.addresses.length).toBeGreaterThan(0);
  for (const { address: bytes, bits } of [...message.addresses, ...message.routes]) {
    expect([4, 16]).toContain(bytes.length);
    expect(bits).toBeLessThanOrEqual(8 * bytes.length);
  }
}
