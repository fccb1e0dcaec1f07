// Handshake messages one by one: what a decoder accepts is encoded and decoded again. Unknown
// parameters and shares beyond the known are not kept, so that the second form may be shorter.
import { addressPrefix } from '../../packages/core/dist/handshake/address-prefix.js';
import {
  decodeAuth,
  decodeFinished,
  decodeIdentity,
  encodeAuth,
  encodeFinished,
  encodeIdentity,
} from '../../packages/core/dist/handshake/auth-messages.js';
import {
  decodeClientHello,
  encodeClientHello,
} from '../../packages/core/dist/handshake/client-hello.js';
import { CookieJar } from '../../packages/core/dist/handshake/cookie.js';
import { openEarlyFlight, sealEarlyFlight } from '../../packages/core/dist/handshake/early-data.js';
import {
  EnvelopeKind,
  openEnvelope,
  sealEnvelope,
} from '../../packages/core/dist/handshake/envelope.js';
import {
  decodeFinishFlight,
  decodeHelloFlight,
  decodeRetryFlight,
  decodeServerFlight,
  encodeHelloFlight,
  encodeRetryFlight,
} from '../../packages/core/dist/handshake/flights.js';
import { encodeMessage, MessageType } from '../../packages/core/dist/handshake/messages.js';
import { decodeParams, encodeParams } from '../../packages/core/dist/handshake/params-codec.js';
import { finishRekey, respondRekey, startRekey } from '../../packages/core/dist/handshake/rekey.js';
import {
  decodeServerHello,
  encodeServerHello,
} from '../../packages/core/dist/handshake/server-hello.js';
import { Reader } from '../../packages/core/dist/wire/reader.js';
import { check, checkSame, checkSameBytes, sameBytes } from './support/checks.mjs';
import { createFakeProvider } from './support/fake-crypto.mjs';
import {
  drawClientHello,
  drawGreaseValues,
  drawParams,
  drawServerHello,
} from './support/hellos.mjs';

const crypto = createFakeProvider();
const join = (...parts) => Uint8Array.from(Buffer.concat(parts));

/** A message of its own with the header in front. */
function messageTarget({ name, type, maxBytes, decode, encode, draw, isFixed = false }) {
  return {
    name,
    maxBytes,
    generate: (random) => encode(draw(random), drawGreaseValues(random)),
    run(input) {
      // Decoders get what was cut out by its header, so that the header is always right.
      const message = encodeMessage(type, input.subarray(Math.min(3, input.length)));
      const value = decode(message);
      if (value === undefined) return;
      const again = encode(value);
      if (isFixed) checkSameBytes(again, message, 'a second form');
      checkSame(decode(again), value, 'encoded and decoded again it differs');
      checkSameBytes(encode(decode(again)), again, 'the second form is not the last');
    },
  };
}

const messages = [
  messageTarget({
    name: 'client-hello',
    type: MessageType.ClientHello,
    maxBytes: 900,
    decode: (bytes) => limited(decodeClientHello(bytes)),
    encode: encodeClientHello,
    draw: drawClientHello,
  }),
  messageTarget({
    name: 'server-hello',
    type: MessageType.ServerHello,
    maxBytes: 500,
    decode: (bytes) => limited(decodeServerHello(bytes)),
    encode: encodeServerHello,
    draw: drawServerHello,
  }),
  messageTarget({
    name: 'identity-message',
    type: MessageType.Identity,
    maxBytes: 160,
    decode: decodeIdentity,
    encode: (key) => encodeIdentity(key),
    draw: (random) => random.bytes(32),
  }),
  messageTarget({
    name: 'auth-message',
    type: MessageType.Auth,
    maxBytes: 96,
    decode: decodeAuth,
    encode: (signature) => encodeAuth(signature),
    draw: (random) => random.bytes(64),
    isFixed: true,
  }),
  messageTarget({
    name: 'finished-message',
    type: MessageType.Finished,
    maxBytes: 64,
    decode: decodeFinished,
    encode: (mac) => encodeFinished(mac),
    draw: (random) => random.bytes(32),
    isFixed: true,
  }),
];

/** Encoders have room for what this version says, not for everything a later one may say. */
function limited(hello) {
  if (hello === undefined) return undefined;
  const shares = hello.shares ?? [hello.share];
  const bytes = shares.reduce((sum, { share }) => sum + 4 + share.length, 0);
  const lists = 4 * (hello.versions?.length ?? 0) + 2 * (hello.suites?.length ?? 0);
  return bytes + lists <= 150 ? hello : undefined;
}

/** All four kinds of flights: none throws, and what is taken apart gives the flight again. */
function runFlights(input) {
  const hello = decodeHelloFlight(input);
  if (hello !== undefined) {
    checkSameBytes(encodeHelloFlight(hello.hello, hello.cookie), input, 'another hello flight');
  }
  const server = decodeServerFlight(input);
  if (server !== undefined) {
    checkSameBytes(join(server.serverHello, server.sealed), input, 'another server flight');
  }
  const finish = decodeFinishFlight(input);
  if (finish !== undefined) checkSameBytes(finish, input, 'another finish');
  const retry = decodeRetryFlight(input);
  if (retry !== undefined) checkSameBytes(encodeRetryFlight(retry), input, 'another retry');
  const kinds = [hello, server, finish, retry].filter((flight) => flight !== undefined);
  check(kinds.length <= 1, 'one flight of two kinds');
}

/** The fake cryptography leaves the plaintext as it is, so that mutations get behind the seal. */
const EARLY_TICKET = { id: new Uint8Array(16).fill(7), secret: new Uint8Array(32).fill(9) };
const EARLY_HASH = new Uint8Array(32).fill(3);

function generateEarly(random) {
  const messages = Array.from({ length: random.below(4) }, () => ({
    kind: random.below(0x10000),
    payload: random.bytes(random.skewed(6)),
  }));
  return sealEarlyFlight(crypto, EARLY_TICKET, EARLY_HASH, messages);
}

function runEarly(input) {
  const messages = openEarlyFlight(crypto, EARLY_TICKET.secret, EARLY_HASH, input);
  if (messages === undefined) return;
  const again = sealEarlyFlight(crypto, EARLY_TICKET, EARLY_HASH, messages);
  checkSameBytes(again.subarray(16, -16), input.subarray(16, -16), 'sealed again it differs');
}

function generateFlight(random) {
  const hello = encodeClientHello(drawClientHello(random), drawGreaseValues(random));
  const sealed = encodeMessage(MessageType.Sealed, random.bytes(random.skewed(8)));
  const cookie = random.oneIn(2) ? undefined : random.bytes(random.between(1, 64));
  return random.pick([
    () => encodeHelloFlight(hello, cookie),
    () => join(encodeServerHello(drawServerHello(random)), sealed),
    () => sealed,
    () => encodeRetryFlight(cookie ?? new Uint8Array(20)),
  ])();
}

function runParams(input) {
  const reader = new Reader().reset(input, 0, input.length);
  const params = decodeParams(reader);
  if (params === undefined) return;
  check(!reader.failed && reader.pos <= input.length, 'accepted after a failed read');
  const again = encodeParams(params);
  const second = decodeParams(new Reader().reset(again, 0, again.length));
  checkSame(second, params, 'encoded and decoded again they differ');
}

const OUTER = { kind: 'open', okey: new Uint8Array(32) };

/** The plaintext of an envelope: sealed under the right key with whatever is in it. */
function runEnvelope(input) {
  const datagram = crypto.xchachaSeal(OUTER.okey, undefined, undefined, input);
  const opened = openEnvelope(crypto, OUTER, join(new Uint8Array(24), datagram));
  if (opened === undefined) return;
  const { kind, attempt, flight, offset, total } = opened;
  check(kind >= 1 && kind <= 5 && attempt.length === 8, 'a wrong envelope');
  const isWhole = offset === 0 && total === flight.length;
  check(kind === EnvelopeKind.EarlyData || isWhole, 'a piece of what is never cut');
  check(offset + flight.length <= total, 'a piece beyond the end');
  const length = { maxBytes: input.length + 40, minBytes: input.length + 40 };
  const again = sealEnvelope(crypto, OUTER, { ...opened, ...length });
  checkSameBytes(again.subarray(24, again.length - 16), input, 'sealed again it differs');
}

function generateEnvelope(random) {
  const kind = random.pick(Object.values(EnvelopeKind));
  const flight = generateFlight(random).subarray(0, 460);
  const envelope = sealEnvelope(crypto, OUTER, { kind, attempt: random.bytes(8), flight });
  return envelope.slice(24, envelope.length - 16);
}

const SOURCE = { address: '192.0.2.7', port: 7_007, chHash: new Uint8Array(32).fill(9) };
const jar = new CookieJar(crypto, 0);
const COOKIE_AT_MS = 50_000;
const cookie = jar.make(SOURCE, COOKIE_AT_MS);

/** Only the cookie itself is right, and only for its source and time. */
function runCookie(input) {
  const isRight = jar.check(input, SOURCE, COOKIE_AT_MS + 1_000);
  check(isRight === sameBytes(input, cookie), 'another cookie is taken, or the right one is not');
  check(!jar.check(input, { ...SOURCE, port: 7_008 }, COOKIE_AT_MS), 'a cookie of another port');
  check(!jar.check(input, SOURCE, COOKIE_AT_MS + 16_000), 'a cookie that is too old');
}

/** Both sides of a key exchange: an answer that is taken leads to the same secret. */
function runRekey(input) {
  const epoch = 1 + ((input[0] ?? 0) & 3);
  const body = input.subarray(1);
  const answer = respondRekey(crypto, epoch, body);
  if (answer !== undefined) check(answer.dh.length === 32, 'a secret of another length');
  const offer = startRekey(crypto, epoch);
  const secret = finishRekey(crypto, offer, body);
  check((secret === undefined) === (answer === undefined), 'one side takes what the other refuses');
  check(
    offer.secret.every((byte) => byte === 0),
    'the secret of the exchange is kept',
  );
}

const text = new TextDecoder('latin1');

function runAddressPrefix(input) {
  const address = text.decode(input);
  const prefix = addressPrefix(address);
  if (!address.includes(':')) check(prefix === address, 'IPv4 was changed');
  check(prefix.length <= Math.max(64, 2 * address.length), 'a prefix longer than its address');
}

const ascii = (written) => Uint8Array.from(Buffer.from(written, 'latin1'));

export const targets = [
  ...messages,
  { name: 'flights', maxBytes: 700, generate: generateFlight, run: runFlights },
  { name: 'early-flight', maxBytes: 400, generate: generateEarly, run: runEarly },
  {
    name: 'params',
    maxBytes: 300,
    generate: (random) => encodeParams(drawParams(random), drawGreaseValues(random)),
    run: runParams,
  },
  { name: 'envelope', maxBytes: 480, generate: generateEnvelope, run: runEnvelope },
  { name: 'cookie', maxBytes: 48, seeds: () => [cookie], run: runCookie },
  {
    name: 'rekey-messages',
    maxBytes: 200,
    generate: (random) => {
      const epoch = random.between(1, 4);
      return join(Uint8Array.of(epoch - 1), startRekey(crypto, epoch).body);
    },
    run: runRekey,
  },
  {
    name: 'address-prefix',
    maxBytes: 64,
    isText: true,
    seeds: () =>
      ['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1', 'fe80::1%eth0', '1:2:3:4:5:6:7:8'].map(
        ascii,
      ),
    dictionary: ['::', ':', '%', '.', '::ffff:', '0000', 'ffff'].map(ascii),
    run: runAddressPrefix,
  },
];
