// Rounds of one case as medians and ranges.
import { spread } from '../figures.mjs';
import { topFunctions } from '../profile-summary.mjs';

const GB = 1e9;
const TOP = 25;

/**
 * @param one a case
 * @param {Map<string, import('./round.mjs').RoundResult[]>} results of the rounds by peer
 * @returns `{ name, figure, peers }`; figures are `{ median, min, max, rounds }`
 */
export function summarise({ name, figure }, results) {
  const peers = [...results].map(([peer, rounds]) => ({ peer, ...peerSummary(rounds, figure) }));
  return { name, figure, peers };
}

function peerSummary(rounds, figure) {
  const over = (value) => spread(rounds.map(value));
  const profiled = rounds.find(({ sender }) => sender.profile !== undefined);
  return {
    ...(figure === 'latency' ? latencies(rounds) : {}),
    mbitPerSecond: over(({ receiver }) => (receiver.bytes * 8) / receiver.seconds / 1e6),
    messagesPerSecond: over(({ receiver }) => receiver.messages / receiver.seconds),
    /** Share of what arrived that a signature covered when it was handed over. */
    verified: over(({ receiver }) => receiver.verified / receiver.messages),
    /** Share of what was sent that did not arrive in the window. */
    missing: over(missing),
    /** Cores taken by programs that had nothing to do with it. */
    otherCores: over(({ otherCores }) => otherCores),
    cpuSecondsPerGB: {
      sender: over(({ sender, receiver }) => (sender.cpuSeconds * GB) / receiver.bytes),
      receiver: over(({ receiver }) => (receiver.cpuSeconds * GB) / receiver.bytes),
    },
    cpuMicrosPerMessage: {
      sender: over(({ sender }) => (sender.cpuSeconds * 1e6) / sender.messages),
      receiver: over(({ receiver }) => (receiver.cpuSeconds * 1e6) / receiver.messages),
    },
    maxRssBytes: {
      sender: Math.max(...rounds.map(({ sender }) => sender.maxRssBytes)),
      receiver: Math.max(...rounds.map(({ receiver }) => receiver.maxRssBytes)),
    },
    ...(profiled && {
      profile: {
        sender: topFunctions(profiled.sender.profile, TOP),
        receiver: topFunctions(profiled.receiver.profile, TOP),
      },
    }),
  };
}

function latencies(rounds) {
  const at = (share) =>
    spread(rounds.map(({ receiver }) => percentile(receiver.delays, share) / 1000));
  const samples = rounds.reduce((sum, { receiver }) => sum + receiver.delays.length, 0);
  return { samples, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function missing({ sender, receiver }) {
  return Math.max(0, 1 - receiver.bytes / sender.bytes);
}

function percentile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
