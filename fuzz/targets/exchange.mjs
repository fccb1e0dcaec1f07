// The two machines of a handshake alone: flights of any kind, also those whose SEALED holds what no
// honest peer seals.

import { encodeFinished } from '../../packages/core/dist/handshake/auth-messages.js';
import { EnvelopeKind, sealEnvelope } from '../../packages/core/dist/handshake/envelope.js';
import { encodeRetryFlight } from '../../packages/core/dist/handshake/flights.js';
import { Initiator } from '../../packages/core/dist/handshake/initiator.js';
import { defaultParams } from '../../packages/core/dist/handshake/params.js';
import { Responder } from '../../packages/core/dist/handshake/responder.js';
import { check } from './support/checks.mjs';
import { createFakeProvider } from './support/fake-crypto.mjs';

const MAX_BYTES = 1_600;
const OUTER = {
  kind: 'open',
  secret: new Uint8Array(32),
  okey: new Uint8Array(32),
  omask: { mask() {}, wipe() {} },
};
const HELLO_MIN_BYTES = 420;
const cid = (value) => new Uint8Array(8).fill(value);

function makeInitiator(isLenient) {
  const crypto = createFakeProvider({ isLenient, seed: 3 });
  const initiator = new Initiator({
    crypto,
    identity: crypto.createSigner(new Uint8Array(32).fill(0x31)),
    outer: OUTER,
    params: defaultParams(),
    clientCid: cid(0xc1),
    wallTimeMs: 1_767_225_600_000,
    allowSelf: isLenient,
    keyLog: true,
  });
  initiator.start(0);
  return initiator;
}

function respond(flight, isLenient) {
  const crypto = createFakeProvider({ isLenient, seed: 4 });
  return Responder.respond({
    crypto,
    identity: crypto.createSigner(new Uint8Array(32).fill(0x32)),
    outer: OUTER,
    params: defaultParams(),
    serverCid: cid(0x5e),
    clientHelloFlight: flight,
    now: 0,
    allowSelf: isLenient,
    keyLog: true,
  });
}

/** Parts of an input: `length u16 || bytes`. */
function partsOf(input) {
  const parts = [];
  for (let at = 0; at + 2 <= input.length; ) {
    const end = Math.min(input.length, at + 2 + ((input[at] << 8) | input[at + 1]));
    parts.push(input.subarray(at + 2, end));
    at = end;
  }
  return parts;
}

function joinParts(mode, parts) {
  const framed = parts.flatMap((part) => [part.length >> 8, part.length & 0xff, ...part]);
  return Uint8Array.from([mode, ...framed]);
}

/** A hello, then finishes. Whatever the hello says, the answer fits under the shortest hello. */
function runResponder(input) {
  const isLenient = ((input[0] ?? 0) & 1) !== 0;
  const [hello = input.subarray(0, 0), ...finishes] = partsOf(input.subarray(1));
  const responder = respond(hello, isLenient);
  if ('drop' in responder) return;
  const contents = { kind: EnvelopeKind.ServerFlight, attempt: responder.attempt };
  const flight = responder.flight();
  const provider = createFakeProvider();
  sealEnvelope(provider, OUTER, { ...contents, flight, maxBytes: HELLO_MIN_BYTES });
  for (const finish of finishes) {
    const peer = responder.handleFinish(finish, 10);
    if ('drop' in peer) continue;
    checkResult(peer.result);
    check(peer.clientKey.length === 32, 'a key of another length');
    check(responder.handleFinish(finish, 20) === peer, 'the same finish gives another peer');
  }
}

/** Flights of servers: kind by the first byte of each part, then whatever the state allows. */
function runInitiator(input) {
  const isLenient = ((input[0] ?? 0) & 1) !== 0;
  const initiator = makeInitiator(isLenient);
  initiator.pollTransmit(0);
  let now = 0;
  for (const part of partsOf(input.subarray(1))) {
    if (part.length === 0) {
      now += 1_500;
      initiator.handleTimeout(now);
    } else {
      const kind = 1 + (part[0] & 3);
      initiator.handleEnvelope(kind, part.subarray(1), now);
    }
    if (initiator.state.type === 'deciding' && part.length % 2 === 0) initiator.acceptServer(now);
    const { state } = initiator;
    if (state.type === 'finishing') checkResult(state.result);
    if (state.type === 'failed') check(state.error.message.length > 20, 'a failure without words');
    const envelope = initiator.pollTransmit(now);
    if (envelope !== undefined) check(envelope.length <= 520, 'an envelope that is too long');
    check(!Number.isNaN(initiator.pollTimeout()), 'a deadline that is no number');
  }
}

function checkResult({ sid, th, exporter, peerCid, keyLogLines }) {
  for (const bytes of [sid, th, exporter]) check(bytes.length === 32, 'a result is incomplete');
  check(peerCid.length === 8, 'a connection id of another length');
  for (const line of keyLogLines) check(/^VCL1_\w+ [0-9a-f]+ \d+ [0-9a-f]+$/.test(line), 'a line');
}

/** The flights of a genuine handshake between the two. */
function genuine(isLenient) {
  const initiator = makeInitiator(isLenient);
  const hello = flightOf(initiator.pollTransmit(0));
  const responder = respond(hello, isLenient);
  const answer = responder.flight();
  initiator.handleEnvelope(EnvelopeKind.ServerFlight, answer, 10);
  initiator.acceptServer(10);
  const finish = flightOf(initiator.pollTransmit(10));
  check(!('drop' in responder.handleFinish(finish, 20)), 'a genuine finish is dropped');
  return { hello, answer, finish };
}

/** The envelopes of the fake provider lie open: a flight stands behind nonce and head. */
function flightOf(envelope) {
  const at = 24 + 15;
  const length = (envelope[at - 2] << 8) | envelope[at - 1];
  return envelope.slice(at, at + length);
}

function responderSeeds() {
  return [0, 1].flatMap((mode) => {
    const { hello, finish } = genuine(mode === 1);
    return [joinParts(mode, [hello, finish]), joinParts(mode, [hello, encodeFinished(cid(1))])];
  });
}

function initiatorSeeds() {
  const kindOf = (kind, flight) => Uint8Array.from([kind - 1, ...flight]);
  return [0, 1].flatMap((mode) => {
    const { answer } = genuine(mode === 1);
    const server = kindOf(EnvelopeKind.ServerFlight, answer);
    const retry = kindOf(EnvelopeKind.Retry, encodeRetryFlight(new Uint8Array(20)));
    return [joinParts(mode, [server]), joinParts(mode, [retry, new Uint8Array(0), server])];
  });
}

export const targets = [
  { name: 'responder', maxBytes: MAX_BYTES, seeds: responderSeeds, run: runResponder },
  { name: 'initiator', maxBytes: MAX_BYTES, seeds: initiatorSeeds, run: runInitiator },
];
