import { formatNumberOf } from '../../format.js';

/** Round trips, as `vcl ping --json` prints them; times in milliseconds, null without an answer. */
export interface PingStatistics {
  readonly sent: number;
  readonly received: number;
  /** Share of pings without an answer, 0 to 1. */
  readonly loss: number;
  readonly minMs: number | null;
  readonly avgMs: number | null;
  readonly maxMs: number | null;
  /** Standard deviation of the round trips. */
  readonly mdevMs: number | null;
}

/** @param timesMs of the pings that were answered. @param sent how many there were in all */
export function pingStatistics(timesMs: readonly number[], sent: number): PingStatistics {
  const received = timesMs.length;
  const loss = sent === 0 ? 0 : (sent - received) / sent;
  if (received === 0) {
    return { sent, received, loss, minMs: null, avgMs: null, maxMs: null, mdevMs: null };
  }
  const avgMs = timesMs.reduce((sum, ms) => sum + ms, 0) / received;
  const variance = timesMs.reduce((sum, ms) => sum + (ms - avgMs) ** 2, 0) / received;
  return {
    sent,
    received,
    loss,
    minMs: Math.min(...timesMs),
    avgMs,
    maxMs: Math.max(...timesMs),
    mdevMs: Math.sqrt(variance),
  };
}

/** The last lines of `vcl ping`. */
export function formatPingStatistics(address: string, statistics: PingStatistics): string[] {
  const { sent, received, loss, minMs, avgMs, maxMs, mdevMs } = statistics;
  const lost = `${Number((loss * 100).toFixed(1))} % loss`;
  const counts = `${formatNumberOf(sent, 'ping')}, ${formatNumberOf(received, 'answer')}`;
  const lines = [`--- ${address}: ${counts}, ${lost}`];
  if (minMs !== null) {
    const times = [minMs, avgMs, maxMs, mdevMs].map((ms) => ms?.toFixed(3)).join('/');
    lines.push(`round trip min/avg/max/mdev = ${times} ms`);
  }
  return lines;
}
