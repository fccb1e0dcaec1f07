import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LegacyPacketType } from '../../src/legacy/packet.js';
import { CrateError } from './crate-twin.js';
import { crypto, drainEvents, drainTransmits, drops, makePair, text, texts } from './support.js';

describe('what would end a session of the crate', () => {
  test('is dropped and counted: junk, other versions, bytes behind a packet', () => {
    const { session, twin } = makePair();
    const [good] = twin.send(text('good'));
    session.handle(new Uint8Array(0), 1);
    session.handle(new Uint8Array(200).fill(2), 1);
    session.handle(Buffer.concat([good!, Buffer.from([0])]), 1);
    session.handle(Buffer.concat([Buffer.from([99]), good!.subarray(1)]), 1);
    session.handle(good!, 1);
    const events = drainEvents(session);
    expect(drops(events)).toEqual(Array(4).fill('malformed'));
    expect(texts(events)).toEqual(['good']);
    expect(() => twin.recv(new Uint8Array(0))).toThrow(CrateError);
  });

  test('a repeated packet is dropped (G22)', () => {
    const { session, twin } = makePair();
    const [a, b] = [twin.send(text('a'))[0]!, twin.send(text('b'))[0]!];
    for (const datagram of [a, a, b, a, b]) session.handle(datagram, 1);
    const events = drainEvents(session);
    expect([texts(events), drops(events)]).toEqual([['a', 'b'], Array(3).fill('replay')]);
  });

  test('packets that overtake others wait for them (G22)', () => {
    const { session, twin } = makePair();
    const sent = ['a', 'b', 'c', 'd'].map((value) => twin.send(text(value))[0]!);
    for (const index of [2, 0, 3, 3, 1]) session.handle(sent[index]!, 1);
    const events = drainEvents(session);
    expect([texts(events), drops(events)]).toEqual([['a', 'b', 'c', 'd'], ['replay']]);
    expect(session.nextTimeout()).toBe(60_001);
  });

  test('a flipped bit is dropped without a trace, but for the kind, which nothing covers (G8)', () => {
    const { session, twin } = makePair();
    const [good] = twin.send(text('good'));
    const kindBits = new Set([8, 9, 10]);
    for (let bit = 0; bit < good!.length * 8; bit += 5) {
      if (kindBits.has(bit)) continue;
      const bad = Uint8Array.from(good!);
      bad[bit >> 3] = bad[bit >> 3]! ^ (1 << (bit & 7));
      session.handle(bad, 1);
    }
    expect(texts(drainEvents(session))).toEqual([]);
    session.handle(good!, 1);
    expect(texts(drainEvents(session))).toEqual(['good']);
  });

  test('a packet of this side that comes back is known, first or later (G7)', () => {
    const { session, twin } = makePair();
    session.send(text('own'));
    session.send(text('own too'));
    for (const own of drainTransmits(session)) session.handle(own, 1);
    session.handle(twin.send(text('theirs'))[0]!, 1);
    const events = drainEvents(session);
    expect([drops(events), texts(events)]).toEqual([['reflected', 'reflected'], ['theirs']]);
    expect(session.nextTimeout()).toBe(60_001);
  });

  test('a packet of another session under the same key of signature counts for nothing (G24)', () => {
    const [{ session, twin }, other] = [makePair(), makePair()];
    const foreign = Array.from({ length: 70 }, () => other.twin.send(text('foreign'))[0]!);
    for (const index of [0, 5, 69]) session.handle(foreign[index]!, 1);
    expect(session.nextTimeout()).toBe(60_000);
    for (let n = 0; n < 6; n++) session.handle(twin.send(text('mine'))[0]!, 2);
    const events = drainEvents(session);
    expect([drops(events), texts(events).length]).toEqual([Array(3).fill('decrypt'), 6]);
  });

  test('a packet signed by another key is dropped (G1)', () => {
    const signer = crypto.createSigner(new Uint8Array(32).fill(8));
    const { session, twin } = makePair({ peerKey: signer.publicKey });
    session.handle(twin.send(text('x'))[0]!, 1);
    expect(drops(drainEvents(session))).toEqual(['signature']);
  });

  test('a sequence of 2^64 - 1 is dropped, and what follows is taken (G24)', () => {
    const { session, twin } = makePair();
    const far = Uint8Array.from(twin.send(text('a'))[0]!);
    const near = Uint8Array.from(far);
    session.handle(far.fill(0xff, 5, 13), 1);
    session.handle(near, 1);
    const events = drainEvents(session);
    expect([drops(events), texts(events)]).toEqual([['chain'], ['a']]);
  });

  test('more pings than are answered do not grow anything', () => {
    const { session, twin } = makePair();
    for (let n = 0; n < 70; n++) session.handle(twin.ping(), 1);
    expect(drainTransmits(session).length).toBe(64);
    expect(drops(drainEvents(session))).toEqual(Array(6).fill('limit'));
  });

  test('a pong that nobody asked for, and broken fragments, are dropped', () => {
    const { session, twin } = makePair();
    const [unasked, broken] = [twin.ping(), twin.send(text('no fragment'))[0]!];
    unasked[1] = LegacyPacketType.Pong;
    broken[1] = LegacyPacketType.Fragment;
    session.handle(unasked, 1);
    session.handle(broken, 1);
    session.handle(twin.send(text('after'))[0]!, 1);
    const events = drainEvents(session);
    expect([drops(events), texts(events)]).toEqual([['content', 'content'], ['after']]);
  });

  test('no datagram makes it throw', () => {
    const { session, twin } = makePair();
    const [good] = twin.send(text('good'));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 250 }), fc.nat(250), (noise, at) => {
        const data = new Uint8Array(Math.max(good!.length, at + noise.length));
        data.set(good!);
        data.set(noise, at);
        if (at >= 5) expect(() => session.handle(data, 1)).not.toThrow();
        expect(() => session.handle(noise, 1)).not.toThrow();
      }),
    );
  });
});

describe('what the wire cannot heal', () => {
  test('a lost packet ends the session when packets behind it have waited for it (G21)', () => {
    const { session, twin } = makePair({ gapTimeoutMs: 300 });
    const sent = ['a', 'lost', 'c', 'd'].map((value) => twin.send(text(value))[0]!);
    session.handle(sent[0]!, 100);
    session.handle(sent[2]!, 200);
    session.handle(sent[3]!, 400);
    expect(session.nextTimeout()).toBe(500);
    session.handleTimeout(500);
    session.handle(sent[1]!, 501);
    const events = drainEvents(session);
    expect(texts(events)).toEqual(['a']);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'ended',
        error: expect.objectContaining({ code: 'ChainValidationFailed' }),
      }),
    );
    expect(drops(events)).toEqual(['closed']);
  });

  test('each missing packet has a time of its own', () => {
    const { session, twin } = makePair({ gapTimeoutMs: 300 });
    const sent = ['a', 'b', 'c', 'd'].map((value) => twin.send(text(value))[0]!);
    session.handle(sent[1]!, 100);
    session.handle(sent[3]!, 200);
    session.handle(sent[0]!, 350);
    expect(session.nextTimeout()).toBe(650);
    session.handle(sent[2]!, 600);
    expect(texts(drainEvents(session))).toEqual(['a', 'b', 'c', 'd']);
  });

  test('a packet far ahead is not kept, but shows that others are lost', () => {
    const { session, twin } = makePair({ gapTimeoutMs: 300 });
    const sent = Array.from({ length: 66 }, () => twin.send(text('x'))[0]!);
    session.handle(sent[65]!, 10);
    expect(drops(drainEvents(session))).toEqual(['chain']);
    expect(session.nextTimeout()).toBe(310);
  });

  test('a lost packet ends the session of a peer of the crate at once', () => {
    const { session, twin } = makePair();
    for (const value of ['a', 'lost', 'c']) session.send(text(value));
    const [a, , c] = drainTransmits(session);
    expect(twin.recv(a!).kind).toBe('data');
    expect(() => twin.recv(c!)).toThrow('ChainValidationFailed');
  });
});
