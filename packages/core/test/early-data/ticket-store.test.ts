import { describe, expect, it } from 'vitest';
import { EarlySession } from '../../src/connection/early-session.js';
import { TicketStore } from '../../src/endpoint/ticket-store.js';
import { earlyMessageHash } from '../../src/handshake/early-data.js';
import type { ReceivedMessage } from '../../src/message/received-message.js';
import { LANE_LOSSY, LANE_RELIABLE } from '../../src/message/reliability.js';
import { CloseCode } from '../../src/wire/close-codes.js';
import { CLIENT, provider, SERVER, STRANGER } from '../handshake/support.js';
import { HOUR_MS, message } from './support.js';

const crypto = provider(5);
const MAX_TICKETS = 16_384;
const HASHES = [message('one'), message('two')].map((one) => earlyMessageHash(crypto, one));
const handshake = {
  exporter: new Uint8Array(32).fill(4),
  serverKey: SERVER.publicKey,
  clientKey: CLIENT.publicKey,
};

/** The key of the n-th client. */
function keyOf(n: number): Uint8Array {
  const key = new Uint8Array(32);
  new DataView(key.buffer).setUint32(0, n);
  return key;
}

function issueTo(store: TicketStore, key: Uint8Array, now = 0, secret = new Uint8Array(32)) {
  return store.issue(key, () => secret, now);
}

function receivedAs(n: number, text: string, lane: number = LANE_RELIABLE): ReceivedMessage {
  return { ...message(text), lane, n } as ReceivedMessage;
}

describe('the tickets of a server', () => {
  it('are good for 24 hours, from the server own clock', () => {
    const store = new TicketStore(crypto);
    const id = issueTo(store, CLIENT.publicKey, 10);
    expect(store.find(id, 24 * HOUR_MS + 9)).toBeDefined();
    expect(store.find(id, 24 * HOUR_MS + 10)).toBeUndefined();
  });

  it('are one a client: the newest', () => {
    const store = new TicketStore(crypto);
    const [older, newer] = [issueTo(store, CLIENT.publicKey), issueTo(store, CLIENT.publicKey)];
    const other = issueTo(store, STRANGER.publicKey);
    expect([store.find(older, 1), store.size]).toEqual([undefined, 2]);
    expect(store.find(newer, 1)?.clientKey).toEqual(CLIENT.publicKey);
    expect(store.find(other, 1)?.clientKey).toEqual(STRANGER.publicKey);
  });

  it('are 16,384 at most, and the secret of one that goes is wiped', () => {
    const store = new TicketStore(crypto);
    const secret = new Uint8Array(32).fill(9);
    const first = issueTo(store, keyOf(0), 0, secret);
    for (let n = 1; n < MAX_TICKETS; n++) issueTo(store, keyOf(n));
    expect([store.size, store.find(first, 1)?.secret[0]]).toEqual([MAX_TICKETS, 9]);
    issueTo(store, keyOf(MAX_TICKETS));
    expect([store.size, store.find(first, 1)]).toEqual([MAX_TICKETS, undefined]);
    expect(secret).toEqual(new Uint8Array(32));
  });

  it.each(['spent', 'redeemed', 'replaced'])('leave no secret when they are %s', (way) => {
    const store = new TicketStore(crypto);
    const secret = new Uint8Array(32).fill(9);
    const id = issueTo(store, CLIENT.publicKey, 0, secret);
    if (way === 'spent') store.spend(id, HASHES, 1);
    if (way === 'redeemed') store.redeem(id, CLIENT.publicKey);
    if (way === 'replaced') issueTo(store, CLIENT.publicKey);
    expect([secret, store.find(id, 2)]).toEqual([new Uint8Array(32), undefined]);
  });

  it('that were used are remembered while others come, until early data has to wait', () => {
    const store = new TicketStore(crypto);
    const victim = issueTo(store, CLIENT.publicKey);
    store.spend(victim, HASHES, 1_000);
    for (let n = 1; n < MAX_TICKETS; n++) store.spend(issueTo(store, keyOf(n)), [], 1_001);
    const late = issueTo(store, STRANGER.publicKey, 1_002);
    expect(store.find(late, 1_002)).toBeUndefined();
    expect(store.redeem(victim, CLIENT.publicKey)).toEqual(HASHES);
    // By then its session is up or will never be.
    expect(store.find(late, 121_000)).toBeDefined();
    store.spend(late, HASHES, 121_000);
    expect(store.redeem(victim, CLIENT.publicKey)).toEqual([]);
    expect(store.redeem(late, STRANGER.publicKey)).toEqual(HASHES);
  });

  it('tell what was said under them only to the client that they were given to', () => {
    const store = new TicketStore(crypto);
    const id = issueTo(store, CLIENT.publicKey);
    expect(store.redeem(id, STRANGER.publicKey)).toEqual([]);
    expect(store.find(id, 1)).toBeDefined();
    store.spend(id, HASHES, 1);
    expect(store.redeem(id, STRANGER.publicKey)).toEqual([]);
    expect(store.redeem(id, CLIENT.publicKey)).toEqual(HASHES);
  });
});

describe('a session after early data', () => {
  function serverSession(count: number, hashes: readonly Uint8Array[] = HASHES) {
    const store = new TicketStore(crypto);
    const id = issueTo(store, CLIENT.publicKey);
    store.spend(id, hashes, 1);
    const session = new EarlySession({ crypto, desk: store });
    return { session, id, code: session.onEarly(handshake, { id, count }, false) };
  }

  it('knows the messages by number and contents, on lane R alone, and each once', () => {
    const { session, code } = serverSession(2);
    expect(code).toBe(0);
    expect(session.isKnown(receivedAs(0, 'one', LANE_LOSSY))).toBe(false);
    expect(session.isKnown(receivedAs(0, 'one'))).toBe(true);
    expect(session.isKnown(receivedAs(1, 'two'))).toBe(true);
    expect(session.isKnown(receivedAs(2, 'one'))).toBe(false);
    expect(session.isKnown(receivedAs(1, 'two'))).toBe(false);
  });

  it('tells another message under the number of one, another kind too', () => {
    const { session } = serverSession(2);
    expect(session.isKnown(receivedAs(0, 'two'))).toBe('altered');
    expect(session.isKnown({ ...receivedAs(0, 'one'), kind: 1 })).toBe('altered');
  });

  it.each([1, 3, 0])('is refused when it says that there were %i, not two', (count) => {
    expect(serverSession(count).code).toBe(CloseCode.CHAIN_INVALID);
  });

  it('may say any number when nothing came early', () => {
    expect(serverSession(5, []).code).toBe(0);
  });

  it('may say it once, and not when it has opened', () => {
    const { session, id } = serverSession(2);
    const told = { id, count: 2 };
    expect(session.onEarly(handshake, told, false)).toBe(CloseCode.PROTOCOL_VIOLATION);
    const late = new EarlySession({ crypto, desk: new TicketStore(crypto) });
    expect(late.onEarly(handshake, told, true)).toBe(CloseCode.PROTOCOL_VIOLATION);
  });

  it('gives a client one ticket, with the same secret on both sides', () => {
    const store = new TicketStore(crypto);
    const server = new EarlySession({ crypto, desk: store });
    const body = server.ticketBody(handshake, 5)!;
    const client = new EarlySession({ crypto });
    const given = { id: body.subarray(0, 16), lifetimeSeconds: 60 };
    const ticket = client.ticket(handshake, given, 7);
    expect(ticket).toMatchObject({ expiresAt: 60_007, secret: store.find(given.id, 8)?.secret });
    expect(client.ticket(handshake, given, 8)).toBeUndefined();
    expect(client.ticketBody(handshake, 9)).toBeUndefined();
  });
});
