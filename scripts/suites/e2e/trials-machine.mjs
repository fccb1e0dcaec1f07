// What a tunnel does to the machine it runs on, and what is left of it afterwards.
import { HOST_ADDRESS, HOST_ADDRESS_6, SERVER_ADDRESS, SERVER_ADDRESS_6 } from './network.mjs';
import { begin, downloadWhile, mustPing, ping } from './traffic.mjs';
import { eventually } from './vpn.mjs';

const SERVER_INSIDE = '10.8.0.1';
const NEW_ADDRESS = '10.8.0.177';
const NEW_ADDRESS_6 = 'fd08::177';
const EXCLUDED = '198.51.100.0/24';
const OUT_MS = 2_000;

/** Everything goes into the tunnel but what carries it, what is excluded, and local networks. */
export async function fullTunnel({ network, vpn }) {
  const side = network.addClient();
  const client = vpn.invite(side, '--routes', 'all');
  client.configure('excluded_routes', [EXCLUDED, '2001:db8:7::/48']);
  const before = snapshot(network, side);
  await client.up();
  const problems = [];
  const expect = (address, device) => {
    const route = network.inside(side, 'ip', 'route', 'get', address);
    if (!route.includes(`dev ${device} `))
      problems.push(`${address} goes elsewhere: ${route.trim()}`);
  };
  const router = network.inside(side, 'ip', '-4', '-o', 'route', 'show', 'default').split(' ')[2];
  for (const address of [SERVER_ADDRESS, router, '198.51.100.7']) expect(address, 'up');
  for (const address of ['8.8.8.8', HOST_ADDRESS, '2001:db8::1']) expect(address, client.device);
  const leaked = await leaks(network, side, () => mustPing(network, side, HOST_ADDRESS));
  if (leaked !== '') problems.push(`seen beside the tunnel: ${leaked}`);
  await client.stop();
  problems.push(...differences(before, snapshot(network, side)));
  return { note: 'nothing beside the tunnel, and all is as before afterwards', problems };
}

/** A full tunnel keeps everything when its address becomes another one. */
export async function readdressed({ network, vpn }) {
  const side = network.addClient();
  const client = vpn.invite(side, '--routes', 'all');
  await client.up();
  const { peers } = JSON.parse(vpn.peers('list', '--json'));
  const { publicKey } = peers.find(({ name }) => name === side);
  vpn.peers('add', publicKey, '--address', NEW_ADDRESS, NEW_ADDRESS_6);
  await eventually('it has the new addresses', () => {
    const { state, addresses } = client.status();
    return state === 'connected' && addresses[0].startsWith(NEW_ADDRESS);
  });
  const ways = ['8.8.8.8', '2001:db8::1'].map((address) => {
    return network.inside(side, 'ip', 'route', 'get', address).trim();
  });
  mustPing(network, side, HOST_ADDRESS);
  mustPing(network, side, HOST_ADDRESS_6);
  await client.stop();
  const problems = ways.filter((way) => !way.includes(`dev ${client.device} `));
  return { note: 'IPv4 and IPv6', problems };
}

/** A full tunnel over a network without IPv4. */
export async function overIpv6({ network, vpn, bytes }) {
  const side = network.addClient6();
  const client = vpn.invite(side, '--routes', 'all');
  client.configure('server', `[${SERVER_ADDRESS_6}]:51820`);
  await client.up();
  const problems = [];
  const { server } = client.status();
  if (server !== `[${SERVER_ADDRESS_6}]:51820`) problems.push(`the server is at ${server}`);
  for (const address of [HOST_ADDRESS, HOST_ADDRESS_6]) mustPing(network, side, address);
  const way = network.inside(side, 'ip', '-6', 'route', 'get', SERVER_ADDRESS_6);
  if (!way.includes('dev up ')) problems.push(`the server is reached by ${way.trim()}`);
  const { seconds } = await downloadWhile(network, side, bytes, () => {});
  await client.stop();
  return { note: `${bytes / 1e6} MB in ${seconds.toFixed(1)} s`, problems };
}

/** What of a client's traffic crosses its cable beside the tunnel. */
async function leaks(network, side, action) {
  const filter = 'ip and not udp port 51820';
  const options = ['-n', '-q', '-l', '--immediate-mode', '-i', `to${side}`];
  const running = begin(network, 'r', 'tcpdump', ...options, filter);
  // What it sees shows that it sees.
  await eventually('tcpdump captures', () => {
    ping(network, side, `${network.gatewayOf(side)}`, 1);
    return running.text() !== '';
  });
  await action();
  running.child.kill('SIGTERM');
  await running.ended;
  const lines = running
    .text()
    .split('\n')
    .filter((line) => line !== '');
  return lines.filter((line) => !line.includes(`${network.gatewayOf(side)}`)).join('; ');
}

/** A client that is killed leaves the machine with its network; `vcl down` or `vcl up` clean up. */
export async function killed({ network, vpn }) {
  const side = network.addClient();
  const client = vpn.invite(side, '--routes', 'all');
  const before = snapshot(network, side);
  await client.up();
  await client.stop('SIGKILL');
  const problems = await stranded(network, client);
  network.inside(side, ...client.downCommand());
  problems.push(...differences(before, snapshot(network, side)));
  await client.up();
  await client.stop('SIGKILL');
  await client.up();
  mustPing(network, side, HOST_ADDRESS);
  await client.stop();
  problems.push(...differences(before, snapshot(network, side)));
  return { note: 'the network is there at once; down, or up and down, leave nothing', problems };
}

async function stranded(network, { side, device }) {
  await eventually('the interface is gone', () => {
    return !network.inside(side, 'ip', '-o', 'link').includes(device);
  });
  const route = network.inside(side, 'ip', 'route', 'get', HOST_ADDRESS);
  mustPing(network, side, SERVER_ADDRESS);
  return route.includes('dev up ') ? [] : [`the machine is without network: ${route}`];
}

/** Rules, routes and addresses of a namespace. */
function snapshot(network, side) {
  const of = (...args) => network.inside(side, 'ip', ...args).split('\n');
  return [...of('rule'), ...of('-6', 'rule'), ...of('route', 'show', 'table', 'all')].map((line) =>
    line.trim(),
  );
}

function differences(before, after) {
  const left = after.filter((line) => !before.includes(line)).map((line) => `left: ${line}`);
  return [
    ...left,
    ...before.filter((line) => !after.includes(line)).map((line) => `gone: ${line}`),
  ];
}

/** A device that is removed from the peers loses its access while it is connected. */
export async function removed({ network, vpn }) {
  const side = network.addClient();
  const client = vpn.invite(side, '--routes', 'assigned');
  await client.up();
  mustPing(network, side, SERVER_INSIDE);
  vpn.peers('remove', side);
  const start = performance.now();
  await eventually('it is out', () => ping(network, side, SERVER_INSIDE, 1) === 0);
  const ms = performance.now() - start;
  await client.stop();
  const problems = ms <= OUT_MS ? [] : [`it was out after ${Math.round(ms)} ms`];
  return { note: `after ${(ms / 1000).toFixed(1)} s`, problems };
}
