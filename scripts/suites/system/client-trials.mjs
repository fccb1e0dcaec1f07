// What a client changes, on the real kernel: where packets go while it is up, when its process is
// killed, and afterwards.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { undoJournal } from '../../../packages/tunnel/dist/system/journal.js';
import { ip } from '../../lib/namespaces.mjs';
import { Holder, machineState, misled } from './world.mjs';

const SERVER = '203.0.113.7';
const SERVER6 = '2001:db8::7';
const EVERYTHING = ['0.0.0.0/0', '::/0'];
const WITHOUT_TUNNEL = {
  '1.1.1.1': 'eth0',
  '2606:4700::1': 'eth0',
  [SERVER]: 'eth0',
  '192.168.2.9': 'wlan0',
};

function orders(folder, more = {}) {
  const { device = 'vcl0', families = [4, 6], ...client } = more;
  const number = Number(device.slice(3));
  const both = [`10.8.${number}.2/24`, `fd08:${number}::2/64`];
  return {
    device,
    journal: join(folder, `${device}.journal`),
    addresses: families.includes(6) ? both : both.slice(0, 1),
    client: {
      routes: EVERYTHING,
      excluded: ['198.51.100.0/24', 'fd77::/16'],
      endpoints: [SERVER, SERVER6],
      families,
      ...client,
    },
  };
}

/** Runs a trial in a folder for journals, and compares what it leaves with what was there. */
async function trial(action) {
  const folder = mkdtempSync(join(tmpdir(), 'vcl-system-'));
  const before = machineState();
  try {
    const { note, problems } = await action(folder);
    const isSame = machineState() === before;
    const left = existsSync(join(folder, 'vcl0.journal')) ? ['a journal was left'] : [];
    return { note, problems: [...problems, ...left, ...(isSame ? [] : ['something was left'])] };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Everything into the tunnel, but for what is not to go there. */
export function everything() {
  return trial(async (folder) => {
    const holder = new Holder(orders(folder));
    const commands = await holder.ready();
    const problems = misled({
      '1.1.1.1': 'vcl0',
      '2606:4700::1': 'vcl0',
      [SERVER]: 'eth0',
      [SERVER6]: 'eth0',
      '198.51.100.1': 'eth0',
      'fd77::1': 'eth0',
      '192.168.2.9': 'wlan0',
      'fd02::9': 'wlan0',
      '10.8.0.1': 'vcl0',
    });
    return { note: `${commands} commands`, problems: [...problems, ...(await holder.close())] };
  });
}

/** The way to the server follows the default route. */
export function moves() {
  return trial(async (folder) => {
    const holder = new Holder(orders(folder));
    await holder.ready();
    ip('-4', 'route', 'replace', 'default', 'via', '192.168.2.1');
    ip('-6', 'route', 'replace', 'default', 'via', 'fd02::1');
    const problems = misled({
      '1.1.1.1': 'vcl0',
      [SERVER]: 'wlan0',
      [SERVER6]: 'wlan0',
      '198.51.100.1': 'wlan0',
    });
    ip('-4', 'route', 'replace', 'default', 'via', '192.168.1.1');
    ip('-6', 'route', 'replace', 'default', 'via', 'fd01::1');
    return { problems: [...problems, ...(await holder.close())] };
  });
}

/** When the process is killed, nobody is stranded, and what it left can be undone. */
export function killed() {
  return trial(async (folder) => {
    const holder = new Holder(orders(folder));
    await holder.ready();
    await holder.kill();
    const problems = misled(WITHOUT_TUNNEL);
    await undoJournal(join(folder, 'vcl0.journal'));
    return { problems: [...problems, ...misled(WITHOUT_TUNNEL)] };
  });
}

/** A tunnel without an address of IPv6 lets none past itself. */
export function withoutIp6() {
  return trial(async (folder) => {
    const given = orders(folder, { families: [4], routes: ['0.0.0.0/0'] });
    const holder = new Holder(given);
    await holder.ready();
    const problems = misled({
      '1.1.1.1': 'vcl0',
      '2606:4700::1': 'unreachable',
      [SERVER6]: 'eth0',
      'fd02::9': 'wlan0',
    });
    await holder.kill();
    problems.push(...misled({ '1.1.1.1': 'eth0', '2606:4700::1': 'unreachable' }));
    // The next one takes back what that one left.
    const next = new Holder(orders(folder));
    await next.ready();
    problems.push(...misled({ '2606:4700::1': 'vcl0' }));
    return { problems: [...problems, ...(await next.close())] };
  });
}

/** Single networks stand beside what is there, and take nothing from it. */
export function someNetworks() {
  return trial(async (folder) => {
    ip('route', 'add', '10.30.0.0/16', 'via', '192.168.2.1');
    const routes = ['10.20.0.0/16', '10.30.0.0/16', '203.0.113.0/24', 'fd20::/32'];
    const holder = new Holder(orders(folder, { routes, excluded: ['10.20.128.0/17'] }));
    await holder.ready();
    const problems = misled({
      '10.20.1.1': 'vcl0',
      '10.20.128.1': 'eth0',
      '10.30.0.1': 'wlan0',
      '203.0.113.8': 'vcl0',
      [SERVER]: 'eth0',
      'fd20::1': 'vcl0',
      '1.1.1.1': 'eth0',
      '2606:4700::1': 'eth0',
    });
    problems.push(...(await holder.close()));
    problems.push(...misled({ '10.30.0.1': 'wlan0' }));
    ip('route', 'delete', '10.30.0.0/16');
    return { problems };
  });
}

/** Two tunnels at once do not disturb each other. */
export function two() {
  return trial(async (folder) => {
    const first = new Holder(orders(folder));
    await first.ready();
    const more = { device: 'vcl1', routes: ['10.20.0.0/16'], endpoints: ['192.0.2.1'] };
    const second = new Holder(orders(folder, more));
    await second.ready();
    const problems = misled({ '10.20.0.1': 'vcl1', '1.1.1.1': 'vcl0', [SERVER]: 'eth0' });
    const third = new Holder(orders(folder));
    const refusal = await third.ready().catch((error) => String(error));
    if (!/up already, by process \d+/.test(refusal)) problems.push(`a third one: ${refusal}`);
    problems.push(...(await first.close()));
    problems.push(...misled({ '10.20.0.1': 'vcl1', '1.1.1.1': 'eth0' }));
    return { problems: [...problems, ...(await second.close())] };
  });
}

/** Killed before or after any of its commands, it leaves nothing that cannot be undone. */
export function killedAtEachStep(stride) {
  return trial(async (folder) => {
    const given = orders(folder, { families: [4] });
    const whole = new Holder(given);
    const commands = await whole.ready();
    const problems = await whole.close();
    const before = machineState();
    let tries = 0;
    for (let step = 0; step < 2 * commands; step += stride) {
      const crash = { at: step >> 1, afterwards: step % 2 === 1 };
      const signal = await new Holder({ ...given, crash }).ended();
      tries++;
      if (signal !== 'SIGKILL') problems.push(`step ${step}: ended by ${signal}`);
      await undoJournal(given.journal);
      if (machineState() !== before) problems.push(`step ${step}: something was left`);
    }
    return { note: `${tries} deaths`, problems };
  });
}
