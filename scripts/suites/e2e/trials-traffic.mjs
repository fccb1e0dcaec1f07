// What goes through the tunnel while nothing disturbs it.
import { HOST_ADDRESS, HOST_ADDRESS_6 } from './network.mjs';
import { downloadWhile, mustPing, ping, WEB } from './traffic.mjs';
import { eventually } from './vpn.mjs';

const SERVER_INSIDE = '10.8.0.1';
const SERVER_INSIDE_6 = 'fd08::1';
const BEHIND = '192.168.77.1';
const BEHIND_NETWORK = '192.168.77.0/24';

/** Pings of IPv4 and IPv6 to the server and to the host behind it. */
export function pings({ network, client }) {
  for (const address of [SERVER_INSIDE, SERVER_INSIDE_6, HOST_ADDRESS, HOST_ADDRESS_6]) {
    mustPing(network, client.side, address);
  }
  return { note: '2 addresses of each family', problems: [] };
}

/** A download by curl, compared with what the web server says of it. */
export async function download({ network, client, bytes }) {
  const { seconds } = await downloadWhile(network, client.side, bytes, () => {});
  const sum = network.inside(
    client.side,
    'sh',
    '-c',
    `curl -s ${WEB}/file/${bytes} | sha256sum | cut -d' ' -f1`,
  );
  const expected = network.inside(client.side, 'curl', '-s', `${WEB}/hash/${bytes}`);
  const problems = sum.trim() === expected ? [] : ['curl got something else'];
  return { note: `${bytes / 1e6} MB twice, ${seconds.toFixed(1)} s`, problems };
}

/** A thousand requests at a time. */
export function requests({ network, client }) {
  const out = network.inside(
    client.side,
    'curl',
    '-s',
    '-Z',
    '--parallel-immediate',
    '--parallel-max',
    '300',
    `${WEB}/small/[1-1000]`,
  );
  const answers = new Set(out.match(/small \/small\/\d+/g)).size;
  return { note: `${answers} answers`, problems: answers === 1_000 ? [] : [`${answers} answers`] };
}

/** A client cannot send under another address. */
export async function foreignSource({ network, vpn, client }) {
  const before = dropsOf(vpn, client).foreignSource;
  network.inside(client.side, 'ip', 'addr', 'add', '10.8.0.250/32', 'dev', client.device);
  const answered = ping(network, client.side, SERVER_INSIDE, 3, '-I', '10.8.0.250');
  network.inside(client.side, 'ip', 'addr', 'del', '10.8.0.250/32', 'dev', client.device);
  const counted = dropsOf(vpn, client).foreignSource - before;
  const problems = [];
  if (answered > 0) problems.push(`${answered} pings from a foreign address were answered`);
  if (counted < 3) problems.push(`${counted} packets were counted`);
  return { note: `${counted} counted`, problems };
}

function dropsOf(vpn, { address }) {
  return vpn.status().peers.find(({ addresses }) => addresses.includes(address)).drops;
}

/** Many clients, each of which reaches the next one; and none when the policy says so. */
export async function manyClients({ network, vpn, clients: count }) {
  const clients = [];
  for (let i = 0; i < count; i++) {
    const client = vpn.invite(network.addClient(), '--routes', 'assigned');
    clients.push(client);
  }
  await Promise.all(clients.map((client) => client.up()));
  const problems = clients.flatMap(({ side }, i) => {
    const { address, address6 } = clients[(i + 1) % count];
    const lost = [address, address6].filter((one) => ping(network, side, one, 2) < 2);
    return lost.map((one) => `${side} does not reach ${one}`);
  });
  vpn.configureServer('client_to_client', 'deny');
  vpn.reloadServer();
  const [first, second] = clients;
  await eventually('clients do not reach each other any more', () => {
    return ping(network, first.side, second.address, 1) === 0;
  });
  mustPing(network, first.side, SERVER_INSIDE);
  vpn.configureServer('client_to_client', 'allow');
  vpn.reloadServer();
  await Promise.all(clients.map((client) => client.stop()));
  return { note: `${count} clients, IPv4 and IPv6`, problems };
}

/** A network behind a client is reached from the server and from other clients, while it is there. */
export async function behindClient({ network, vpn }) {
  const [site, other] = [network.addClient(), network.addClient()];
  network.inside(site, 'ip', 'addr', 'add', BEHIND, 'dev', 'lo');
  const gateway = vpn.invite(site, '--routes', 'assigned');
  const client = vpn.invite(other, '--routes', `10.8.0.0/24,${BEHIND_NETWORK}`);
  await Promise.all([gateway.up(), client.up()]);
  const { peers } = JSON.parse(vpn.peers('list', '--json'));
  const { publicKey } = peers.find(({ name }) => name === site);
  vpn.peers('add', publicKey, '--name', site, '--allowed-ips', BEHIND_NETWORK);
  await eventually('the network is reached', () => ping(network, other, BEHIND, 1) === 1);
  mustPing(network, 's', BEHIND);
  await gateway.stop();
  const way = network.inside('s', 'ip', 'route', 'get', BEHIND);
  await client.stop();
  vpn.peers('remove', site);
  await eventually('the route is gone', () => {
    return !network.inside('s', 'ip', 'route', 'get', BEHIND).includes(vpn.serverDevice);
  });
  const stays = way.includes(`dev ${vpn.serverDevice}`);
  const problems = stays ? [] : [`while it is away, it is looked for elsewhere: ${way.trim()}`];
  return { note: 'from a client and from the server', problems };
}
