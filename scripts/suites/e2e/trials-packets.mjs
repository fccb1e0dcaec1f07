// Packets that are too long, senders that overstate what they take, and as much as goes.
import { setTimeout as delay } from 'node:timers/promises';
import { HOST_ADDRESS, HOST_ADDRESS_6 } from './network.mjs';
import { begin, downloadWhile, ping, WEB } from './traffic.mjs';

const MTU = 1_420;
/** Of the preset for mobile networks. */
const SHORT_MTU = 1_380;
/** What stands before the data of a ping, by family. */
const PING_HEADERS_BYTES = { 4: 28, 6: 48 };
const IPERF_S = 2;

/** Pings of all lengths pass, cut where they may be. */
export function longPings({ network, client }) {
  const problems = [];
  // The host's first answer of IPv6 is lost where it does not fit, and the host learns from that.
  ping(network, client.side, HOST_ADDRESS_6, 1, '-s', '2000');
  for (const address of [HOST_ADDRESS, HOST_ADDRESS_6]) {
    for (const size of ['1200', '1372', '1393', '2000', '5000', '8972', '9000']) {
      if (ping(network, client.side, address, 2, '-s', size) === 2) continue;
      problems.push(`pings of ${size} bytes to ${address} are lost`);
    }
  }
  return { note: 'up to 9,000 bytes, IPv4 and IPv6', problems };
}

/** What must not be cut and is too long is answered: by the system, or by the tunnel. */
export async function tooLong({ network, vpn, client }) {
  // The system knows what fits the server's interface, and only the tunnel what fits this client.
  const short = vpn.invite(network.addClient(), '--routes', 'assigned', '--preset', 'mobile');
  short.configure('mtu', SHORT_MTU);
  await short.up();
  const problems = [];
  for (const [one, mtu] of [
    [client, MTU],
    [short, SHORT_MTU],
  ]) {
    for (const [family, address] of Object.entries({ 4: one.address, 6: one.address6 })) {
      const fits = String(mtu - PING_HEADERS_BYTES[family]);
      if (ping(network, 'h', address, 2, '-s', fits, '-M', 'do') < 2) {
        problems.push(`IPv${family}: packets of ${mtu} bytes are lost`);
      }
      const learned = pathMtu(network, address, mtu + 8 - PING_HEADERS_BYTES[family]);
      if (learned !== mtu)
        problems.push(`IPv${family}: the host was told of ${learned}, not ${mtu}`);
    }
  }
  await short.stop();
  return { note: `the host behind learns ${MTU} and ${SHORT_MTU}, IPv4 and IPv6`, problems };
}

function pathMtu(network, address, size) {
  ping(network, 'h', address, 2, '-s', String(size), '-M', 'do');
  return Number(/ mtu (\d+)/.exec(network.inside('h', 'ip', 'route', 'get', address))?.[1]);
}

/** A client that says it takes 1,460 bytes, and hosts that hear no errors: TCP passes all the same. */
export async function blackHoles({ network, client, bytes }) {
  const target = [`${HOST_ADDRESS}/32`, 'dev', client.device];
  network.inside(client.side, 'ip', 'route', 'add', ...target, 'advmss', '1460');
  network.setDeaf('h', true);
  network.setDeaf(client.side, true);
  try {
    await downloadWhile(network, client.side, bytes / 10, () => {});
    const put = `head -c ${bytes / 10} /dev/zero | curl -s --max-time 20 -T - ${WEB}/sink/`;
    const arrived = Number(network.inside(client.side, 'sh', '-c', put));
    const problems = arrived === bytes / 10 ? [] : [`${arrived} bytes arrived of what was put`];
    return { note: 'both ways', problems };
  } finally {
    network.setDeaf('h', false);
    network.setDeaf(client.side, false);
    network.inside(client.side, 'ip', 'route', 'del', ...target);
  }
}

/** As much as goes, by iperf3: TCP both ways. */
export async function throughput({ network, client }) {
  const up = await iperf(network, client);
  const down = await iperf(network, client, '-R');
  // The line towards the server's clients carries 80 Mbit/s, of which a tenth is for headers.
  const problems = [up, down].every((rate) => rate > 50) ? [] : ['less than 50 Mbit/s'];
  const [inText, outText] = [down, up].map((rate) => rate.toFixed(0));
  return { note: `${outText} Mbit/s up, ${inText} Mbit/s down`, problems };
}

async function iperf(network, { side }, ...options) {
  const server = begin(network, 'h', 'iperf3', '-s', '-1');
  try {
    await delay(300);
    const all = ['-c', HOST_ADDRESS, '-t', String(IPERF_S), '-J', ...options];
    const { end } = JSON.parse(network.inside(side, 'iperf3', ...all));
    return end.sum_received.bits_per_second / 1e6;
  } finally {
    server.child.kill();
  }
}
