// The machine of the suite: routes of both families in a network namespace, and processes that hold
// tunnels in it.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ip } from '../../lib/namespaces.mjs';

const HOLDER = fileURLToPath(new URL('holder.mjs', import.meta.url));
const LIMIT_MS = 20_000;

/** Two networks, one with a router to everywhere, of both families. */
export function buildMachine() {
  ip('link', 'set', 'lo', 'up');
  for (const [name, other] of [
    ['eth0', 'far0'],
    ['wlan0', 'far1'],
  ]) {
    ip('link', 'add', name, 'type', 'veth', 'peer', 'name', other);
    for (const end of [name, other]) ip('link', 'set', end, 'addrgenmode', 'none', 'up');
  }
  const addresses = [
    ['192.168.1.2/24', 'eth0'],
    ['fd01::2/64', 'eth0'],
    ['192.168.2.2/24', 'wlan0'],
    ['fd02::2/64', 'wlan0'],
  ];
  for (const [address, device] of addresses) {
    ip('address', 'add', address, 'dev', device, ...(address.includes(':') ? ['nodad'] : []));
  }
  ip('-4', 'route', 'add', 'default', 'via', '192.168.1.1');
  ip('-6', 'route', 'add', 'default', 'via', 'fd01::1');
}

/** Everything that a tunnel may change, as the system shows it. */
export function machineState(run = (program, args) => output(program, args)) {
  const show = [
    ['ip', ['-j', '-4', 'rule']],
    ['ip', ['-j', '-6', 'rule']],
    ['ip', ['-j', '-4', 'route', 'show', 'table', 'all']],
    ['ip', ['-j', '-6', 'route', 'show', 'table', 'all']],
    ['nft', ['-j', 'list', 'ruleset']],
    ['sysctl', ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding']],
  ];
  return show.map(([program, args]) => run(program, args)).join('\n');
}

export function output(program, args) {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Through which interface a packet would leave. */
export function deviceFor(address) {
  try {
    const [route] = JSON.parse(ip('-j', 'route', 'get', address));
    return route.type === 'unreachable' ? 'unreachable' : route.dev;
  } catch (error) {
    if (/unreachable|No route/.test(String(error.stderr))) return 'unreachable';
    throw error;
  }
}

/** What differs from where addresses should lead. */
export function misled(expected) {
  return Object.entries(expected)
    .map(([address, device]) => ({ address, device, found: deviceFor(address) }))
    .filter(({ device, found }) => device !== found)
    .map(({ address, device, found }) => `${address} leaves by ${found}, not by ${device}`);
}

/** A tunnel in a process of its own. */
export class Holder {
  #child;
  #exit;
  #text = '';

  /** @param before a program that starts it, such as in a namespace */
  constructor(orders, before = []) {
    const [program, ...args] = [...before, process.execPath, HOLDER, JSON.stringify(orders)];
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#exit = once(this.#child, 'exit');
    this.#child.stdin.on('error', () => {});
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        this.#text += text;
      });
    }
  }

  /** When it is up. @returns how many commands that took @throws Error with what it said instead */
  async ready() {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), LIMIT_MS);
    try {
      for (;;) {
        const commands = /^ready after (\d+)/m.exec(this.#text)?.[1];
        if (commands !== undefined) return Number(commands);
        await Promise.race([once(this.#child.stdout, 'data'), this.#exit]);
        if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
          if (!/^ready/m.test(this.#text)) throw new Error(this.#text || 'it was ended');
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it in order. @returns what it said that is no good */
  async close() {
    this.#child.stdin.end();
    const [code] = await this.#exit;
    return code === 0 ? [] : [`ended with ${code}: ${this.#text}`];
  }

  /** Ends it at once. */
  async kill() {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }

  /** When it has ended by itself. @returns by which signal, if by one */
  async ended() {
    const timer = setTimeout(() => this.#child.kill('SIGTERM'), LIMIT_MS);
    const [, signal] = await this.#exit;
    clearTimeout(timer);
    return signal;
  }
}
