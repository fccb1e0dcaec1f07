// What goes through a tunnel: one stream of iperf3, and pings of an idle one.

const OMITTED_SECONDS = 1;
const GRACE_MS = 25_000;
const MILLION = 1e6;

/**
 * @typedef {object} Stream
 * @property {number} mbitPerSecond what arrived, the first second left out
 * @property {number} retransmits the first second left out
 * @property {number} bytes all that was sent, the first second included
 * @property {number} seconds all of them
 */

/**
 * Sends for some seconds from the client's side to an address.
 *
 * @param network a TunnelNetwork
 * @param {{ address: string, congestion: string, seconds: number }} options
 * @returns {Promise<Stream>}
 */
export async function stream(network, { address, congestion, seconds }) {
  const server = network.start('server', ['iperf3', '-s', '-1', '--forceflush', '-B', address]);
  try {
    await server.printed('listening');
    const args = ['-c', address, '-J', '-t', `${seconds}`, '-O', `${OMITTED_SECONDS}`];
    const client = network.start('client', ['iperf3', ...args, '-C', congestion]);
    try {
      await client.finished((seconds + OMITTED_SECONDS) * 1000 + GRACE_MS);
    } catch (error) {
      throw new Error(complaintOf(client.stdout) ?? error.message);
    } finally {
      await client.stop();
    }
    return readStream(JSON.parse(client.stdout), seconds);
  } finally {
    await server.stop();
  }
}

/** @returns {Promise<{ averageMs: number, lostPercent: number }>} */
export async function ping(network, address, { count, everyMs }) {
  const often = ['-c', `${count}`, '-i', `${everyMs / 1000}`];
  const program = network.start('client', ['ping', '-q', '-n', ...often, '-W', '2', address]);
  // It fails when a single answer is missing, and says the same as otherwise.
  await program.finished(count * everyMs + GRACE_MS).catch(() => {});
  await program.stop();
  const times = /= [\d.]+\/([\d.]+)\//.exec(program.stdout);
  const lost = /([\d.]+)% packet loss/.exec(program.stdout);
  if (times === null) throw new Error(`no answer to pings: ${program.stdout.trim()}`);
  return { averageMs: Number(times[1]), lostPercent: Number(lost?.[1] ?? 0) };
}

function readStream({ intervals, end }, seconds) {
  const bytes = intervals.reduce((total, { sum }) => total + sum.bytes, 0);
  return {
    mbitPerSecond: end.sum_received.bits_per_second / MILLION,
    retransmits: end.sum_sent.retransmits,
    bytes,
    seconds: seconds + OMITTED_SECONDS,
  };
}

/** What iperf3 says went wrong. */
function complaintOf(text) {
  try {
    return `iperf3: ${JSON.parse(text).error}`;
  } catch {
    return undefined;
  }
}
