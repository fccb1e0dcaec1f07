import { createSeededProvider } from '@vcl-protocol/core';
import type { Pair } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';
import { type Cheat, cheating, connectedPair, numbered, seeded } from './support.js';

const ACK = 0x03;
/** MESSAGE with the bit that says that a longer message begins. */
const FIRST_PIECE = 0x30;

/** A pair whose client lies. `cheat` is called with each plaintext the client seals. */
function withCheater(seed: number, cheat: Cheat): Pair {
  const liar = cheating(seed);
  const pair = connectedPair({ seed, client: { crypto: liar.crypto } });
  pair.run(500);
  liar.cheat = cheat;
  return pair;
}

/** Runs until the server has closed. @returns the code */
function codeOfServer(pair: Pair, withinMs = 5_000): number | undefined {
  const server = pair.server.connection!;
  pair.run(withinMs, () => server.isEnded);
  return server.isEnded ? server.endInfo.code : undefined;
}

describe('a client that acknowledges what was never sent', () => {
  it('is closed at once', () => {
    const pair = withCheater(1, (plaintext) => {
      // path, largest; one byte each as long as numbers are small.
      if (plaintext[0] === ACK && plaintext[2]! < 32) plaintext[2]! += 30;
    });
    pair.send('server', numbered(0, 100), { reliability: 'reliable' });
    expect(codeOfServer(pair)).toBe(2);
  });

  it('is caught by a number that was left out, soon after', () => {
    const liar = cheating(2);
    const pair = connectedPair({ seed: 2, client: { crypto: liar.crypto } });
    liar.cheat = (plaintext) => {
      if (plaintext[0] !== ACK) return;
      // The first range reaches down over whatever was not received.
      const first = plaintext.subarray(1);
      const sizes = [...first.subarray(0, 5)].map((byte) => 1 << (byte >> 6));
      if (sizes[0] === 1 && first[1]! >> 6 === 1) widen(plaintext);
    };
    for (let n = 0; n < 2_000; n++) {
      pair.send('server', numbered(n, 900), { reliability: 'unreliable' });
    }
    expect(codeOfServer(pair, 60_000)).toBe(2);
  });
});

/** Makes the first range of an ACK with two-byte numbers cover all numbers from 0 on. */
function widen(plaintext: Uint8Array): void {
  const largest = ((plaintext[2]! & 0x3f) << 8) | plaintext[3]!;
  let at = 4;
  at += 1 << (plaintext[at]! >> 6); // delay
  at += 1 << (plaintext[at]! >> 6); // count
  const size = 1 << (plaintext[at]! >> 6);
  if (size === 2) {
    plaintext[at] = 0x40 | (largest >> 8);
    plaintext[at + 1] = largest & 0xff;
  }
}

describe('a client that never signs', () => {
  /** A client whose signatures are made outside; `jobs` of them are made before it stops. */
  function lazySigner(seed: number, jobs: number): Pair {
    const crypto = createSeededProvider(seeded(seed), seed);
    const identity = crypto.createSigner(new Uint8Array(32).fill(5));
    const pair = connectedPair({
      seed,
      client: { identity, inlineSignatures: false, idleTimeoutMs: 0 },
      server: { idleTimeoutMs: 0 },
      config: { delivery: 'authenticated' },
    });
    let left = jobs;
    const work = (now: number): void => {
      const connection = pair.client.connection!;
      const job = connection.pollSignatureJob();
      if (job?.kind === 'sign' && left > 0) {
        left--;
        connection.handleSignatureDone(identity.sign(job.message), now);
      } else if (job?.kind === 'verify') {
        const valid = crypto.verify(job.publicKey, job.message, job.signature);
        connection.handleSignatureDone(valid, now);
      }
      if (!connection.isEnded) pair.simulation.at(now + 20, work);
    };
    pair.simulation.at(pair.now + 1, work);
    return pair;
  }

  it('delivers nothing, not even authenticated', () => {
    const pair = lazySigner(3, 0);
    pair.send('client', numbered(0, 10), { reliability: 'reliable' });
    pair.run(3_000);
    expect(pair.server.messages).toEqual([]);
  });

  it('is closed for it while it is heard, and what came unsigned is named', () => {
    const pair = lazySigner(4, 1);
    pair.run(500);
    pair.send('client', numbered(0, 10), { reliability: 'reliable' });
    const since = pair.now;
    for (let i = 0; i < 1_000 && !pair.server.connection!.isEnded; i++) {
      pair.client.connection!.ping(pair.now);
      pair.run(100);
    }
    expect(pair.server.connection!.endInfo.code).toBe(8);
    expect(pair.now - since).toBeGreaterThan(3_000);
    expect(pair.server.messages).toHaveLength(1);
    expect(pair.server.messages[0]?.verified).toBe(false);
    expect(pair.server.events).toContainEqual({ type: 'unverified', lane: 0, from: 0 });
  });

  it('is not closed for the silence of the path', () => {
    const pair = lazySigner(5, 1);
    pair.run(500);
    pair.send('client', numbered(0, 10), { reliability: 'reliable' });
    pair.run(100);
    pair.simulation.network.setConditions(undefined, undefined, { blackHole: true });
    pair.run(600_000);
    expect(pair.server.connection!.isEnded).toBe(false);
  });
});

describe('a client that breaks the rules behind the AEAD', () => {
  it.each([
    ['sends a frame of no known type', 3, (at: Uint8Array) => at.set([0x1f])],
    ['sends HANDSHAKE_DONE', 2, (at: Uint8Array) => at.fill(0).set([0x0d])],
    ['sends a frame that is cut off', 3, (at: Uint8Array) => at.fill(0).set([0x40], at.length - 1)],
    ['retires an id it was never told of', 2, (at: Uint8Array) => at.fill(0).set([0x09, 0x3f])],
    ['retires the id it uses', 2, (at: Uint8Array) => at.fill(0).set([0x09, 0x00])],
    [
      'wants to wait for a key it does not need',
      2,
      (at: Uint8Array) => at.fill(0).set([0x08, 1, 2]),
    ],
  ])('and %s is closed', (_, code: number, spoil) => {
    let isSpoilt = false;
    const pair = withCheater(6, (plaintext) => {
      if (isSpoilt || plaintext[0] === ACK || plaintext.length < 16) return;
      isSpoilt = true;
      spoil(plaintext);
    });
    pair.send('client', numbered(0, 100), { reliability: 'reliable' });
    expect(codeOfServer(pair)).toBe(code);
  });

  it('and alters a message that it sends again is closed', () => {
    let isFirst = true;
    const pair = withCheater(7, (plaintext) => {
      if ((plaintext[0]! & FIRST_PIECE) !== FIRST_PIECE || plaintext.length < 300) return;
      if (!isFirst) plaintext[200]! ^= 1;
      isFirst = false;
    });
    const { network } = pair.simulation;
    pair.send('client', numbered(0, 100_000), { reliability: 'reliable' });
    // The acknowledgement is lost, so the first piece goes again, altered, over what is there.
    network.setConditions(pair.server.address, pair.client.address, { blackHole: true });
    expect(codeOfServer(pair, 20_000)).toBe(6);
  });
});
