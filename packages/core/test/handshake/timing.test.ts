import { describe, expect, it } from 'vitest';
import { EnvelopeKind } from '../../src/handshake/envelope.js';
import { decodeHelloFlight, encodeRetryFlight } from '../../src/handshake/flights.js';
import type { Initiator } from '../../src/handshake/initiator.js';
import type { RefusalCode } from '../../src/handshake/server-answer.js';
import { toHex } from '../wire/hex.js';
import {
  client,
  deliver,
  failureOf,
  handshake,
  PSK,
  params,
  provider,
  responder,
  SERVER,
  sent,
} from './support.js';

/** Polls as a driver does, at the times the client names, and tells when it sent. */
function sendTimes(initiator: Initiator, from: number, until: number): number[] {
  const times: number[] = [];
  for (let now = from; now <= until; now = Math.max(now, initiator.pollTimeout())) {
    while (initiator.pollTransmit(now) !== undefined) times.push(now);
    if (initiator.pollTimeout() === Number.POSITIVE_INFINITY) break;
  }
  return times;
}

const FIRST_TWO_SECONDS = [0, 250, 270, 290, 625, 645, 665, 1125, 1145, 1165, 1625, 1645, 1665];

describe('a client without an answer', () => {
  it('repeats its hello after 250 ms and then more slowly, three copies a time', () => {
    expect(sendTimes(client(), 0, 2000)).toEqual(FIRST_TWO_SECONDS);
  });

  it('sends nothing before it was started and nothing after 10 s', () => {
    const initiator = client();
    const times = sendTimes(initiator, 0, 60_000);
    expect(times.at(-1)).toBeLessThan(10_000);
    expect(times.length).toBeGreaterThan(50);
    expect(failureOf(initiator)).toMatchObject({ code: 'Timeout' });
  });

  it('repeats the same flight in another envelope', () => {
    const initiator = client();
    const [first, second] = [initiator.pollTransmit(0), initiator.pollTransmit(250)];
    expect(first).toBeDefined();
    expect(second).not.toEqual(first);
    const again = client();
    expect(toHex(sent(again, 0).flight)).toBe(toHex(sent(again, 250).flight));
  });

  it('spaces its copies when it is polled late, and does not catch up', () => {
    const initiator = client();
    sent(initiator, 0);
    expect(sendTimes(initiator, 5000, 5100)).toEqual([5000, 5020, 5040]);
  });

  it('starts the same schedule with its finish', () => {
    const initiator = client();
    deliver(initiator, responder(sent(initiator).flight).flight(), 1);
    initiator.acceptServer(1000);
    const times = sendTimes(initiator, 1000, 3000);
    expect(times).toEqual(FIRST_TWO_SECONDS.map((time) => time + 1000));
  });
});

describe('the time limit', () => {
  it('tells that nothing came back', () => {
    const initiator = client();
    expect(initiator.pollTransmit(10_000)).toBe(undefined);
    expect(failureOf(initiator)).toMatchObject({
      code: 'Timeout',
      message: expect.stringContaining('nothing came back'),
    });
  });

  it('tells how many answers did not verify', () => {
    const initiator = client({ pinnedServerKey: PSK });
    const flight = responder(sent(initiator).flight).flight();
    for (let i = 0; i < 3; i++) expect(deliver(initiator, flight)).toBe('wrong-key');
    initiator.pollTransmit(10_000);
    expect(failureOf(initiator).message).toMatch(/3 answers did not verify; the pinned key, /);
  });

  it('tells that the server wanted a cookie', () => {
    const initiator = client();
    initiator.handleEnvelope(EnvelopeKind.Retry, encodeRetryFlight(Uint8Array.of(1)), 1);
    initiator.pollTransmit(10_000);
    expect(failureOf(initiator).message).toContain('under load');
  });

  it('tells that no decision was made, or that the server did not confirm', () => {
    const initiator = client();
    deliver(initiator, responder(sent(initiator).flight).flight());
    initiator.acceptServer(10_000);
    expect(failureOf(initiator).message).toContain('no decision');
    const { client: finishing } = handshake();
    finishing.pollTransmit(10_000);
    expect(failureOf(finishing).message).toContain('did not confirm');
  });

  it('ends the attempt for late flights on both sides', () => {
    const initiator = client();
    const server = responder(sent(initiator).flight, { now: 500 });
    expect(server.expiresAt).toBe(10_500);
    expect(deliver(initiator, server.flight(), 10_000)).toBe('late');
    const { finishFlight, helloFlight } = handshake();
    expect(responder(helloFlight).handleFinish(finishFlight, 10_000)).toEqual({ drop: 'late' });
  });
});

describe('a retry', () => {
  const cookie = Uint8Array.of(9, 8, 7);
  const retry = encodeRetryFlight(cookie);

  it('makes the client repeat the same hello with the cookie at once', () => {
    const initiator = client();
    const hello = sent(initiator).flight;
    expect(initiator.handleEnvelope(EnvelopeKind.Retry, retry, 30)).toBe(undefined);
    expect(initiator.pollTimeout()).toBe(30);
    const flight = decodeHelloFlight(sent(initiator, 30).flight);
    expect(flight?.hello).toEqual(hello);
    expect(flight?.cookie).toEqual(cookie);
  });

  it('is followed once and leaves no trace in the transcript', () => {
    const initiator = client();
    const first = sent(initiator).flight;
    initiator.handleEnvelope(EnvelopeKind.Retry, retry, 30);
    expect(initiator.handleEnvelope(EnvelopeKind.Retry, retry, 31)).toBe('unexpected');
    const second = sent(initiator, 30).flight;
    const crypto = provider(4);
    const withCookie = responder(second, { crypto });
    expect(deliver(initiator, withCookie.flight(), 60)).toBe(undefined);
    const other = client();
    expect(toHex(sent(other).flight)).toBe(toHex(first));
    expect(deliver(other, withCookie.flight(), 60)).toBe(undefined);
  });

  it('with an empty cookie or one of 65 bytes is malformed and does not count', () => {
    const initiator = client();
    for (const length of [0, 65]) {
      const bad = encodeRetryFlight(new Uint8Array(length));
      expect(initiator.handleEnvelope(EnvelopeKind.Retry, bad, 1)).toBe('malformed');
    }
    expect(initiator.handleEnvelope(EnvelopeKind.Retry, retry, 2)).toBe(undefined);
  });
});

describe('a signed refusal', () => {
  it.each<[RefusalCode, string, string]>([
    [1, 'HandshakeFailed', 'INTERNAL'],
    [10, 'AuthRefused', 'refused this client'],
    [12, 'HandshakeFailed', 'version'],
    [13, 'HandshakeFailed', 'pq'],
  ])('with code %i ends the attempt', (refuse, code, text) => {
    const initiator = client();
    const server = responder(sent(initiator).flight, { refuse });
    expect(server.refused).toBe(refuse);
    expect(deliver(initiator, server.flight())).toBe(undefined);
    expect(failureOf(initiator)).toMatchObject({ code, closeCode: refuse });
    expect(failureOf(initiator).message).toContain(text);
    expect(initiator.pollTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  it('comes by itself when no version is common, and names one of the server', () => {
    const initiator = client({ versions: [3, 2] });
    const server = responder(sent(initiator).flight);
    expect(deliver(initiator, server.flight())).toBe(undefined);
    expect(failureOf(initiator)).toMatchObject({ code: 'HandshakeFailed', closeCode: 12 });
    expect(failureOf(initiator).message).toContain('speaks version 1');
  });

  it.each([
    ['off', 'require'],
    ['require', 'off'],
  ] as const)('comes by itself for pq %s here and %s there', (ours, theirs) => {
    const initiator = client({ params: params({ pq: ours }) });
    const server = responder(sent(initiator).flight, { params: params({ pq: theirs }) });
    expect(server.refused).toBe(13);
    deliver(initiator, server.flight());
    expect(failureOf(initiator)).toMatchObject({ code: 'HandshakeFailed', closeCode: 13 });
  });

  it('of somebody else is dropped when a key is pinned', () => {
    const initiator = client({ pinnedServerKey: PSK });
    const refusal = responder(sent(initiator).flight, { refuse: 10 });
    expect(deliver(initiator, refusal.flight())).toBe('wrong-key');
    expect(initiator.state.type).toBe('hello');
  });

  it('leaves the server with nothing to finish', () => {
    const { finishFlight, helloFlight } = handshake();
    const refusing = responder(helloFlight, { refuse: 10 });
    expect(refusing.handleFinish(finishFlight, 1)).toEqual({ drop: 'refused' });
  });
});

describe('another evidence mode', () => {
  const session = params({ evidence: 'session' });

  it('makes the client give up and name both', () => {
    const initiator = client({ params: session });
    deliver(initiator, responder(sent(initiator).flight).flight());
    expect(failureOf(initiator)).toMatchObject({ code: 'HandshakeFailed' });
    expect(failureOf(initiator).message).toMatch(/'session' here and 'identity' at the server/);
  });

  it('is no obstacle when both name the same', () => {
    const { serverResult } = handshake({ params: session }, { params: session });
    expect(serverResult.peerParams.evidence).toBe('session');
    expect(serverResult.serverKey).toEqual(SERVER.publicKey);
  });
});
