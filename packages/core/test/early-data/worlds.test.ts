import type { EarlyMessage, EndpointEvent, Ticket } from '@vcl-protocol/core';
import type { Pair, PairOptions } from '@vcl-protocol/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EarlySession } from '../../src/connection/early-session.js';
import { RestingSession } from '../../src/connection/resting-session.js';
import { carriedPair } from '../carriers/support.js';
import {
  closeBoth,
  eventsOf,
  numbered,
  numbersRead,
  seeded,
  upTo,
  verifyLog,
} from '../scenario/support.js';

const RELIABLE = { reliability: 'reliable' } as const;
const OPTIONS = {
  config: { delivery: 'authenticated' },
  endpoint: { record: { payloads: 'kept' } },
  server: { earlyData: true },
} as const satisfies Partial<PairOptions>;

/** Messages 0 to `count` - 1. */
function messages(count: number, bytes: number): EarlyMessage[] {
  return upTo(count).map((n) => ({ kind: 0, payload: numbered(n, bytes) }));
}

/** The numbers of the messages that the server hands over early, as they are. */
function watchEarly(pair: Pair): number[] {
  const { endpoint } = pair.server;
  const poll = endpoint.pollEvent.bind(endpoint);
  const numbers: number[] = [];
  endpoint.pollEvent = (): EndpointEvent | undefined => {
    const event = poll();
    if (event?.type === 'earlyData') {
      numbers.push(...event.data.messages.map(({ payload: [high, low] }) => (high! << 8) | low!));
    }
    return event;
  };
  return numbers;
}

/** The ticket of a session that has said goodbye. */
function visit(pair: Pair): Ticket {
  pair.run(5_000, () => eventsOf(pair.client, 'ticket').length > 0);
  const { ticket } = eventsOf(pair.client, 'ticket')[0]!;
  closeBoth(pair);
  pair.run(5_000);
  pair.client.connection = undefined;
  pair.server.connection = undefined;
  pair.server.messages.length = 0;
  return ticket;
}

/** A pair whose client has a ticket and is about to come again. */
function returning(options: PairOptions): {
  readonly pair: Pair;
  readonly ticket: Ticket;
  readonly early: number[];
} {
  const { pair } = carriedPair({ ...options, crypto: seeded(Number(options.seed)) });
  const early = watchEarly(pair);
  expect(pair.establish()).toBe(true);
  return { pair, ticket: visit(pair), early };
}

function expectEvidence(pair: Pair): void {
  closeBoth(pair);
  for (const side of ['client', 'server'] as const) {
    const report = verifyLog(pair, side);
    expect([report.exitCode, report.problems]).toEqual([0, []]);
  }
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('early data', () => {
  it('arrives once in 200 worlds that lose 30 % and mix and double the rest', () => {
    let early = 0;
    let inSession = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const made = returning({ ...OPTIONS, seed });
      const { pair, ticket } = made;
      pair.simulation.network.setConditions(undefined, undefined, {
        loss: 0.3,
        duplicate: 0.2,
        reorder: 0.2,
      });
      pair.connect({ early: { ticket, messages: messages(5, 20 + (seed % 7) * 60) } });
      pair.run(30_000, () => pair.client.connection !== undefined);
      if (pair.client.connection === undefined) {
        expect(made.early.length === 0 || made.early.length === 5).toBe(true);
        continue;
      }
      for (let n = 5; n < 8; n++) pair.send('client', numbered(n, 30), RELIABLE);
      pair.run(60_000, () => made.early.length + pair.server.messages.length >= 8);
      pair.run(2_000);
      expect([...made.early, ...numbersRead(pair.server)]).toEqual(upTo(8));
      early += made.early.length;
      inSession += pair.server.messages.length - 3;
    }
    expect(early).toBeGreaterThan(200);
    expect(inSession).toBeGreaterThan(100);
  });

  it('stands in both logs as the first messages of the session, which verify', () => {
    const { pair, ticket, early } = returning({ ...OPTIONS, seed: 3 });
    expect(pair.establish(10_000, { early: { ticket, messages: messages(20, 300) } })).toBe(true);
    pair.send('client', numbered(20, 30), { ...RELIABLE, priority: 1e9 });
    pair.run(3_000);
    expect([early, numbersRead(pair.server)]).toEqual([upTo(20), [20]]);
    expect(pair.server.connection!.verifiedThrough[0]).toBe(21);
    expectEvidence(pair);
    for (const side of ['client', 'server'] as const) {
      const [lane] = verifyLog(pair, side).sessions.at(-1)!.directions[0].lanes;
      expect(lane).toMatchObject({ messages: 21, bytes: 20 * 300 + 30, through: 21, gaps: 0 });
    }
  });

  it.each([1, 2, 3, 4])('goes over an ordered carrier as it does over datagrams (%i)', (seed) => {
    const { pair, open } = carriedPair({ ...OPTIONS, seed });
    const early = watchEarly(pair);
    expect(pair.establish()).toBe(true);
    const ticket = visit(pair);
    const pipe = open({ highWaterBytes: 1_000 * seed, bytesPerMs: 100 });
    let answered = 0;
    pipe.setTap((_, toServer) => {
      if (!toServer) answered++;
      else if (answered === 0) expect(pair.server.connection).toBeUndefined();
      return true;
    });
    const sent = messages(8, 1_000);
    pair.client.endpoint.connect(pipe.toServer, { early: { ticket, messages: sent } }, pair.now);
    pair.clientHost.turn();
    pair.run(10_000, () => pair.client.connection !== undefined);
    pair.send('client', numbered(8, 30), RELIABLE);
    pair.run(5_000);
    expect([...early, ...numbersRead(pair.server)]).toEqual(upTo(9));
    expectEvidence(pair);
  });

  it('is not handed over again by a session that has rested in between', () => {
    const rest = vi.spyOn(RestingSession, 'of');
    const known = vi.spyOn(EarlySession.prototype, 'isKnown');
    const made = returning({
      ...OPTIONS,
      seed: 5,
      endpoint: { ...OPTIONS.endpoint, idleTimeoutMs: 0, restAfterMs: 200 },
    });
    const { pair, ticket, early } = made;
    const { network } = pair.simulation;
    let long = 0;
    // Of what is long, and so carries messages, the server hears one packet.
    network.setTap({
      onDatagram: ({ from, data }) => {
        const isLong = from.port === pair.client.address.port && data.length > 600;
        return isLong && ++long > 1 ? 'drop' : 'pass';
      },
    });
    pair.connect({ early: { ticket, messages: messages(64, 128) } });
    pair.run(5_000, () => known.mock.calls.length > 0);
    rest.mockClear();
    pair.run(2_000);
    // The client has something to send: whoever gives back what it can is the server.
    expect(rest).toHaveBeenCalled();
    expect(known.mock.calls.length).toBeLessThan(64);
    network.setTap(undefined);
    pair.run(10_000);
    expect(rest.mock.results.filter(({ value }) => value !== undefined)).toHaveLength(2);
    // Awake again, neither side begins anew: a second TICKET or EARLY would end the session.
    pair.send('client', numbered(64, 30), RELIABLE);
    pair.run(5_000);
    expect([early, numbersRead(pair.server)]).toEqual([upTo(64), [64]]);
    expectEvidence(pair);
  });
});
