// Attacks with genuine datagrams in the wrong place: reflected, replayed, delayed, of other sessions.
import { cidOf, readdressed } from './datagrams.mjs';
import { injection, Victim } from './victim.mjs';

/** Datagrams in a row that somebody is faster with. */
const BURST = 20;

/** A side's own datagrams back to it, as they are and under the connection id that it listens to. */
export function reflections({ seed, datagrams }) {
  const victim = new Victim({ seed }).establish();
  const cids = cidsOf(victim);
  victim.bombard(datagrams, ({ data, from, to }) => {
    const readable = readdressed(data, cids.get(from.address), victim.outer);
    return [injection(data, to, from), injection(readable, to, from)];
  });
  return { note: `${victim.injected} reflected`, problems: victim.problems() };
}

/** Each datagram ten times more, at once or behind the genuine one, from the peer's address and others. */
export function replays({ seed, datagrams }) {
  const victim = new Victim({ seed }).establish();
  const attack = ({ data, from, to }) =>
    Array.from({ length: 10 }, (_, i) =>
      injection(data, i % 2 === 0 ? from : victim.stranger(), to),
    );
  victim.bombard(datagrams, attack, { behind: true });
  const all = victim.capture(datagrams);
  victim.rest();
  victim.inject(all.map(({ data, from, to }) => injection(data, from, to)));
  return { note: `${victim.injected} replayed`, problems: victim.problems() };
}

/** Copies that arrive before the original, from the peer's own address: the original is the replay then. */
export function overtaking({ seed, datagrams }) {
  const victim = new Victim({ seed }).establish();
  victim.bombard(datagrams, ({ data, from, to }) => [injection(data, from, to)]);
  return { note: `${victim.injected} copies`, problems: victim.problems() };
}

/**
 * Copies that arrive before the original from an address of the attacker's, who answers nothing: the
 * session may look there, but comes back by itself and loses nothing.
 */
export function hijacking({ seed, bursts }) {
  const victim = new Victim({ seed, acceptLoss: true }).establish();
  const stranger = victim.stranger();
  const { network } = victim.pair.simulation;
  const wants = ({ to }) => to.address !== stranger.address;
  for (let burst = 0; burst < bursts; burst++) {
    victim.bombard(BURST, ({ data, to }) => [injection(data, stranger, to)], { wants });
    victim.rest();
  }
  const got = network.counters(undefined, stranger).sentBytes;
  const note = `${victim.injected} copies, ${got} bytes drawn`;
  return { note, problems: victim.problems({ moves: true }) };
}

/** Datagrams held back for up to 3 s, in any order, after their messages had to be sent again. */
export function delays({ seed, datagrams }) {
  const victim = new Victim({ seed, acceptLoss: true }).establish();
  const held = [];
  for (let taken = 0; taken < datagrams; ) {
    victim.onDatagram = (datagram) => {
      if (taken >= datagrams || !victim.random.chance(0.1)) return 'pass';
      taken++;
      held.push({ at: victim.pair.now + victim.random.between(0, 3_000), datagram });
      return 'drop';
    };
    victim.exchange();
    const due = held.filter(({ at }) => at <= victim.pair.now);
    for (const entry of due) held.splice(held.indexOf(entry), 1);
    victim.inject(due.map(({ datagram: { data, from, to } }) => injection(data, from, to)));
  }
  return { note: `${datagrams} delayed`, problems: victim.problems({ drops: null }) };
}

/** Genuine datagrams of another session, as they are and under this session's connection ids. */
export function foreign({ seed, datagrams }) {
  const victim = new Victim({ seed }).establish();
  const other = new Victim({ seed: `${seed} other` }).establish();
  const cids = cidsOf(victim);
  for (const { data, from, to } of other.capture(datagrams)) {
    const lifted = readdressed(data, cids.get(to.address), victim.outer);
    victim.inject([injection(data, from, to), injection(lifted, from, to)]);
    victim.inject([injection(lifted, victim.stranger(), to)]);
    if (victim.injected % 30 === 0) victim.exchange();
  }
  const problems = [...victim.problems(), ...other.problems()];
  return { note: `${victim.injected} datagrams`, problems };
}

/** By address: the connection id that datagrams to it carry. */
function cidsOf(victim) {
  const captured = victim.capture(20);
  return new Map(captured.map(({ data, to }) => [to.address, cidOf(data, victim.outer)]));
}
