// What arrives at an endpoint in one run, as bytes that can be mutated:
//
//   ( op u8 || length u16 || bytes ) ...
//
// op, low 2 bits: 0 the plaintext of an envelope, sealed here; 1 a datagram as it is; 2 time passes
// and timers run; 3 the application decides about all who wait. Bits 2 and 3 choose the address it
// comes from; bit 4 makes the application refuse.
import { Endpoint } from '../../../packages/core/dist/endpoint/endpoint.js';
import { resolveConfig } from '../../../packages/core/dist/resolve-config.js';
import { check } from './checks.mjs';
import { createFakeProvider } from './fake-crypto.mjs';

export const Op = { Envelope: 0, Datagram: 1, Time: 2, Decide: 3 };
export const REFUSE = 0x10;

const HEAD_BYTES = 3;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;
const HELLO_MIN_BYTES = 420;
const MAX_DATAGRAM_BYTES = 1_500;
const MAX_DATAGRAMS = 500;
/** A server remembers attempts for 10 s, and closed sessions for three timeouts. */
const FORGET_MS = 120_000;
const SERVER = { address: '198.51.100.1', port: 4_433 };
const CLIENTS = [1, 2, 3, 4].map((n) => ({ address: `192.0.2.${n}`, port: 40_000 + n }));
const config = resolveConfig({});
const out = new Uint8Array(65_507);

/** One endpoint and those who talk to it. */
export class Station {
  now = 0;
  sent = [];
  #received = new Map();
  #emitted = new Map();
  #hasAccepted = false;
  #waiting = [];
  #isClient;

  /** @param role client or server @param isLenient whether signatures and comparisons are always right */
  constructor(role, isLenient) {
    this.#isClient = role === 'client';
    const crypto = createFakeProvider({ isLenient, seed: this.#isClient ? 5 : 9 });
    const identity = crypto.createSigner(new Uint8Array(32).fill(this.#isClient ? 0x31 : 0x32));
    this.endpoint = new Endpoint({
      crypto,
      identity,
      config,
      now: 0,
      unixOffsetMs: 1_767_225_600_000,
      accepts: !this.#isClient,
      allowSelf: isLenient,
    });
    if (this.#isClient) this.endpoint.connect(SERVER, {}, 0);
    this.settle();
  }

  play({ op, bytes }) {
    const from = this.#isClient ? SERVER : CLIENTS[(op >> 2) & 3];
    switch (op & 3) {
      case Op.Envelope:
        this.receive(sealed(bytes), from);
        break;
      case Op.Datagram:
        this.receive(bytes.slice(0, MAX_DATAGRAM_BYTES), from);
        break;
      case Op.Time:
        this.pass((bytes[0] ?? 0) * 50);
        break;
      default:
        this.decide((op & REFUSE) !== 0);
    }
  }

  receive(datagram, from) {
    const key = `${from.address} ${from.port}`;
    this.#received.set(key, (this.#received.get(key) ?? 0) + datagram.length);
    this.endpoint.handleDatagram(datagram, from, this.now);
    this.settle();
  }

  /** Time passes; whatever is due runs, as a driver would have it. */
  pass(ms) {
    const until = this.now + ms;
    for (let i = 0; i < 200; i++) {
      const at = this.endpoint.pollTimeout();
      check(!Number.isNaN(at), 'a deadline that is no number');
      if (at > until) break;
      this.now = Math.max(this.now, at);
      this.endpoint.handleTimeout(this.now);
      this.settle();
    }
    this.now = until;
    this.endpoint.handleTimeout(until);
    this.settle();
  }

  decide(refuses) {
    for (const event of this.#waiting.splice(0)) {
      const { endpoint, now } = this;
      if (event.type === 'serverKey') {
        if (refuses) endpoint.refuseServer(event.attempt, 'not this one');
        else endpoint.acceptServer(event.attempt, now);
      } else if (refuses) {
        endpoint.refuseClient(event.attempt, 'not on the list', now);
      } else {
        this.#hasAccepted = true;
        endpoint.acceptClient(event.attempt, now);
      }
      this.#hasAccepted ||= refuses;
    }
    this.settle();
  }

  settle() {
    let count = 0;
    for (;;) {
      const length = this.endpoint.pollTransmit(this.now, out);
      if (length === 0) break;
      check(count++ < MAX_DATAGRAMS, 'it sends without end');
      this.#emit(out.slice(0, length), this.endpoint.transmitTo);
    }
    for (let event = this.endpoint.pollEvent(); event; event = this.endpoint.pollEvent()) {
      if (event.type === 'serverKey' || event.type === 'clientKey') this.#waiting.push(event);
    }
    for (let ready = this.endpoint.pollReady(); ready; ready = this.endpoint.pollReady()) {
      while (ready.pollEvent() !== undefined);
      while (ready.pollMessage(this.now) !== undefined);
    }
    check(this.endpoint.halfOpenCount <= 1_024, 'too many attempts are half open');
  }

  /** Long after the last datagram nothing is left of those who were not accepted. */
  checkForgotten() {
    this.pass(FORGET_MS);
    const { halfOpenCount, connectionCount, cids } = this.endpoint;
    check(halfOpenCount === 0, 'an attempt is never forgotten');
    check(cids.size <= 8 * connectionCount, 'ids of nobody are left');
  }

  #emit(datagram, to) {
    this.sent.push(datagram);
    if (this.#isClient || this.#hasAccepted) return;
    const key = `${to.address} ${to.port}`;
    const sum = (this.#emitted.get(key) ?? 0) + datagram.length;
    this.#emitted.set(key, sum);
    check(sum <= 3 * (this.#received.get(key) ?? 0), 'more than three times what came is sent');
  }
}

/** An envelope with that plaintext, filled up with zeros to the shortest length of a hello. */
function sealed(plaintext) {
  const length = Math.max(plaintext.length + NONCE_BYTES + TAG_BYTES, HELLO_MIN_BYTES);
  const datagram = new Uint8Array(length);
  datagram.set(plaintext, NONCE_BYTES);
  return datagram;
}

/** Takes an input apart; what is cut short at its end counts as far as it goes. */
export function parseOps(input) {
  const ops = [];
  for (let at = 0; at + HEAD_BYTES <= input.length; ) {
    const start = at + HEAD_BYTES;
    const end = Math.min(input.length, start + ((input[at + 1] << 8) | input[at + 2]));
    ops.push({ op: input[at], bytes: input.subarray(start, end) });
    at = end;
  }
  return ops;
}

/** The inverse of {@link parseOps}, cut to what fits. */
export function writeOps(ops, target) {
  let at = 0;
  for (const { op, bytes } of ops) {
    if (at + HEAD_BYTES + bytes.length > target.length) break;
    target.set([op, bytes.length >> 8, bytes.length & 0xff], at);
    target.set(bytes, at + HEAD_BYTES);
    at += HEAD_BYTES + bytes.length;
  }
  return at;
}

/** Genuine handshakes, as one side lives them. @param role that side */
export function recordOps(role) {
  return [false, true].map((refuses) => recordOne(role, refuses));
}

function recordOne(role, refuses) {
  const me = new Station(role, false);
  const other = new Station(role === 'client' ? 'server' : 'client', false);
  const decide = { op: Op.Decide | (refuses ? REFUSE : 0), bytes: new Uint8Array(0) };
  const ops = [];
  const play = (step) => {
    ops.push(step);
    me.play(step);
  };
  for (let round = 0; round < 6; round++) {
    for (const datagram of other.sent.splice(0)) play(asOp(datagram));
    play(decide);
    for (const datagram of me.sent.splice(0)) other.receive(datagram, CLIENTS[0]);
    other.decide(false);
    other.pass(25);
    play({ op: Op.Time, bytes: Uint8Array.of(1) });
  }
  return ops;
}

/** An envelope is opened, so that what is in it can be mutated: with these keys it lies open. */
function asOp(datagram) {
  const isEnvelope = datagram.length >= 300 && datagram.length <= 520;
  if (!isEnvelope) return { op: Op.Datagram, bytes: datagram };
  return { op: Op.Envelope, bytes: datagram.slice(NONCE_BYTES, datagram.length - TAG_BYTES) };
}
