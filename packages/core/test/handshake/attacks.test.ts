import { describe, expect, it } from 'vitest';
import { concat } from '../../src/crypto/bytes.js';
import type { Signer } from '../../src/crypto/provider.js';
import {
  type ClientHello,
  decodeClientHello,
  encodeClientHello,
} from '../../src/handshake/client-hello.js';
import { EnvelopeKind } from '../../src/handshake/envelope.js';
import { decodeServerFlight } from '../../src/handshake/flights.js';
import {
  decodeServerHello,
  encodeServerHello,
  type ServerHello,
} from '../../src/handshake/server-hello.js';
import { fromHex } from '../wire/hex.js';
import {
  answer,
  CLIENT,
  client,
  deliver,
  failureOf,
  handshake,
  PSK,
  params,
  provider,
  responder,
  SERVER,
  STRANGER,
  sent,
} from './support.js';

/** Points of small order on Curve25519: zero, one, the two of order 8, p-1, p, p+1. */
const LOW_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map(fromHex);

describe('a low-order share', () => {
  it.each(LOW_ORDER)('of the client is dropped by the server (%#)', (share) => {
    const flight = tamperHello(sent(client()).flight, { shares: [{ group: 0x1d, share }] });
    expect(answer(flight)).toEqual({ drop: 'low-order' });
  });

  it.each(LOW_ORDER)('of the server is dropped by the client (%#)', (share) => {
    const initiator = client();
    const genuine = responder(sent(initiator).flight).flight();
    const forged = tamperServerHello(genuine, { share: { group: 0x1d, share } });
    expect(deliver(initiator, forged)).toBe('low-order');
    expect(deliver(initiator, genuine)).toBe(undefined);
  });
});

describe('reflection', () => {
  it('of its own flights gets a client nowhere', () => {
    const initiator = client();
    const hello = sent(initiator).flight;
    for (const kind of Object.values(EnvelopeKind)) {
      expect(initiator.handleEnvelope(kind, hello, 1)).toMatch(/malformed|unexpected/);
    }
    expect(initiator.state.type).toBe('hello');
  });

  it('of its own flight gets nobody a session with a server', () => {
    const { helloFlight } = handshake();
    const server = responder(helloFlight);
    const serverFlight = server.flight();
    expect(server.handleFinish(serverFlight, 1)).toEqual({ drop: 'malformed' });
    const sealed = decodeServerFlight(serverFlight)?.sealed ?? new Uint8Array();
    expect(server.handleFinish(sealed, 1)).toEqual({ drop: 'not-authentic' });
  });
});

describe('a tampered hello', () => {
  it.each<[string, (hello: ClientHello) => Partial<ClientHello>]>([
    ['a stripped version', () => ({ versions: [1] })],
    ['versions in another order', ({ versions }) => ({ versions: [...versions].reverse() })],
    ['another time', ({ timeMs }) => ({ timeMs: timeMs + 1 })],
    ['another connection id', () => ({ clientCid: new Uint8Array(8) })],
    ['another random', () => ({ random: new Uint8Array(32) })],
    ['an added suite', () => ({ suites: [1, 2] })],
    ['weaker delivery', () => ({ params: params({ delivery: 'authenticated' }) })],
    ['another post-quantum policy', () => ({ params: params({ pq: 'off' }) })],
    ['a claimed pre-shared key', () => ({ params: params({ pq: 'prefer', psk: 'external' }) })],
  ])('with %s is answered, but the client does not take the answer', (_name, change) => {
    const initiator = client({ versions: [2, 1], params: params({ pq: 'prefer' }) });
    const flight = sent(initiator).flight;
    const options = { versions: [2, 1], params: params({ pq: 'prefer' }) };
    const forged = responder(tamperHello(flight, change(readHello(flight))), options);
    expect(deliver(initiator, forged.flight())).toBe('not-authentic');
    expect(initiator.state.type).toBe('hello');
    expect(deliver(initiator, responder(flight, options).flight())).toBe(undefined);
    expect(initiator.state).toMatchObject({ type: 'deciding', version: 2 });
  });

  it('that names the attempt of another is dropped', () => {
    const { flight, attempt } = sent(client());
    expect(answer(flight, { attempt: attempt.map((byte) => byte ^ 1) })).toEqual({
      drop: 'attempt',
    });
    expect(answer(flight, { attempt })).not.toHaveProperty('drop');
  });

  it('without a known suite or group is dropped', () => {
    const flight = sent(client()).flight;
    expect(answer(tamperHello(flight, { suites: [0x0a0a] }))).toEqual({ drop: 'suite' });
    const otherGroup = [{ group: 0x11ec, share: new Uint8Array(32).fill(9) }];
    expect(answer(tamperHello(flight, { shares: otherGroup }))).toEqual({ drop: 'group' });
    const shortShare = [{ group: 0x1d, share: new Uint8Array(31).fill(9) }];
    expect(answer(tamperHello(flight, { shares: shortShare }))).toEqual({ drop: 'group' });
  });
});

describe('a tampered server hello', () => {
  it.each<[string, Partial<ServerHello>, string]>([
    ['another version', { version: 1 }, 'not-authentic'],
    ['a version never offered', { version: 3 }, 'version'],
    ['another suite', { suite: 2 }, 'suite'],
    ['another group', { share: { group: 0x11ec, share: new Uint8Array(32) } }, 'group'],
    ['a refusal', { refuse: 10 }, 'not-authentic'],
    ['a version refusal', { refuse: 12, version: 3 }, 'not-authentic'],
    ['another connection id', { serverCid: new Uint8Array(8) }, 'not-authentic'],
    ['another evidence mode', { params: params({ evidence: 'session' }) }, 'not-authentic'],
    ['another random', { random: new Uint8Array(32) }, 'not-authentic'],
  ])('with %s is dropped and the genuine one still taken', (_name, change, reason) => {
    const initiator = client({ versions: [2, 1] });
    const genuine = responder(sent(initiator).flight, { versions: [2, 1] }).flight();
    expect(deliver(initiator, tamperServerHello(genuine, change))).toBe(reason);
    expect(deliver(initiator, genuine)).toBe(undefined);
  });

  it('with a message or a byte behind it is dropped', () => {
    const initiator = client();
    const genuine = responder(sent(initiator).flight).flight();
    expect(deliver(initiator, concat(genuine, Uint8Array.of(0)))).toBe('malformed');
    expect(deliver(initiator, genuine.subarray(0, -1))).toBe('malformed');
    const { helloFlight, finishFlight, server } = handshake();
    expect(answer(concat(helloFlight, Uint8Array.of(0)))).toEqual({ drop: 'malformed' });
    const finish = concat(finishFlight, Uint8Array.of(0));
    expect(responder(helloFlight).handleFinish(finish, 1)).toEqual({ drop: 'malformed' });
    expect(server.handleFinish(finishFlight, 1)).toHaveProperty('type', 'peer');
  });
});

describe('an impostor', () => {
  it('with the key of the client cannot pose as the server', () => {
    const initiator = client({ pinnedServerKey: SERVER.publicKey });
    const hello = sent(initiator).flight;
    const withOwnId = responder(hello, { identity: CLIENT });
    expect(deliver(initiator, withOwnId.flight())).toBe('wrong-key');
    const withServerId = responder(hello, { identity: claims(SERVER, CLIENT) });
    expect(deliver(initiator, withServerId.flight())).toBe('signature');
    expect(deliver(initiator, responder(hello).flight())).toBe(undefined);
  });

  it('with the key of the server cannot pose as a client', () => {
    const initiator = client({ identity: claims(CLIENT, SERVER) });
    const server = responder(sent(initiator).flight);
    deliver(initiator, server.flight());
    initiator.acceptServer(1);
    expect(server.handleFinish(sent(initiator, 1).flight, 2)).toEqual({ drop: 'signature' });
  });

  it('with an identity of its own is not the pinned server', () => {
    const initiator = client({ pinnedServerKey: SERVER.publicKey });
    const stranger = responder(sent(initiator).flight, { identity: STRANGER });
    expect(deliver(initiator, stranger.flight())).toBe('wrong-key');
    expect(initiator.state.type).toBe('hello');
  });

  it.each([
    ['the neutral point', '0100000000000000000000000000000000000000000000000000000000000000'],
    ['a point of order 4', '0000000000000000000000000000000000000000000000000000000000000000'],
    ['a point off the curve', '0200000000000000000000000000000000000000000000000000000000000000'],
  ])('with %s as its key is refused by either side', (_name, key) => {
    const bad: Signer = { ...STRANGER, publicKey: fromHex(key), sign: () => new Uint8Array(64) };
    const initiator = client();
    expect(deliver(initiator, responder(sent(initiator).flight, { identity: bad }).flight())).toBe(
      'invalid-key',
    );
    const impostor = client({ identity: bad });
    const server = responder(sent(impostor).flight);
    deliver(impostor, server.flight());
    impostor.acceptServer(1);
    expect(server.handleFinish(sent(impostor, 1).flight, 2)).toEqual({ drop: 'invalid-key' });
  });

  it('cannot use a signature that was made for the other role', () => {
    const signed: Uint8Array[] = [];
    const recording: Signer = {
      ...SERVER,
      sign(message: Uint8Array): Uint8Array {
        signed.push(message);
        return SERVER.sign(message);
      },
    };
    const initiator = client({ identity: { ...recording, publicKey: CLIENT.publicKey } });
    const server = responder(sent(initiator).flight, { identity: recording });
    deliver(initiator, server.flight());
    initiator.acceptServer(1);
    const contexts = signed.map((message) =>
      String.fromCharCode(...message.subarray(64, message.length - 33)),
    );
    expect(contexts).toEqual(['VCL1 server auth', 'VCL1 client auth']);
  });
});

describe('a replay', () => {
  it('of a server flight of another attempt is dropped', () => {
    const { serverFlight } = handshake();
    const initiator = client({ crypto: provider(77) });
    sent(initiator);
    expect(deliver(initiator, serverFlight)).toBe('not-authentic');
  });

  it('of a hello is answered anew, and the old finish does not fit', () => {
    const { helloFlight, finishFlight } = handshake();
    const again = responder(helloFlight, { crypto: provider(78) });
    expect(again.handleFinish(finishFlight, 1)).toEqual({ drop: 'not-authentic' });
  });
});

describe('the pre-shared key', () => {
  const other = new Uint8Array(32).fill(1);
  it.each([
    ['the client has none', {}, { psk: PSK }],
    ['the server has none', { psk: PSK }, {}],
    ['they differ', { psk: other }, { psk: PSK }],
  ])('keeps the sides apart when %s', (_name, ours, theirs) => {
    const initiator = client(ours);
    const server = responder(sent(initiator).flight, theirs);
    expect(deliver(initiator, server.flight())).toBe('not-authentic');
    expect(initiator.state.type).toBe('hello');
  });

  it('must be 32 bytes that are not all zero', () => {
    for (const psk of [new Uint8Array(32), new Uint8Array(16).fill(1)]) {
      expect(() => client({ psk })).toThrow(expect.objectContaining({ code: 'InvalidKey' }));
      expect(() => answer(new Uint8Array(), { psk })).toThrow('32 random bytes');
    }
  });
});

describe('a connection to oneself', () => {
  it('is refused by the client', () => {
    const initiator = client({ identity: SERVER });
    deliver(initiator, responder(sent(initiator).flight).flight());
    expect(failureOf(initiator)).toMatchObject({ code: 'HandshakeFailed' });
    expect(failureOf(initiator).message).toContain('identity of this side');
  });

  it('is refused by the server when the client does not mind', () => {
    const initiator = client({ identity: SERVER, allowSelf: true });
    const server = responder(sent(initiator).flight);
    deliver(initiator, server.flight());
    initiator.acceptServer(1);
    expect(server.handleFinish(sent(initiator, 1).flight, 2)).toEqual({ drop: 'self' });
  });

  it('works when both allow it', () => {
    const { serverResult } = handshake({ identity: SERVER, allowSelf: true }, { allowSelf: true });
    expect(serverResult.clientKey).toEqual(serverResult.serverKey);
  });
});

describe('a flood of forged flights', () => {
  it('costs at most 64 key exchanges an attempt', () => {
    let exchanges = 0;
    const crypto = provider(5);
    const counting = {
      ...crypto,
      x25519(secret: Uint8Array, share: Uint8Array): Uint8Array | undefined {
        exchanges++;
        return crypto.x25519(secret, share);
      },
    };
    const initiator = client({ crypto: counting });
    const genuine = responder(sent(initiator).flight).flight();
    const reasons = Array.from({ length: 70 }, (_, index) => {
      const random = new Uint8Array(32).fill(index);
      return deliver(initiator, tamperServerHello(genuine, { random }));
    });
    expect(exchanges).toBe(64);
    expect(reasons.filter((reason) => reason === 'too-many')).toHaveLength(6);
    expect(initiator.droppedFlights).toBe(70);
    expect(initiator.state.type).toBe('hello');
  });
});

/** A signer that names the key of one and signs with that of another. */
function claims(name: Signer, key: Signer): Signer {
  return { ...key, publicKey: name.publicKey };
}

function readHello(flight: Uint8Array): ClientHello {
  const hello = decodeClientHello(flight);
  if (hello === undefined) throw new Error('the hello does not decode');
  return hello;
}

function tamperHello(flight: Uint8Array, change: Partial<ClientHello>): Uint8Array {
  return encodeClientHello({ ...readHello(flight), ...change });
}

function tamperServerHello(flight: Uint8Array, change: Partial<ServerHello>): Uint8Array {
  const messages = decodeServerFlight(flight);
  const hello = messages && decodeServerHello(messages.serverHello);
  if (messages === undefined || hello === undefined) throw new Error('the flight does not decode');
  return concat(encodeServerHello({ ...hello, ...change }), messages.sealed);
}
