// Attacks on handshakes: altered, flooded and replayed flights, by somebody who sees the path and, as
// everybody does of an open server, knows the outer secret.
import {
  createSeededProvider,
  EnvelopeKind,
  OuterKeys,
  openEnvelope,
  sealEnvelope,
} from '../../../packages/core/dist/index.js';
import { Pair, SeededRandom } from '../../../packages/testkit/dist/index.js';
import { chooseProvider } from '../../../packages/vcl-protocol/dist/index.js';
import { flipped } from './datagrams.mjs';
import { injection, Victim } from './victim.mjs';

const KINDS = {
  hello: EnvelopeKind.ClientHello,
  'server flight': EnvelopeKind.ServerFlight,
  finish: EnvelopeKind.ClientFinish,
};
/** A bit more than an attempt takes until it fails. */
const ATTEMPT_MS = 11_000;
const FLIPS_PER_ENVELOPE = 100;

/** Flipped copies of every envelope, ahead of it, from its sender's address and others. */
export function floods({ seed, flips }) {
  const random = new SeededRandom(seed);
  const problems = [];
  let injected = 0;
  for (let run = 0; injected < flips; run++) {
    const scene = new Scene(`${seed} ${run}`);
    let here = 0;
    scene.onEnvelope = ({ data, from, to }) => {
      for (let i = 0; i < FLIPS_PER_ENVELOPE; i++, here++) {
        const copy = flipped(data, random.int(data.length * 8));
        const source =
          i % 2 === 0 ? from : { address: '203.0.113.9', port: 1 + random.int(65_535) };
        scene.pair.simulation.network.inject(source, to, copy);
      }
      return 'pass';
    };
    problems.push(...scene.mustConnect(), ...scene.mustHaveDropped(here));
    injected += here;
  }
  return { note: `${injected} flips`, problems };
}

/**
 * One bit of one flight altered on its way, each bit in a handshake of its own: the flight is sent
 * again, and with that the session comes up.
 */
export function alteredOnce({ seed, kind, step }) {
  const problems = [];
  let runs = 0;
  for (let bit = 0, bits = 1; bit < bits; bit += step, runs++) {
    const scene = new Scene(seed);
    let altered = false;
    scene.onEnvelope = ({ data }, envelope) => {
      if (altered || envelope.kind !== KINDS[kind]) return 'pass';
      altered = true;
      bits = data.length * 8;
      return flipped(data, bit % bits);
    };
    const found = [...scene.mustConnect(), ...scene.mustHaveDropped(1)];
    problems.push(...found.map((problem) => `bit ${bit}: ${problem}`));
  }
  return { note: `${runs} bits`, problems };
}

/** Every copy of one flight altered: there is no session, the attempt says so, and nothing stays behind. */
export function alteredAlways({ seed, kind, runs }) {
  const random = new SeededRandom(seed);
  const problems = [];
  for (let run = 0; run < runs; run++) {
    const scene = new Scene(`${seed} ${run}`);
    scene.onEnvelope = ({ data }, envelope) =>
      envelope.kind === KINDS[kind] ? flipped(data, random.int(data.length * 8)) : 'pass';
    problems.push(...(scene.connect() ? ['there is a session'] : scene.failureProblems()));
    scene.onEnvelope = undefined;
    problems.push(...scene.mustConnect());
  }
  return { note: `${runs} attempts`, problems };
}

/**
 * One bit of the flight inside the envelope, sealed again under the outer secret: it opens, but what
 * follows from it must not become a session. The attempt may be spoilt, the next one may not.
 */
export function resealedOnce({ seed, kind, step }) {
  const problems = [];
  let [runs, spoilt] = [0, 0];
  for (let bit = 0, bits = 1; bit < bits; bit += step, runs++) {
    const scene = new Scene(seed);
    let altered = false;
    scene.onEnvelope = (_, envelope) => {
      if (altered || envelope.kind !== KINDS[kind]) return 'pass';
      altered = true;
      bits = envelope.flight.length * 8;
      return scene.resealed({ ...envelope, flight: flipped(envelope.flight, bit % bits) });
    };
    const found = [];
    if (!scene.connect()) {
      spoilt++;
      found.push(...scene.failureProblems());
      scene.onEnvelope = undefined;
      scene.connect();
    }
    found.push(...scene.sessionProblems());
    problems.push(...found.map((problem) => `bit ${bit}: ${problem}`));
  }
  return { note: `${runs} bits, ${spoilt} attempts spoilt`, problems };
}

/** The envelopes of the session's own handshake once more, soon after it and when it is forgotten. */
export function replayedHandshakes({ seed, rounds }) {
  const victim = new Victim({ seed });
  const { pair, random } = victim;
  const envelopes = [];
  victim.onDatagram = (datagram) => {
    const isEnvelope = openEnvelope(victim.crypto, victim.outer, datagram.data) !== undefined;
    if (isEnvelope) envelopes.push(datagram);
    return 'pass';
  };
  victim.establish();
  victim.onDatagram = undefined;
  const stranger = victim.stranger();
  for (let round = 0; round < rounds; round++) {
    for (const { data, from, to } of envelopes) {
      victim.inject([injection(data, from, to), injection(data, stranger, to)]);
    }
    victim.exchange();
    pair.run(random.between(0, 2_000));
  }
  pair.run(ATTEMPT_MS);
  const { network } = pair.simulation;
  const drawn = network.counters(pair.server.address, stranger).sentBytes;
  const given = rounds * envelopes.reduce((sum, { data }) => sum + data.length, 0);
  const problems = victim.problems({ drops: null });
  if (envelopes.length !== 3) problems.push(`the handshake took ${envelopes.length} envelopes`);
  if (drawn > given) problems.push(`a stranger sent ${given} bytes and drew ${drawn}`);
  return { note: `${victim.injected} envelopes, ${drawn} bytes drawn with ${given}`, problems };
}

/** A client and a server that have not met, and somebody who sees their envelopes. */
class Scene {
  constructor(seed) {
    this.crypto = createSeededProvider(chooseProvider(), new SeededRandom(seed).u32());
    this.outer = OuterKeys.open(this.crypto);
    this.pair = new Pair({ seed, crypto: this.crypto });
    /** Called with each datagram that opens as an envelope, and what is in it; gives a verdict. */
    this.onEnvelope = undefined;
    this.pair.simulation.network.setTap({
      onDatagram: (datagram) => {
        if (this.onEnvelope === undefined) return 'pass';
        const envelope = openEnvelope(this.crypto, this.outer, datagram.data);
        return envelope === undefined ? 'pass' : this.onEnvelope(datagram, envelope);
      },
    });
  }

  resealed({ kind, attempt, flight }) {
    return sealEnvelope(this.crypto, this.outer, { kind, attempt, flight });
  }

  /** @returns whether both sides have a session */
  connect() {
    const { client } = this.pair;
    client.error = undefined;
    client.connection = undefined;
    const isUp = this.pair.establish(ATTEMPT_MS);
    // What the last timer reports is heard in a turn of its own.
    this.pair.run(0);
    return isUp;
  }

  mustConnect() {
    this.connect();
    return this.sessionProblems();
  }

  /** What is wrong with the session: both sides must be in the same one, and messages must pass. */
  sessionProblems() {
    const { pair } = this;
    const { client, server } = pair;
    if (client.connection === undefined) return [`no session: ${client.error?.message}`];
    const problems = [];
    if (Buffer.compare(client.connection.sid, server.connection.sid) !== 0) {
      problems.push('the two sides are in different sessions');
    }
    for (const side of ['client', 'server']) pair.send(side, Uint8Array.of(7), {});
    const before = client.messages.length + server.messages.length;
    pair.run(2_000);
    const arrived = client.messages.length + server.messages.length - before;
    if (arrived !== 2) problems.push(`${arrived} of 2 messages arrived`);
    const counts = [client.endpoint.connectionCount, server.endpoint.connectionCount];
    if (counts.some((count) => count !== 1)) problems.push(`${counts} sessions instead of 1`);
    return problems;
  }

  /** An attempt that gives no session ends with an error on the client, and with nothing on either side. */
  failureProblems() {
    const { pair } = this;
    const { client, server } = pair;
    const problems = [];
    if (client.error?.code !== 'Timeout' && client.error?.code !== 'HandshakeFailed') {
      problems.push(`the attempt ended with ${client.error?.code}`);
    }
    pair.run(ATTEMPT_MS);
    const left = [client, server].flatMap(({ endpoint }) => [
      endpoint.connectionCount,
      endpoint.halfOpenCount,
      endpoint.cids.size,
    ]);
    if (left.some((count) => count !== 0)) problems.push(`tables hold ${left} afterwards`);
    return problems;
  }

  /** A genuine copy that nobody needs any more is dropped for another reason. */
  mustHaveDropped(expected) {
    const { client, server } = this.pair;
    const counted = client.endpoint.drops.get('unknown') + server.endpoint.drops.get('unknown');
    return counted === expected ? [] : [`${counted} of ${expected} were counted as dropped`];
  }
}
