// What a server changes, on the real kernel: a client's packets leave under the server's address. Three
// machines: one inside of the tunnel, whose place a pair of interfaces takes, the server, one outside.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ip, removeLeftovers, removeNamespace } from '../../lib/namespaces.mjs';
import { Holder, machineState, output } from './world.mjs';

const INSIDE = `vcl-sys-${process.pid}-inside`;
const SERVER = `vcl-sys-${process.pid}-server`;
const OUTSIDE = `vcl-sys-${process.pid}-outside`;
const MACHINES = [INSIDE, SERVER, OUTSIDE];

function build() {
  for (const name of MACHINES) {
    ip('netns', 'add', name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }
  connect([INSIDE, 'eth0', 2], [SERVER, 'vcl0', 1], '10.8.0', 'fd08::');
  connect([SERVER, 'eth0', 1], [OUTSIDE, 'eth0', 9], '192.0.2', 'fd99::');
  ip('-n', INSIDE, '-4', 'route', 'add', 'default', 'via', '10.8.0.1');
  ip('-n', INSIDE, '-6', 'route', 'add', 'default', 'via', 'fd08::1');
}

function connect([machine, device, number], [peer, peerDevice, peerNumber], network4, network6) {
  ip('-n', machine, 'link', 'add', device, 'type', 'veth', 'peer', 'name', `${peerDevice}x`);
  ip('-n', machine, 'link', 'set', `${peerDevice}x`, 'netns', peer);
  ip('-n', peer, 'link', 'set', `${peerDevice}x`, 'name', peerDevice);
  for (const [name, end, last] of [
    [machine, device, number],
    [peer, peerDevice, peerNumber],
  ]) {
    ip('-n', name, 'link', 'set', end, 'addrgenmode', 'none', 'up');
    ip('-n', name, 'address', 'add', `${network4}.${last}/24`, 'dev', end);
    ip('-n', name, 'address', 'add', `${network6}${last}/64`, 'dev', end, 'nodad');
  }
}

function within(machine, program, args) {
  return output('ip', ['netns', 'exec', machine, program, ...args]);
}

/** Whether the machine inside reaches the one outside, which knows nothing of the tunnel's network. */
function reaches(address) {
  try {
    within(INSIDE, 'ping', ['-c', '1', '-W', '1', address]);
    return true;
  } catch {
    return false;
  }
}

function reached() {
  return ['192.0.2.9', 'fd99::9'].filter(reaches).join(' and ') || 'nothing';
}

/** Translation and forwarding, with real pings; nothing is left of them. */
export async function translation() {
  removeLeftovers(/^vcl-sys-(\d+)-/);
  const folder = mkdtempSync(join(tmpdir(), 'vcl-system-'));
  try {
    build();
    const state = () => machineState((program, args) => within(SERVER, program, args));
    const before = state();
    const journal = join(folder, 'vcl0.journal');
    const server = { pools: ['10.8.0.0/24', 'fd08::/64'], nat: true };
    const start = ['ip', 'netns', 'exec', SERVER];
    const steps = [reached()];
    const holder = new Holder({ device: 'vcl0', journal, server }, start);
    await holder.ready();
    steps.push(reached());
    await holder.kill();
    steps.push(reached());
    // A second one replaces what the first left.
    const next = new Holder({ device: 'vcl0', journal, server }, start);
    await next.ready();
    steps.push(reached());
    const problems = await next.close();
    steps.push(reached());
    const both = '192.0.2.9 and fd99::9';
    const expected = ['nothing', both, both, both, 'nothing'];
    if (steps.join() !== expected.join()) problems.push(`reached: ${steps.join(', ')}`);
    if (state() !== before) problems.push('something was left');
    return { note: 'pings over both families', problems };
  } finally {
    for (const name of MACHINES) removeNamespace(name);
    rmSync(folder, { recursive: true });
  }
}
