// What the attacker of the flood suite sends. He knows everything that is public, the outer keys of an
// open server among it, and has read the datagrams of one session.
import { randomBytes, randomInt } from 'node:crypto';
import {
  Endpoint,
  EnvelopeKind,
  OuterKeys,
  resolveConfig,
  sealEnvelope,
} from '../../../packages/core/dist/index.js';
import { chooseProvider } from '../../../packages/vcl-protocol/dist/index.js';

const crypto = chooseProvider();
const outer = OuterKeys.open(crypto);

/** Lengths of envelopes: junk of these costs the server an attempt to open it. */
const ENVELOPE_LENGTHS = [300, 521];
const LONGEST_DATAGRAM = 1_232;
const DIFFERENT_JUNK = 1_024;
const DIFFERENT_HELLOS = 1_024;
const MAX_FLIGHT_BYTES = 400;
const TAG_BYTES = 16;
const SERVER = { address: '192.0.2.1', port: 1 };

/** Random bytes that look like a handshake from outside. */
function junk() {
  return many(DIFFERENT_JUNK, () => randomBytes(randomInt(...ENVELOPE_LENGTHS)));
}

/** Random bytes as long as a full record. */
function longJunk() {
  return many(DIFFERENT_JUNK, () => randomBytes(LONGEST_DATAGRAM));
}

/** Envelopes that open under the public keys and hold nonsense. */
function sealedJunk() {
  const kinds = [EnvelopeKind.ClientHello, EnvelopeKind.ClientFinish, EnvelopeKind.Retry];
  return many(DIFFERENT_JUNK, (i) =>
    sealEnvelope(crypto, outer, {
      kind: kinds[i % kinds.length],
      attempt: randomBytes(8),
      flight: randomBytes(randomInt(1, MAX_FLIGHT_BYTES)),
    }),
  );
}

/** Hellos as a client sends them; nobody ever answers to what comes back. */
function hellos() {
  return many(DIFFERENT_HELLOS, () => new Attempt().poll());
}

/** Datagrams of a session, each with another tag: they reach the session and do not open. */
function forgeries(sniffed) {
  return many(DIFFERENT_JUNK, (i) => {
    const copy = Buffer.from(sniffed[i % sniffed.length]);
    const tagAt = copy.length - TAG_BYTES;
    randomBytes(TAG_BYTES).copy(copy, tagAt);
    return copy;
  });
}

/** Datagrams of a session as they were. */
function replays(sniffed) {
  return sniffed;
}

/** A client's attempt without a socket: what it would send comes out, what it would hear goes in. */
export class Attempt {
  #endpoint;
  #now = performance.now();

  constructor() {
    const now = this.#now;
    const identity = crypto.createSigner(randomBytes(32));
    const unixOffsetMs = Date.now() - now;
    const config = resolveConfig({});
    this.#endpoint = new Endpoint({ crypto, identity, config, now, unixOffsetMs, accepts: false });
    this.#endpoint.connect(SERVER, {}, now);
  }

  /** @returns what it sends at the moment, undefined for nothing */
  poll() {
    const out = new Uint8Array(LONGEST_DATAGRAM);
    const bytes = this.#endpoint.pollTransmit(this.#now, out);
    return bytes === 0 ? undefined : out.slice(0, bytes);
  }

  /** A datagram of the server. */
  hear(datagram) {
    this.#endpoint.handleDatagram(datagram, SERVER, this.#now);
  }

  /** Whether the server has answered with its key. */
  get isAnswered() {
    return this.#endpoint.pollEvent()?.type === 'serverKey';
  }
}

/** All kinds by name; those about a session take datagrams of it. */
export const KINDS = { junk, longJunk, sealedJunk, hellos, forgeries, replays };

function many(count, make) {
  return Array.from({ length: count }, (_, i) => make(i));
}
