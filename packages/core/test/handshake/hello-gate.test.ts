import { describe, expect, it } from 'vitest';
import { addressPrefix } from '../../src/handshake/address-prefix.js';
import { AmplificationAccount } from '../../src/handshake/amplification.js';
import {
  ENVELOPE_OVERHEAD_BYTES,
  EnvelopeKind,
  HELLO_MIN_BYTES,
} from '../../src/handshake/envelope.js';
import {
  decodeHelloFlight,
  decodeRetryFlight,
  encodeRetryFlight,
} from '../../src/handshake/flights.js';
import {
  type ArrivedHello,
  COOKIE_HALF_OPEN,
  COOKIE_HELLOS_PER_SECOND,
  type GateDecision,
  HelloGate,
  MAX_HALF_OPEN,
} from '../../src/handshake/hello-gate.js';
import { PREFIX_HELLOS_PER_SECOND, PrefixLimiter } from '../../src/handshake/prefix-limiter.js';
import { client, provider, responder, sent } from './support.js';

const hello = sent(client()).flight;
const calm: ArrivedHello = {
  address: '192.0.2.1',
  port: 1000,
  flight: { hello },
  halfOpen: 0,
};
const loaded: ArrivedHello = { ...calm, halfOpen: COOKIE_HALF_OPEN };

describe('a gate without load', () => {
  it('lets hellos through, whatever cookie they bring', () => {
    const gate = new HelloGate(provider(), 0);
    expect(gate.decide(calm, 0)).toEqual({ type: 'respond' });
    const flight = { hello, cookie: Uint8Array.of(1) };
    expect(gate.decide({ ...calm, flight }, 0)).toEqual({ type: 'respond' });
    expect(gate.decide({ ...calm, halfOpen: COOKIE_HALF_OPEN - 1 }, 0).type).toBe('respond');
  });
});

describe('a gate with 128 half-open attempts', () => {
  it('asks for a cookie and takes the same hello with it', () => {
    const gate = new HelloGate(provider(), 0);
    const cookie = cookieOf(gate.decide(loaded, 0));
    expect(gate.decide({ ...loaded, flight: { hello, cookie } }, 100)).toEqual({ type: 'respond' });
  });

  it('is passed by a client that follows the retry', () => {
    const gate = new HelloGate(provider(), 0);
    const initiator = client();
    const first = decodeHelloFlight(sent(initiator).flight) ?? { hello };
    const cookie = cookieOf(gate.decide({ ...loaded, flight: first }, 0));
    initiator.handleEnvelope(EnvelopeKind.Retry, encodeRetryFlight(cookie), 30);
    const second = sent(initiator, 30).flight;
    const split = decodeHelloFlight(second) ?? { hello };
    expect(gate.decide({ ...loaded, flight: split }, 60)).toEqual({ type: 'respond' });
    initiator.handleEnvelope(EnvelopeKind.ServerFlight, responder(second).flight(), 90);
    expect(initiator.state.type).toBe('deciding');
  });

  it.each<[string, Partial<ArrivedHello>, number]>([
    ['a spoofed source', { address: '198.51.100.1' }, 100],
    ['another port', { port: 1001 }, 100],
    ['a stale cookie', {}, 20_000],
  ])('drops %s', (_name, change, now) => {
    const gate = new HelloGate(provider(), 0);
    const cookie = cookieOf(gate.decide(loaded, 0));
    const arrived = { ...loaded, flight: { hello, cookie }, ...change };
    expect(gate.decide(arrived, now)).toEqual({ type: 'drop', reason: 'bad-cookie' });
  });

  it('drops a hello that was changed on the second trip', () => {
    const gate = new HelloGate(provider(), 0);
    const cookie = cookieOf(gate.decide(loaded, 0));
    const changed = hello.slice();
    changed[20]! ^= 1;
    const arrived = { ...loaded, flight: { hello: changed, cookie } };
    expect(gate.decide(arrived, 1)).toEqual({ type: 'drop', reason: 'bad-cookie' });
  });

  it('answers with less than it got', () => {
    const decision = new HelloGate(provider(), 0).decide(loaded, 0);
    const length = decision.type === 'retry' ? decision.flight.length : Number.POSITIVE_INFINITY;
    expect(length + ENVELOPE_OVERHEAD_BYTES).toBeLessThan(HELLO_MIN_BYTES);
  });

  it('holds 1,024 half-open attempts and no more, cookie or not', () => {
    const gate = new HelloGate(provider(), 0);
    const flight = { hello, cookie: cookieOf(gate.decide(loaded, 0)) };
    const almost = { ...loaded, flight, halfOpen: MAX_HALF_OPEN - 1 };
    expect(gate.decide(almost, 1)).toEqual({ type: 'respond' });
    const full = { ...almost, halfOpen: MAX_HALF_OPEN };
    expect(gate.decide(full, 1)).toEqual({ type: 'drop', reason: 'half-open-full' });
  });

  it('limits a proven address, and no address for the sake of a spoofer', () => {
    const gate = new HelloGate(provider(), 0);
    const cookie = cookieOf(gate.decide(loaded, 0));
    const proven = { ...loaded, flight: { hello, cookie } };
    const forged = { ...loaded, flight: { hello, cookie: new Uint8Array(20) } };
    for (let i = 0; i < 200; i++) expect(gate.decide(forged, 1).type).toBe('drop');
    for (let i = 0; i < PREFIX_HELLOS_PER_SECOND; i++) {
      expect(gate.decide(proven, 1).type).toBe('respond');
    }
    expect(gate.decide(proven, 1)).toEqual({ type: 'drop', reason: 'prefix-rate' });
    expect(gate.decide(proven, 1001)).toEqual({ type: 'respond' });
  });
});

describe('a gate that sees more than 500 hellos a second', () => {
  it('asks for cookies until the flood is over', () => {
    const gate = new HelloGate(provider(), 0);
    const types: string[] = [];
    for (let i = 0; i < 1000; i++) types.push(gate.decide(calm, 10_000 + i / 2).type);
    expect(types.slice(0, COOKIE_HELLOS_PER_SECOND).every((type) => type === 'respond')).toBe(true);
    expect(types.at(-1)).toBe('retry');
    expect(gate.decide(calm, 11_100).type).toBe('retry');
    expect(gate.decide(calm, 13_000).type).toBe('respond');
  });

  it('bears 400 a second for as long as they come', () => {
    const gate = new HelloGate(provider(), 0);
    for (let i = 0; i < 4000; i++) expect(gate.decide(calm, i * 2.5).type).toBe('respond');
    expect(gate.hellosPerSecond(10_000)).toBeCloseTo(400, -1);
    expect(gate.hellosPerSecond(20_000)).toBe(0);
  });
});

describe('the prefix of an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['::4:5:6:7:8', '0:0:0:4::/64'],
    ['memory-7', 'memory-7'],
  ])('of %s is %s', (address, prefix) => {
    expect(addressPrefix(address)).toBe(prefix);
  });
});

describe('the limit of a prefix', () => {
  it('holds for the /64 as a whole and refills with time', () => {
    const limiter = new PrefixLimiter();
    for (let i = 0; i < PREFIX_HELLOS_PER_SECOND; i++) {
      expect(limiter.take(`2001:db8::${i + 1}`, 0)).toBe(true);
    }
    expect(limiter.take('2001:db8::ffff', 0)).toBe(false);
    expect(limiter.take('2001:db8:0:1::1', 0)).toBe(true);
    expect(limiter.take('2001:db8::ffff', 20)).toBe(true);
    expect(limiter.take('2001:db8::ffff', 20)).toBe(false);
    expect(limiter.take('2001:db8::ffff', 60_000)).toBe(true);
  });

  it('keeps a table of 4,096 prefixes, the last ones heard', () => {
    const limiter = new PrefixLimiter();
    const exhaust = (address: string): void => {
      for (let i = 0; i < PREFIX_HELLOS_PER_SECOND; i++) limiter.take(address, 0);
    };
    exhaust('192.0.2.1');
    exhaust('192.0.2.2');
    for (let i = 0; i < 4094; i++) limiter.take(`10.0.${i >> 8}.${i & 255}`, 0);
    expect(limiter.take('192.0.2.1', 0)).toBe(false);
    limiter.take('10.1.0.0', 0);
    expect(limiter.size).toBe(4096);
    expect(limiter.take('192.0.2.1', 0)).toBe(false);
    expect(limiter.take('192.0.2.2', 0)).toBe(true);
    expect(limiter.size).toBe(4096);
  });
});

describe('an amplification account', () => {
  it('gives three bytes for each that came', () => {
    const account = new AmplificationAccount();
    expect(account.trySend(1)).toBe(false);
    account.received(420);
    expect(account.available).toBe(1260);
    for (let i = 0; i < 3; i++) expect(account.trySend(420)).toBe(true);
    expect(account.trySend(1)).toBe(false);
    account.received(1);
    expect(account.trySend(4)).toBe(false);
    expect(account.trySend(3)).toBe(true);
    expect(account.available).toBe(0);
  });
});

/** The cookie that a gate demands. */
function cookieOf(decision: GateDecision): Uint8Array {
  const cookie = decision.type === 'retry' ? decodeRetryFlight(decision.flight) : undefined;
  if (cookie === undefined) throw new Error(`the gate said ${decision.type}`);
  return cookie;
}
