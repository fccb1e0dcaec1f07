import {
  type ConnectionEvent,
  type CryptoProvider,
  createSeededProvider,
  type LogReport,
  SessionLogVerifier,
} from '@vcl-protocol/core';
import { Pair, type PairOptions, type PairSide } from '@vcl-protocol/testkit';
import { expect } from 'vitest';
import { chooseProvider } from '../../../vcl-protocol/src/node/crypto/choose.js';

export type SideName = 'client' | 'server';

const base = chooseProvider();

/** The fastest cryptography at hand with random bytes that follow from `seed`. */
export function seeded(seed: number): CryptoProvider {
  return createSeededProvider(base, seed);
}

/** A pair that is connected. */
export function connectedPair(options: PairOptions): Pair {
  const pair = new Pair({ crypto: seeded(Number(options.seed)), ...options });
  expect(pair.establish()).toBe(true);
  return pair;
}

/** `length` bytes that begin with the number of the message. */
export function numbered(n: number, length: number): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => (n * 31 + i * 7 + (i >> 8)) & 0xff);
  if (length >= 2) new DataView(bytes.buffer).setUint16(0, n);
  return bytes;
}

/** The numbers of the messages that a side has read, in the order of reading. */
export function numbersRead(side: PairSide): number[] {
  return side.messages.map(({ payload }) => (payload[0]! << 8) | payload[1]!);
}

/** 0, 1, 2, ... */
export function upTo(count: number): number[] {
  return [...Array(count).keys()];
}

/** The events of one type that a side saw. */
export function eventsOf<T extends ConnectionEvent['type']>(
  side: PairSide,
  type: T,
): Extract<ConnectionEvent, { type: T }>[] {
  return side.events.filter((event) => event.type === type) as Extract<
    ConnectionEvent,
    { type: T }
  >[];
}

/** Closes from one side and runs until both have ended. @returns both close events */
export function closeBoth(pair: Pair, from: SideName = 'client', withinMs = 60_000): void {
  pair[from].connection!.close({}, pair.now);
  const isEnded = (): boolean => pair.client.connection!.isEnded && pair.server.connection!.isEnded;
  pair.run(withinMs, isEnded);
  expect(isEnded()).toBe(true);
}

/** What the session log of a side says when it is checked. */
export function verifyLog(pair: Pair, side: SideName): LogReport {
  const verifier = new SessionLogVerifier(pair.crypto);
  verifier.push(pair[side].log());
  return verifier.finish();
}

/** What is changed in a plaintext right before it is sealed: how a cheating peer is made. */
export type Cheat = (plaintext: Uint8Array, packetNumber: number) => void;

/** A provider whose owner lies: each record passes through `cheat`, which may be changed at any time. */
export function cheating(seed: number): { crypto: CryptoProvider; cheat: Cheat } {
  const honest = seeded(seed);
  const made = {
    cheat: (() => {}) as Cheat,
    crypto: {
      ...honest,
      createAead: (key: Uint8Array, salt: Uint8Array) => {
        const aead = honest.createAead(key, salt);
        return {
          seal: (counter: number, buffer: Uint8Array, start: number, end: number) => {
            made.cheat(buffer.subarray(start, end), counter);
            aead.seal(counter, buffer, start, end);
          },
          open: (counter: number, buffer: Uint8Array, start: number, end: number) =>
            aead.open(counter, buffer, start, end),
          wipe: () => aead.wipe(),
        };
      },
    },
  };
  return made;
}
