// The attacker of the flood suite: sends prepared datagrams at a rate, with any source it likes.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { OuterKeys, openEnvelope } from '../../../packages/core/dist/index.js';
import { chooseProvider } from '../../../packages/vcl-protocol/dist/index.js';
import { Attempt, KINDS } from './ammunition.mjs';
import { FORGED_PREFIX, HELD_PREFIX, SERVER_ADDRESS_ATTACKED } from './network.mjs';
import { CpuMeter, serve } from './orders.mjs';
import { RawSender } from './raw-socket.mjs';

const TICK_MS = 2;
/** What was missed is made up for, but not with a burst longer than this. */
const MAX_ARREARS_MS = 20;
const HELD_PORT = 4_433;
const ANSWER_MS = 300;
const MAX_ROUNDS = 5;
const COLLECTED_PART = 0.9;

const crypto = chooseProvider();
const outer = OuterKeys.open(crypto);
let to;
let flood;
let held;

serve({
  async aim({ port }) {
    to = { address: SERVER_ADDRESS_ATTACKED, port };
    return {};
  },
  /** Floods with a kind of ammunition from forged sources, one held source or a given one. */
  start({ kind, rate, from, sniffed, source }) {
    const payloads = KINDS[kind](sniffed?.map((text) => Buffer.from(text, 'base64')));
    flood = new Flood(rate, payloads, sourceOf(from, source));
    return {};
  },
  /** Asks for `count` attempts from as many sources that it holds, once and again. */
  async startHeld({ count, rate, sources }) {
    held = await HeldSources.open(count, sources);
    await held.collect();
    const payloads = held.latest();
    flood = new Flood(rate, payloads, held.sourceOf);
    return held.counts();
  },
  /** Fires what the server's latest answers made of it. */
  async refresh({ rate }) {
    flood.stop();
    await held.collect();
    flood = new Flood(rate, held.latest(), held.sourceOf);
    return held.counts();
  },
  stop() {
    const report = flood.stop();
    held?.close();
    held = undefined;
    return report;
  },
});

/** Datagrams at a rate, until it is stopped. */
class Flood {
  #sender;
  #perMs;
  #sourceOf;
  #sent = 0;
  #startedAt = performance.now();
  #filledAt = this.#startedAt;
  #owed = 0;
  #cpu = new CpuMeter();
  #timer = setInterval(() => this.#tick(), TICK_MS);

  constructor(rate, payloads, sourceOf) {
    this.#sender = new RawSender(to, payloads);
    this.#perMs = rate / 1000;
    this.#sourceOf = sourceOf;
  }

  stop() {
    clearInterval(this.#timer);
    this.#sender.close();
    const seconds = (performance.now() - this.#startedAt) / 1000;
    return { sent: this.#sent, rate: this.#sent / seconds, cpu: this.#cpu.read() };
  }

  #tick() {
    const now = performance.now();
    const passed = Math.min(MAX_ARREARS_MS, now - this.#filledAt);
    this.#filledAt = now;
    this.#owed += passed * this.#perMs;
    while (this.#owed >= 1) {
      const sent = this.#sender.send(Math.floor(this.#owed), this.#sourceOf);
      if (sent === 0) return;
      this.#owed -= sent;
      this.#sent += sent;
    }
  }
}

function sourceOf(from, source) {
  if (from === 'given') {
    const [a, b, c, d] = source.address.split('.').map(Number);
    const given = { a, b, c, d, port: source.port };
    return () => given;
  }
  const [a, b] = from === 'forged' ? FORGED_PREFIX : HELD_PREFIX;
  const changing = { a, b, c: 0, d: 1, port: 0 };
  return () => {
    const chance = (Math.random() * 2 ** 32) >>> 0;
    // Above the ports that a system answers for, so that nothing is ever heard back.
    changing.port = 1024 + (chance & 0x7fff);
    if (from !== 'forged') return changing;
    changing.c = (chance >>> 16) & 0xff;
    changing.d = (chance >>> 24) & 0xff;
    return changing;
  };
}

/** Attempts from sources that the attacker holds, so that he hears the cookies meant for them. */
class HeldSources {
  #attempts = [];
  #byName = new Map();
  #socket;
  #sources;
  #cookies = 0;
  #answers = 0;

  static async open(count, sources) {
    const socket = createSocket('udp4');
    socket.bind(HELD_PORT, '0.0.0.0');
    await once(socket, 'listening');
    return new HeldSources(socket, count, sources);
  }

  constructor(socket, count, sources) {
    this.#socket = socket;
    this.#sources = sources;
    this.#attempts = Array.from({ length: count }, () => {
      const attempt = new Attempt();
      return { attempt, datagram: attempt.poll() };
    });
    for (const one of this.#attempts) this.#byName.set(nameOf(one.datagram), one);
    socket.on('message', (data) => this.#onAnswer(data));
  }

  /** Sends all attempts' datagrams, a little at a time, until most have their cookie or an answer. */
  async collect() {
    this.#cookies = 0;
    this.#answers = 0;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const sender = new RawSender(to, this.latest());
      for (let left = this.#attempts.length; left > 0; ) {
        left -= sender.send(left, this.sourceOf);
        await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      }
      sender.close();
      await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
      if (this.#cookies + this.#answers > COLLECTED_PART * this.#attempts.length) return;
    }
  }

  latest() {
    return this.#attempts.map(({ datagram }) => datagram);
  }

  sourceOf = (index) => {
    const [a, b] = HELD_PREFIX;
    const host = 1 + (index % this.#sources);
    return { a, b, c: host >> 8, d: host & 0xff, port: HELD_PORT };
  };

  counts() {
    return { cookies: this.#cookies, answers: this.#answers };
  }

  close() {
    this.#socket.close();
  }

  #onAnswer(data) {
    const one = this.#byName.get(nameOf(data));
    if (one === undefined) return;
    one.attempt.hear(new Uint8Array(data));
    if (one.attempt.isAnswered) {
      this.#answers++;
      return;
    }
    const datagram = one.attempt.poll();
    if (datagram === undefined) return;
    one.datagram = datagram;
    this.#cookies++;
  }
}

/** The attempt that an envelope belongs to. */
function nameOf(datagram) {
  const envelope = openEnvelope(crypto, outer, new Uint8Array(datagram));
  return envelope && Buffer.from(envelope.attempt).toString('hex');
}
