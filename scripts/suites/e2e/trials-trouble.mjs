// What happens to machines and networks, and how soon the tunnel is back by itself.
import { setTimeout as delay } from 'node:timers/promises';
import { HOST_ADDRESS } from './network.mjs';
import { downloadWhile, mustPing, ping, WEB } from './traffic.mjs';
import { eventually } from './vpn.mjs';

const SERVER_INSIDE = '10.8.0.1';
/** After so long a download is in its middle. */
const MIDDLE_MS = 700;
/** No server starts in less. */
const RESTART_MS = 200;
const NO_UDP = 'meta l4proto udp drop';

/** The client gets another address in mid-download. */
export async function roaming({ network, vpn, client, bytes }) {
  const before = endpointOf(vpn, client);
  const result = await downloadWhile(network, client.side, bytes, async () => {
    await delay(MIDDLE_MS);
    network.moveClient(client.side, 77);
  });
  const outcome = stall(result, 1_000);
  if (endpointOf(vpn, client) === before) outcome.problems.push('the server saw no other address');
  return outcome;
}

function endpointOf(vpn, { address }) {
  return vpn.status().peers.find(({ addresses }) => addresses.includes(address)).endpoint;
}

/** The server is started again in mid-download; the connection inside lives on. */
export async function restarted({ network, vpn, client, bytes }) {
  // A server that ends in order takes its translation back, and with it what is translated.
  await vpn.translate(false);
  await client.restart();
  const outcome = await restartWhile('SIGTERM', { network, vpn, client, bytes });
  await vpn.translate(true);
  await client.restart();
  return outcome;
}

/** It is killed: what it translates lives on as well. */
export async function crashed({ network, vpn, client, bytes }) {
  const outcome = await restartWhile('SIGKILL', { network, vpn, client, bytes });
  await client.restart();
  return outcome;
}

async function restartWhile(signal, { network, vpn, client, bytes }) {
  const result = await downloadWhile(network, client.side, bytes, async () => {
    await delay(MIDDLE_MS);
    await vpn.stopServer(signal);
    await vpn.startServer();
  });
  return stall(result, 10_000, RESTART_MS);
}

/** One that translates ends in order: the client gets its next answer. */
export async function restartedWithTranslation({ network, vpn, client }) {
  network.inside(client.side, 'curl', '-s', `${WEB}/small`);
  await vpn.stopServer('SIGTERM');
  await vpn.startServer();
  const start = performance.now();
  await client.reaches(HOST_ADDRESS);
  network.inside(client.side, 'curl', '-s', '--max-time', '5', `${WEB}/small`);
  const seconds = (performance.now() - start) / 1000;
  await client.restart();
  return { note: `an answer ${seconds.toFixed(1)} s after it listens again`, problems: [] };
}

/** The cable is out for some seconds in mid-download. */
export async function cable({ network, client, bytes }) {
  const outMs = 3_000;
  const result = await downloadWhile(network, client.side, bytes, async () => {
    await delay(MIDDLE_MS);
    network.setCable(client.side, false);
    await delay(outMs);
    network.setCable(client.side, true);
  });
  return stall(result, outMs + 8_000, outMs);
}

/** UDP is blocked in mid-download, and passes again. */
export async function udpBlocked({ network, client, bytes }) {
  const result = await downloadWhile(network, client.side, bytes, async () => {
    await delay(MIDDLE_MS);
    network.filter(NO_UDP);
  });
  const over = client.status().carrier;
  network.pass();
  await eventually('it is back on UDP', () => client.status().carrier === 'udp');
  const { note, problems } = stall(result, 10_000);
  if (over === 'udp') problems.push('the download ended over UDP');
  return { note: `${note}, over ${over} and back`, problems };
}

/** UDP is blocked from the start. */
export async function udpBlockedAtStart({ network, vpn }) {
  const client = vpn.invite(network.addClient(), '--routes', 'assigned');
  network.filter(NO_UDP);
  const start = performance.now();
  await client.up();
  const ms = performance.now() - start;
  mustPing(network, client.side, SERVER_INSIDE);
  const { carrier } = client.status();
  network.pass();
  await client.stop();
  return { note: `up over ${carrier} in ${(ms / 1000).toFixed(1)} s`, problems: [] };
}

/** The router forgets the flow after 2 s; traffic after a silence goes on, both ways. */
export async function rebinding({ network, client }) {
  network.setUdpTimeout(2);
  const problems = [];
  for (let i = 0; i < 3; i++) {
    await delay(4_000);
    const answered = ping(network, client.side, SERVER_INSIDE, 3);
    if (answered < 2) problems.push(`${answered} of 3 pings answered after a silence of 4 s`);
    if (ping(network, 's', client.address, 2) < 2) problems.push('the server does not reach it');
  }
  network.setUdpTimeout(120);
  return { note: '3 silences of 4 s', problems };
}

/** @param leastMs for so long nothing can have come: else it was over before anything happened */
function stall({ longestGapMs, seconds }, limitMs, leastMs = 0) {
  const note = `longest stall ${(longestGapMs / 1000).toFixed(2)} s in ${seconds.toFixed(1)} s`;
  const problems = longestGapMs <= limitMs ? [] : [`stood still for ${longestGapMs.toFixed(0)} ms`];
  if (longestGapMs < leastMs) problems.push('it was over before anything happened');
  return { note, problems };
}
