// Attacks with altered and made-up datagrams on an established session.
import { extended, flipped } from './datagrams.mjs';
import { injection, Victim } from './victim.mjs';

/** Altered copies of one genuine datagram, as many as make traffic and attack take turns. */
const COPIES = 20;
/** Longer than a record with an acknowledgement, shorter than most with a message. */
const SHORT_BYTES = 64;
const LONGEST_JUNK_BYTES = 1_500;

/** Random single bits, ahead of the genuine datagram and behind it, from the peer's address and others. */
export function randomFlips({ seed, flips }) {
  const victim = new Victim({ seed }).establish();
  const attack = (datagram) => several(COPIES, () => randomFlip(victim, datagram));
  const datagrams = Math.ceil(flips / COPIES / 2);
  victim.bombard(datagrams, attack);
  victim.bombard(datagrams, attack, { behind: true });
  return { note: `${victim.injected} flips`, problems: victim.problems() };
}

/** Every bit of short datagrams, ahead of the genuine one: no flip may spoil what it copies. */
export function allFlips({ seed, datagrams }) {
  const victim = new Victim({ seed }).establish();
  const attack = ({ data, from, to }) =>
    several(data.length * 8, (bit) => injection(flipped(data, bit), from, to));
  victim.bombard(datagrams, attack, { wants: ({ data }) => data.length <= SHORT_BYTES });
  return { note: `${victim.injected} flips of ${datagrams}`, problems: victim.problems() };
}

/** The beginnings of datagrams, of every length. */
export function truncations({ seed, datagrams }) {
  const victim = new Victim({ seed }).establish();
  victim.bombard(datagrams, ({ data, from, to }) =>
    several(data.length, (length) => injection(data.subarray(0, length), from, to)),
  );
  return { note: `${victim.injected} truncated`, problems: victim.problems() };
}

/** Datagrams with bytes behind their end. */
export function extensions({ seed, datagrams }) {
  const victim = new Victim({ seed }).establish();
  victim.bombard(datagrams, ({ data, from, to }) =>
    several(64, (i) => {
      const fill = i % 2 === 0 ? 0 : victim.random.int(256);
      return injection(extended(data, 1 + i, fill), from, to);
    }),
  );
  return { note: `${victim.injected} extended`, problems: victim.problems() };
}

/** Random bytes and zeros of every length, to both sides, from the peer's address and others. */
export function junk({ seed, rounds }) {
  const victim = new Victim({ seed }).establish();
  const { client, server } = victim.pair;
  for (let round = 0; round < rounds; round++) {
    for (let length = 0; length <= LONGEST_JUNK_BYTES; length++) {
      const data = new Uint8Array(length);
      if (round % 4 !== 3) victim.random.bytes(data);
      const [from, to] = length % 2 === 0 ? [client, server] : [server, client];
      const source = round % 2 === 0 ? from.address : victim.stranger();
      victim.inject([injection(data, source, to.address)]);
      if (length % 50 === 0) victim.exchange();
    }
  }
  return { note: `${victim.injected} datagrams`, problems: victim.problems() };
}

function randomFlip(victim, { data, from, to }) {
  const copy = flipped(data, victim.random.int(data.length * 8));
  return injection(copy, victim.random.chance(0.5) ? from : victim.stranger(), to);
}

function several(count, make) {
  return Array.from({ length: count }, (_, i) => make(i));
}
