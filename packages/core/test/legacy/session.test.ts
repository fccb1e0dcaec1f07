import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeLegacyPacket, LegacyPacketType } from '../../src/legacy/packet.js';
import {
  drainEvents,
  drainTransmits,
  drops,
  makePair,
  makeSession,
  text,
  texts,
} from './support.js';

describe('a session with a peer of the crate', () => {
  test('carries messages of any length both ways', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 70 }), (m, size) => {
        const { session, twin } = makePair({ fragmentSize: size });
        session.send(m);
        const received = drainTransmits(session).map((datagram) => twin.recv(datagram));
        expect(received.at(-1)).toEqual({ kind: 'data', payload: Buffer.from(m) });
        expect(session.messagesSent).toBe(1);
        for (const datagram of twin.send(m)) session.handle(datagram, 1);
        expect(drainEvents(session)).toMatchObject([{ type: 'message', payload: m }]);
      }),
      { numRuns: 8 },
    );
  });

  test('puts fragments of the crate together, and tells the last of their packets', () => {
    const { session, twin } = makePair();
    const long = new Uint8Array(3_000).map((_, i) => i);
    for (const datagram of twin.send(long)) session.handle(datagram, 1);
    expect(drainEvents(session)).toMatchObject([
      { type: 'message', sequence: 2, payload: long, isReassembled: true },
    ]);
  });

  test('answers pings, and measures its own one by one', () => {
    const { session, twin } = makePair();
    session.handle(twin.ping(), 1);
    expect(drainTransmits(session).map((datagram) => twin.recv(datagram).kind)).toEqual(['pong']);
    expect([session.ping(), session.ping()]).toEqual([0, 1]);
    const [a, b] = [session.pollTransmit(10)!, session.pollTransmit(12)!];
    session.handle(twin.recv(a).reply!, 15);
    session.handle(twin.recv(b).reply!, 25);
    expect(drainEvents(session)).toEqual([
      { type: 'ping' },
      { type: 'pong', id: 0, latencyMs: 5 },
      { type: 'pong', id: 1, latencyMs: 13 },
    ]);
  });

  test('refuses a message of more fragments than the count can hold (G42)', () => {
    const session = makeSession({ fragmentSize: 1 });
    expect(() => session.send(new Uint8Array(65_536))).toThrow(
      expect.objectContaining({ code: 'MessageTooBig' }),
    );
    session.send(new Uint8Array(65_535));
    expect(session.pollTransmit(0)?.length).toBe(194);
  });
});

describe('a rotation of keys', () => {
  test('asked for by this side waits with what follows until it is answered (G49)', () => {
    const { session, twin } = makePair();
    session.send(text('old'));
    session.rotateKeys();
    session.rotateKeys();
    session.send(text('new'));
    const [old, request, ...rest] = drainTransmits(session);
    expect(rest).toEqual([]);
    expect(twin.recv(old!).payload?.toString()).toBe('old');
    session.handle(twin.recv(request!).reply!, 1);
    expect(drainEvents(session)).toEqual([{ type: 'key-rotated', isOwn: true }]);
    const after = drainTransmits(session).map((datagram) => twin.recv(datagram));
    expect(after.map(({ payload }) => payload?.toString())).toEqual(['new']);
    for (const datagram of twin.send(text('back'))) session.handle(datagram, 2);
    expect(texts(drainEvents(session))).toEqual(['back']);
  });

  test('asked for by this side lets the data of the peer that is under way through', () => {
    const { session, twin } = makePair();
    session.rotateKeys();
    const request = session.pollTransmit(0)!;
    const [crossing] = twin.send(text('crossing'));
    session.handle(crossing!, 1);
    session.handle(twin.recv(request).reply!, 2);
    const events = drainEvents(session);
    expect(texts(events)).toEqual(['crossing']);
    expect(events.at(-1)).toEqual({ type: 'key-rotated', isOwn: true });
  });

  test('asked for by the peer is answered before anything else leaves', () => {
    const { session, twin } = makePair();
    session.send(text('queued'));
    session.handle(twin.askForRotation(), 1);
    const [answer, queued] = drainTransmits(session);
    twin.finishRotation(answer!);
    expect(twin.recv(queued!).payload?.toString()).toBe('queued');
    expect(drainEvents(session)).toEqual([{ type: 'key-rotated', isOwn: false }]);
  });

  test('asked for by both at once ends with one key', () => {
    const { session, twin } = makePair();
    session.rotateKeys();
    const [ours, theirs] = [session.pollTransmit(0)!, twin.askForRotation()];
    twin.finishRotation(ours);
    session.handle(theirs, 1);
    session.send(text('both'));
    expect(twin.recv(session.pollTransmit(1)!).payload?.toString()).toBe('both');
  });

  test('that nobody answers ends the session after ten seconds (G50)', () => {
    const { session } = makePair();
    session.rotateKeys();
    session.pollTransmit(500);
    expect(session.nextTimeout()).toBe(10_500);
    session.handleTimeout(10_499);
    expect(drainEvents(session)).toEqual([]);
    session.handleTimeout(10_500);
    expect(drainEvents(session)).toMatchObject([{ type: 'ended', error: { code: 'Timeout' } }]);
  });

  test('can be refused, so that no data turned into one changes the key (G9)', () => {
    const { session, twin } = makePair({ acceptRotation: false });
    const flipped = twin.send(new Uint8Array(32).fill(1))[0]!;
    flipped[1] = LegacyPacketType.KeyRotation;
    session.handle(flipped, 1);
    for (const datagram of twin.send(text('same key'))) session.handle(datagram, 2);
    const events = drainEvents(session);
    expect([drops(events), texts(events)]).toEqual([['rotation'], ['same key']]);
  });

  test('with zeros for a key changes nothing (G5, G9)', () => {
    const { session, twin } = makePair();
    const flipped = twin.send(new Uint8Array(32))[0]!;
    flipped[1] = LegacyPacketType.KeyRotation;
    session.handle(flipped, 1);
    expect(drainTransmits(session)).toEqual([]);
    for (const datagram of twin.send(text('same key'))) session.handle(datagram, 2);
    const events = drainEvents(session);
    expect([drops(events), texts(events)]).toEqual([['content'], ['same key']]);
  });
});

describe('the silence of the peer', () => {
  test('ends the session; what this side sends does not put that off (G46)', () => {
    const { session, twin } = makePair({ idleTimeoutMs: 1_000 });
    session.handle(twin.send(text('a'))[0]!, 400);
    session.send(text('b'));
    session.pollTransmit(900);
    expect(session.nextTimeout()).toBe(1_400);
    session.handleTimeout(1_400);
    const events = drainEvents(session);
    expect(events.at(-1)).toMatchObject({ type: 'ended', error: { code: 'Timeout' } });
    expect(session.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  test('is borne for ever with a timeout of 0 (G47), and junk does not break it', () => {
    const { session } = makePair({ idleTimeoutMs: 1_000 });
    session.handle(new Uint8Array(200), 900);
    expect(session.nextTimeout()).toBe(1_000);
    session.setIdleTimeout(0);
    expect(session.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
  });
});

test('a closed session sends nothing, delivers nothing and never ends again', () => {
  const { session, twin } = makePair();
  session.send(text('queued'));
  session.close();
  expect(session.pollTransmit(1)).toBeUndefined();
  session.handle(twin.send(text('x'))[0]!, 1);
  session.handleTimeout(1e9);
  expect(drainEvents(session)).toEqual([{ type: 'dropped', reason: 'closed' }]);
});

test('nonces never repeat in a session, and differ between sessions', () => {
  const nonces = [makeSession(), makeSession()].flatMap((session) => {
    for (let n = 0; n < 50; n++) session.ping();
    return drainTransmits(session).map((sent) =>
      Buffer.from(decodeLegacyPacket(sent)!.nonce).toString('hex'),
    );
  });
  expect(new Set(nonces).size).toBe(100);
});
