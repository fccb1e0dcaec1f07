import { createNobleProvider } from '../../src/crypto/noble.js';
import type { CryptoProvider, Signer } from '../../src/crypto/provider.js';
import { createSeededProvider } from '../../src/crypto/seeded.js';
import { isDrop } from '../../src/handshake/drop-reason.js';
import { EnvelopeKind, type OpenedEnvelope, openEnvelope } from '../../src/handshake/envelope.js';
import type { HandshakeFailure } from '../../src/handshake/handshake-failure.js';
import type { HandshakeResult } from '../../src/handshake/handshake-result.js';
import { Initiator } from '../../src/handshake/initiator.js';
import { OuterKeys } from '../../src/handshake/outer-keys.js';
import { defaultParams, type TransportParams } from '../../src/handshake/params.js';
import { type AuthenticatedPeer, Responder } from '../../src/handshake/responder.js';
import type { InitiatorOptions } from '../../src/handshake/sent-hello.js';
import type { ResponderOptions } from '../../src/handshake/server-answer.js';

const base = createNobleProvider(() => {
  throw new Error('tests draw random bytes from a seeded provider only');
});

/** The noble provider with random bytes that follow from `seed`. */
export function provider(seed = 1): CryptoProvider {
  return createSeededProvider(base, seed);
}

/** An identity whose seed is 32 times that byte. */
export function identity(byte: number): Signer {
  return base.createSigner(new Uint8Array(32).fill(byte));
}

export const CLIENT: Signer = identity(0xc1);
export const SERVER: Signer = identity(0x5e);
export const STRANGER: Signer = identity(0x99);
export const OPEN: OuterKeys = OuterKeys.open(base);
export const PSK: Uint8Array = new Uint8Array(32).fill(0x42);

/** The default parameters with some changed. */
export function params(changes: Partial<TransportParams> = {}): TransportParams {
  return { ...defaultParams(), ...changes };
}

/** A started client; time begins at 0. */
export function client(changes: Partial<InitiatorOptions> = {}): Initiator {
  const initiator = new Initiator({
    crypto: provider(11),
    identity: CLIENT,
    outer: OPEN,
    params: params(),
    clientCid: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    wallTimeMs: 1_790_000_000_000,
    ...changes,
  });
  initiator.start(0);
  return initiator;
}

/** The envelope a client sends now, opened. Fails the test when it sends none. */
export function sent(initiator: Initiator, now = 0, outer = OPEN): OpenedEnvelope {
  const datagram = initiator.pollTransmit(now);
  if (datagram === undefined) throw new Error('the client had nothing to send');
  const opened = openEnvelope(base, outer, datagram);
  if (opened === undefined) throw new Error('the envelope of the client does not open');
  return opened;
}

/** What a server makes of a hello flight. */
export function answer(
  clientHelloFlight: Uint8Array,
  changes: Partial<ResponderOptions> = {},
): ReturnType<typeof Responder.respond> {
  return Responder.respond({
    crypto: provider(22),
    identity: SERVER,
    outer: OPEN,
    params: params(),
    serverCid: Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1),
    clientHelloFlight,
    now: 0,
    ...changes,
  });
}

/** As {@link answer}, for hellos that must be answered. */
export function responder(
  clientHelloFlight: Uint8Array,
  changes: Partial<ResponderOptions> = {},
): Responder {
  const made = answer(clientHelloFlight, changes);
  if (isDrop(made)) throw new Error(`the server dropped the hello: ${made.drop}`);
  return made;
}

/** Gives a server flight to a client and tells why it was dropped, if it was. */
export function deliver(initiator: Initiator, flight: Uint8Array, now = 1): string | undefined {
  return initiator.handleEnvelope(EnvelopeKind.ServerFlight, flight, now);
}

/** The client's result after {@link Initiator.acceptServer}. */
export function resultOf(initiator: Initiator): HandshakeResult {
  if (initiator.state.type !== 'finishing')
    throw new Error(`the client is ${initiator.state.type}`);
  return initiator.state.result;
}

/** Why a client failed. */
export function failureOf(initiator: Initiator): HandshakeFailure {
  if (initiator.state.type !== 'failed') throw new Error(`the client is ${initiator.state.type}`);
  return initiator.state.error;
}

/** The peer a server found behind a finish. */
export function peerOf(server: Responder, finish: Uint8Array, now = 3): AuthenticatedPeer {
  const peer = server.handleFinish(finish, now);
  if (isDrop(peer)) throw new Error(`the server dropped the finish: ${peer.drop}`);
  return peer;
}

/** A whole handshake without loss. */
export interface Handshake {
  readonly client: Initiator;
  readonly server: Responder;
  readonly helloFlight: Uint8Array;
  readonly serverFlight: Uint8Array;
  readonly finishFlight: Uint8Array;
  readonly clientResult: HandshakeResult;
  readonly serverResult: HandshakeResult;
}

/** Runs hello, answer and finish. */
export function handshake(
  clientChanges: Partial<InitiatorOptions> = {},
  serverChanges: Partial<ResponderOptions> = {},
): Handshake {
  const outer = clientChanges.outer ?? OPEN;
  const initiator = client(clientChanges);
  const helloFlight = sent(initiator, 0, outer).flight;
  const server = responder(helloFlight, serverChanges);
  const serverFlight = server.flight();
  const reason = deliver(initiator, serverFlight, 40);
  if (reason !== undefined) throw new Error(`the client dropped the server's flight: ${reason}`);
  initiator.acceptServer(41);
  const clientResult = resultOf(initiator);
  const finishFlight = sent(initiator, 41, outer).flight;
  const serverResult = peerOf(server, finishFlight, 80).result;
  return {
    client: initiator,
    server,
    helloFlight,
    serverFlight,
    finishFlight,
    clientResult,
    serverResult,
  };
}

/** A copy with one bit changed. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}
