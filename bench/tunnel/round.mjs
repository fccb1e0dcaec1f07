// One round of one peer: a fresh network, a fresh tunnel, pings while it is idle, then one stream.
import { cpuSecondsOf, watchOthers } from './cpu.mjs';
import { TunnelNetwork } from './network.mjs';
import { openerOf } from './peers.mjs';
import { ping, stream } from './traffic.mjs';

const GB = 1e9;
/** Cores that other programs may take before a round counts as disturbed. */
const QUIET_CORES = 0.1;
const MAX_TRIES = 6;

/**
 * @typedef {object} RoundResult
 * @property {number} mbitPerSecond
 * @property {number} retransmits
 * @property {number} pingMs average of the idle tunnel
 * @property {{ client?: number, server?: number }} cpuSecondsPerGB of the two daemons
 * @property {number} otherCores how many cores were taken by programs that are not part of the round
 * @property {object} [profiles] of the two sides, if asked for
 * @property {{ lost: number, full: number, refused: number }} [dropped] frames, by the emulator
 * @property {object} [details] what the peer says about itself
 */

/**
 * @param {object} settings `one` case, `peer`, `seconds`, `seed`, `emulator`, `isProfiled`
 * @returns {Promise<RoundResult>}
 */
export async function runRound({ one, peer, seconds, seed, emulator, isProfiled = false }) {
  const network = await TunnelNetwork.lay(one.link, { emulator, seed });
  let result;
  try {
    const open = await openerOf(peer);
    const tunnel = await open(network);
    try {
      result = await measure({ network, tunnel, one, seconds, isProfiled });
    } finally {
      await tunnel.close();
    }
  } finally {
    const dropped = await network.remove();
    if (dropped !== undefined && result !== undefined) result.dropped = dropped;
  }
  return result;
}

/** {@link runRound}, again while other programs take too much, and the quietest of all tries. */
export async function runQuietRound(settings) {
  const tries = [await runRound(settings)];
  while (tries.at(-1).otherCores > QUIET_CORES && tries.length < MAX_TRIES) {
    tries.push(await runRound(settings));
  }
  return tries.sort((a, b) => a.otherCores - b.otherCores)[0];
}

async function measure({ network, tunnel, one, seconds, isProfiled }) {
  const { address, daemons } = tunnel;
  await network.reach(address);
  const { averageMs } = await ping(network, address, one.pings);

  const endProfile = isProfiled ? await tunnel.profile() : undefined;
  const pids = Object.values(daemons);
  const before = pids.map(cpuSecondsOf);
  const othersSince = watchOthers([...pids, ...network.pids]);
  const sent = await stream(network, { address, congestion: one.congestion, seconds });
  const spent = pids.map((pid, index) => cpuSecondsOf(pid) - before[index]);
  const profiles = await endProfile?.();

  const perGB = Object.keys(daemons).map((side, i) => [side, (spent[i] * GB) / sent.bytes]);
  return {
    mbitPerSecond: sent.mbitPerSecond,
    retransmits: sent.retransmits,
    pingMs: averageMs,
    cpuSecondsPerGB: Object.fromEntries(perGB),
    otherCores: othersSince() / sent.seconds,
    ...(profiles && { profiles }),
    ...(tunnel.details && { details: await tunnel.details() }),
  };
}
