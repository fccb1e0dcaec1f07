import { describe, expect, it } from 'vitest';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { FrameType } from '../../src/wire/frame-types.js';
import { seeded } from '../scenario/support.js';
import {
  ackFrame,
  blockedFrame,
  challengeFrame,
  controlFrame,
  creditFrame,
  inRecords,
  newIdFrame,
  pieceFrame,
  pingFrame,
  wholeFrame,
} from './frames.js';
import { Rogue } from './rogue.js';

const DATAGRAMS = 400;
const QUARTER = DATAGRAMS / 4;
const DATAGRAM_BYTES = 1_200;
const MIB = 1024 * 1024;
const ONE = Uint8Array.of(1);

/** The fastest provider, and how often the costly parts of it were called. */
function counting(): { crypto: CryptoProvider; calls: { total: number } } {
  const base = seeded(7);
  const calls = { total: 0 };
  const counted = { ...base };
  const count =
    <A extends readonly unknown[], R>(method: (...args: A) => R) =>
    (...args: A): R => {
      calls.total++;
      return method(...args);
    };
  counted.sha256 = count((data: Uint8Array) => base.sha256(data));
  counted.createSha256 = count(() => base.createSha256());
  counted.hmacSha256 = count((key: Uint8Array, data: Uint8Array) => base.hmacSha256(key, data));
  counted.createAead = count((key: Uint8Array, salt: Uint8Array) => base.createAead(key, salt));
  counted.randomBytes = count((out: Uint8Array) => base.randomBytes(out));
  counted.x25519 = count((secret: Uint8Array, share: Uint8Array) => base.x25519(secret, share));
  return { crypto: counted, calls };
}

/** Frames of which as many as fit stand in one datagram. */
function* full(make: (i: number) => Uint8Array, first: number): Generator<Uint8Array> {
  let bytes = 0;
  for (let i = first; ; i++) {
    const frame = make(i);
    bytes += frame.length;
    if (bytes > DATAGRAM_BYTES) return;
    yield frame;
  }
}

/** What each of {@link DATAGRAMS} full datagrams made the victim do: costly calls, records, events. */
function workOf(make: (i: number, rogue: Rogue) => Uint8Array): { work: number[]; code: number } {
  const { crypto, calls } = counting();
  const rogue = new Rogue({
    crypto,
    victimParams: { initialCreditLossyBytes: 16 * MIB, initialCreditReliableBytes: 16 * MIB },
  });
  rogue.sign();
  rogue.receive();
  const work: number[] = [];
  let next = 0;
  for (let datagram = 0; datagram < DATAGRAMS && rogue.code < 0; datagram++) {
    const frames = [...full((i) => make(i, rogue), next)];
    next += frames.length;
    rogue.now += 1;
    const [before, sentBefore] = [calls.total, rogue.victim.counters.packetsSent];
    for (const record of inRecords(frames)) rogue.send(...record);
    rogue.receive();
    const sent = rogue.victim.counters.packetsSent - sentBefore;
    work.push(calls.total - before + sent + rogue.victim.events.count);
    rogue.drain();
  }
  return { work, code: rogue.code };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

const GREASE = Uint8Array.of(0x40, 0x40, 0);

describe('a full datagram of tiny frames', () => {
  it.each([
    ['PADDING', () => Uint8Array.of(FrameType.PADDING), 1],
    ['grease', () => GREASE, 1],
    ['PING', (i: number) => pingFrame(i), 70],
    ['BLOCKED', (i: number) => blockedFrame(i & 1), 2],
    ['CREDIT', (i: number) => creditFrame(i & 1, 100_000 + i, 20_000), 1],
    ['PATH_CHALLENGE', (i: number) => challengeFrame(i & 255), 6],
    ['NEW_CONNECTION_ID', (i: number) => newIdFrame(1 + (i % 4)), 1],
    ['CONTROL that was here before', () => controlFrame(0, ONE), 1],
    ['pieces of one byte', (i: number) => pieceFrame(1, 3, 2 * (i % 4_000), ONE, 8_001), 1],
    ['a message that was here before', () => wholeFrame(0, 0, ONE), 1],
    ['ACK', (_: number, rogue: Rogue) => ackFrame([[rogue.highestSeen, rogue.highestSeen]], 1), 10],
  ])('costs as much at the end of a session as at its beginning: %s', (_name, make, most) => {
    const { work, code } = workOf(make);
    expect(code).toBe(-1);
    expect(work).toHaveLength(DATAGRAMS);
    const early = sum(work.slice(0, QUARTER));
    const late = sum(work.slice(-QUARTER));
    expect(late).toBeLessThanOrEqual(1.25 * early + QUARTER / 10);
    expect(late / QUARTER).toBeLessThanOrEqual(most);
  });

  it('costs a bounded number of hashes for each message that is whole', () => {
    const { work } = workOf((n) => wholeFrame(1, n & 0xffff, ONE));
    // Nobody signs them, so the session ends with what this side bears.
    const perDatagram = DATAGRAM_BYTES / wholeFrame(1, 0, ONE).length;
    for (const one of work) expect(one).toBeLessThanOrEqual(4 * perDatagram + 10);
    expect(work.length).toBeLessThan(DATAGRAMS);
  });
});
