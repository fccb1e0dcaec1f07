// Replays of what was sealed under keys that are gone, and on paths that are retired.
import { cidOf, readdressed } from './datagrams.mjs';
import { injection, Victim } from './victim.mjs';

/** Enough for the old keys to be wiped: 3 PTO after the rotation (SPEC 5.3). */
const OLD_KEYS_MS = 5_000;
/** After four rotations the two epoch bits of the header are the same again. */
const ROTATIONS = 5;

/**
 * Datagrams of the first epoch, half of which never arrived, so that no replay window knows them,
 * after each of five rotations.
 */
export function staleEpochs({ seed, datagrams }) {
  const victim = new Victim({ seed, acceptLoss: true }).establish();
  const old = withhold(victim, datagrams);
  const problems = [];
  for (let epoch = 1; epoch <= ROTATIONS; epoch++) {
    problems.push(...rotate(victim, epoch));
    const before = victim.dropsFor('stale-epoch');
    victim.inject(old.map(({ data, from, to }) => injection(data, from, to)));
    victim.inject(old.map(({ data, to }) => injection(data, victim.stranger(), to)));
    victim.exchange();
    const stale = victim.dropsFor('stale-epoch') - before;
    // With the bits of the present epoch, number and tag have to tell.
    const wanted = epoch % 4 === 0 ? 0 : 2 * old.length;
    if (stale !== wanted) problems.push(`epoch ${epoch}: ${stale} of ${wanted} counted as stale`);
  }
  const note = `${victim.injected} datagrams of epoch 0 in epochs 1 to ${ROTATIONS}`;
  return { note, problems: [...problems, ...victim.problems()] };
}

/** Datagrams of the first path after the client moved to another, also under the new path's ids. */
export function retiredPaths({ seed, datagrams }) {
  const victim = new Victim({ seed, acceptLoss: true }).establish();
  const { pair } = victim;
  const old = withhold(victim, datagrams);
  pair.simulation.network.nat.rebind(pair.client.address);
  const problems = pair.client.connection.migrate(pair.now) ? [] : ['the client cannot move'];
  victim.exchange(10);
  victim.rest();
  const cids = new Map(
    victim
      .capture(20)
      .map(({ data, from, to }) => [to.address, { cid: cidOf(data, victim.outer), from, to }]),
  );
  for (const { data, from, to } of old) {
    const present = cids.get(to.address);
    const moved = readdressed(data, present.cid, victim.outer);
    victim.inject([
      injection(data, from, present.to),
      injection(data, present.from, present.to),
      injection(moved, present.from, present.to),
      injection(moved, victim.stranger(), present.to),
    ]);
    if (victim.injected % 40 === 0) victim.exchange();
  }
  problems.push(...victim.problems({ moves: true }));
  return { note: `${victim.injected} datagrams of path 0 on path 1`, problems };
}

/** Captures datagrams and takes every other one away. */
function withhold(victim, datagrams) {
  const captured = [];
  victim.onDatagram = (datagram) => {
    if (captured.length >= datagrams) return 'pass';
    captured.push(datagram);
    return captured.length % 2 === 0 ? 'drop' : 'pass';
  };
  while (captured.length < datagrams) victim.exchange();
  victim.onDatagram = undefined;
  victim.rest();
  return captured;
}

function rotate(victim, epoch) {
  const { pair } = victim;
  const sides = [pair.client, pair.server];
  pair.client.connection.rotateKeys(pair.now);
  victim.exchange(5);
  pair.run(OLD_KEYS_MS);
  victim.exchange(2);
  const reached = sides.map(({ connection }) => connection.epoch);
  return reached.every((at) => at === epoch) ? [] : [`epochs ${reached} instead of ${epoch}`];
}
