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
  RETRIES_PER_SECOND,
} from '../../src/handshake/hello-gate.js';
import { PREFIX_HELLOS_PER_SECOND, PrefixLimiter } from '../../src/handshake/prefix-limiter.js';
import { TokenBucket } from '../../src/handshake/token-bucket.js';
import { client, provider, responder, sent } from './support.js';

const hello = sent(client()).flight;
const calm: ArrivedHello = {
  address: '192.0.2.1',
  port: 1000,
  chHash: provider().sha256(hello),
  cookie: undefined,
  halfOpen: 0,
};
const loaded: ArrivedHello = { ...calm, halfOpen: COOKIE_HALF_OPEN };

describe('a gate without load', () => {
  it('lets hellos through, whatever cookie they bring', () => {
    const gate = new HelloGate(provider(), 0);
    expect(gate.decide(calm, 0)).toEqual({ type: 'respond' });
    expect(gate.decide({ ...calm, cookie: Uint8Array.of(1) }, 0)).toEqual({ type: 'respond' });
    expect(gate.decide({ ...calm, halfOpen: COOKIE_HALF_OPEN - 1 }, 0).type).toBe('respond');
  });
});

describe('a gate with 128 half-open attempts', () => {
  it('asks for a cookie and takes the same hello with it', () => {
    const gate = new HelloGate(provider(), 0);
    const cookie = cookieOf(gate.decide(loaded, 0));
    expect(gate.decide({ ...loaded, cookie }, 100)).toEqual({ type: 'respond' });
  });

  it('is passed by a client that follows the retry', () => {
    const gate = new HelloGate(provider(), 0);
    const initiator = client();
    const first = decodeHelloFlight(sent(initiator).flight) ?? { hello };
    const chHash = provider().sha256(first.hello);
    const cookie = cookieOf(gate.decide({ ...loaded, chHash }, 0));
    initiator.handleEnvelope(EnvelopeKind.Retry, encodeRetryFlight(cookie), 30);
    const second = sent(initiator, 30).flight;
    const split = decodeHelloFlight(second) ?? { hello };
    const again = { chHash: provider().sha256(split.hello), cookie: split.cookie };
    expect(gate.decide({ ...loaded, ...again }, 60)).toEqual({ type: 'respond' });
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
    const arrived = { ...loaded, cookie, ...change };
    expect(gate.decide(arrived, now)).toEqual({ type: 'drop', reason: 'bad-cookie' });
  });

  it('drops a hello that was changed on the second trip', () => {
    const gate = new HelloGate(provider(), 0);
    const cookie = cookieOf(gate.decide(loaded, 0));
    const changed = hello.slice();
    changed[20]! ^= 1;
    const arrived = { ...loaded, chHash: provider().sha256(changed), cookie };
    expect(gate.decide(arrived, 1)).toEqual({ type: 'drop', reason: 'bad-cookie' });
  });

  it('answers with less than it got', () => {
    const decision = new HelloGate(provider(), 0).decide(loaded, 0);
    const length = decision.type === 'retry' ? decision.flight.length : Number.POSITIVE_INFINITY;
    expect(length + ENVELOPE_OVERHEAD_BYTES).toBeLessThan(HELLO_MIN_BYTES);
  });

  it('limits a proven address, and no address for the sake of a spoofer', () => {
    const gate = new HelloGate(provider(), 0);
    const cookie = cookieOf(gate.decide(loaded, 0));
    const proven = { ...loaded, cookie };
    const forged = { ...loaded, cookie: new Uint8Array(20) };
    for (let i = 0; i < 200; i++) expect(gate.decide(forged, 1).type).toBe('drop');
    for (let i = 0; i < PREFIX_HELLOS_PER_SECOND; i++) {
      expect(gate.decide(proven, 1).type).toBe('respond');
    }
    expect(gate.decide(proven, 1)).toEqual({ type: 'drop', reason: 'prefix-rate' });
    expect(gate.decide(proven, 1001)).toEqual({ type: 'respond' });
  });

  it('keeps answers for an address that had none, however many proven ones ask', () => {
    const gate = new HelloGate(provider(), 0);
    const proven = (address: string): ArrivedHello => ({
      ...loaded,
      address,
      cookie: cookieOf(gate.decide({ ...loaded, address }, 0)),
    });
    const crowd = Array.from({ length: 20 }, (_, i) => proven(`198.51.100.${i + 1}`));
    const reasons = new Set<string>();
    for (let round = 0; round < 40; round++) {
      for (const one of crowd) {
        const decision = gate.decide(one, 1);
        if (decision.type === 'drop') reasons.add(decision.reason);
      }
    }
    expect(reasons).toContain('answer-rate');
    expect(gate.decide(proven('203.0.113.1'), 1)).toEqual({ type: 'respond' });
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

  it('hands out 8,000 cookies a second and leaves the other hellos alone', () => {
    const gate = new HelloGate(provider(), 0);
    let retries = 0;
    let drops = 0;
    for (let i = 0; i < 40_000; i++) {
      const decision = gate.decide(loaded, 10_000 + i / 20);
      if (decision.type === 'retry') retries++;
      else if (decision.type === 'drop' && decision.reason === 'retry-rate') drops++;
    }
    expect(retries + drops).toBe(40_000);
    expect(retries).toBeGreaterThanOrEqual(2 * RETRIES_PER_SECOND);
    expect(retries).toBeLessThan(2.1 * RETRIES_PER_SECOND);
  });

  it('sheds hellos while all cookies are handed out, and counts them', () => {
    const gate = new HelloGate(provider(), 0);
    expect(gate.sheds(COOKIE_HALF_OPEN, 0)).toBe(false);
    while (gate.decide(loaded, 0).type === 'retry');
    const before = gate.hellosPerSecond(0);
    expect(gate.sheds(COOKIE_HALF_OPEN, 0)).toBe(true);
    expect(gate.hellosPerSecond(0)).toBe(before + 1);
    expect(gate.sheds(COOKIE_HALF_OPEN, 1)).toBe(false);
    expect(gate.sheds(0, 60_000)).toBe(false);
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
      expect(limiter.take(`2001:db8::${i + 1}`, 0)).not.toBe('over');
    }
    expect(limiter.take('2001:db8::ffff', 0)).toBe('over');
    expect(limiter.take('2001:db8:0:1::1', 0)).toBe('new');
    expect(limiter.take('2001:db8::ffff', 20)).toBe('known');
    expect(limiter.take('2001:db8::ffff', 20)).toBe('over');
    expect(limiter.take('2001:db8::ffff', 60_000)).toBe('new');
  });

  it('knows a prefix for as long as its attempt may live', () => {
    const limiter = new PrefixLimiter();
    expect(limiter.take('192.0.2.1', 0)).toBe('new');
    expect(limiter.take('192.0.2.1', 9_999)).toBe('known');
    expect(limiter.take('192.0.2.1', 19_999)).toBe('new');
  });

  it('keeps a table of 4,096 prefixes, the last ones heard', () => {
    const limiter = new PrefixLimiter();
    const exhaust = (address: string): void => {
      for (let i = 0; i < PREFIX_HELLOS_PER_SECOND; i++) limiter.take(address, 0);
    };
    exhaust('192.0.2.1');
    exhaust('192.0.2.2');
    for (let i = 0; i < 4094; i++) limiter.take(`10.0.${i >> 8}.${i & 255}`, 0);
    expect(limiter.take('192.0.2.1', 0)).toBe('over');
    limiter.take('10.1.0.0', 0);
    expect(limiter.size).toBe(4096);
    expect(limiter.take('192.0.2.1', 0)).toBe('over');
    expect(limiter.take('192.0.2.2', 0)).toBe('new');
    expect(limiter.size).toBe(4096);
  });
});

describe('a bucket of tokens', () => {
  it('holds a burst, keeps what is to be kept and refills with time', () => {
    const bucket = new TokenBucket(500, 100);
    const takeAll = (now: number, kept: number): number => {
      let taken = 0;
      while (bucket.take(now, kept)) taken++;
      return taken;
    };
    expect(takeAll(0, 40)).toBe(60);
    expect(takeAll(0, 0)).toBe(40);
    expect(takeAll(50, 40)).toBe(0);
    expect(takeAll(50, 0)).toBe(25);
    expect(takeAll(60_000, 0)).toBe(100);
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
