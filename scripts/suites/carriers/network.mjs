// Three network namespaces in a row: a client, a router that drops what it is told to, a server.
import { execFileSync } from 'node:child_process';
import { ip, removeLeftovers, removeNamespace } from '../../lib/namespaces.mjs';

export const SERVER_ADDRESS = '10.8.2.2';
const SIDES = ['c', 'r', 's'];
const CABLES = [
  { side: 'c', device: 'toclient', address: '10.8.1.2', router: '10.8.1.1' },
  { side: 's', device: 'toserver', address: SERVER_ADDRESS, router: '10.8.2.1' },
];
const NAME = /^vclr(\d+)[crsp]$/;
const PROBE = `vclr${process.pid}p`;
/** A queue of a tenth of a second. */
const SHAPE = ['tbf', 'rate', '50mbit', 'burst', '64kb', 'latency', '100ms'];

/** The namespaces of one run. */
export class RouterNetwork {
  /** Why there can be none here; undefined when there can. */
  static obstacle() {
    if (process.platform !== 'linux') return 'needs network namespaces, which only Linux has';
    if (process.getuid() !== 0) return 'needs root for network namespaces';
    try {
      ip('netns', 'add', PROBE);
      tryRules(PROBE);
      return undefined;
    } catch (error) {
      return `needs ip, nft and leave to make namespaces: ${firstLine(error)}`;
    } finally {
      removeNamespace(PROBE);
    }
  }

  /** Makes the namespaces; removes those of runs that have died. */
  constructor() {
    removeLeftovers(NAME);
    for (const side of SIDES) {
      ip('netns', 'add', this.#name(side));
      ip('-n', this.#name(side), 'link', 'set', 'lo', 'up');
    }
    for (const cable of CABLES) this.#lay(cable);
    this.#inside('r', 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
    this.pass();
  }

  /** The command by which a program runs on a side. @param side `c` or `s` */
  prefix(side) {
    return ['ip', 'netns', 'exec', this.#name(side)];
  }

  /** From here on the router drops by these rules of nftables, and passes on the rest. */
  filter(...rules) {
    setRules(this.#name('r'), rules);
  }

  /** The router passes on everything. */
  pass() {
    this.filter();
  }

  /** The client's cable is pulled, at the router's end. */
  unplug() {
    ip('-n', this.#name('r'), 'link', 'set', CABLES[0].device, 'down');
  }

  plug() {
    ip('-n', this.#name('r'), 'link', 'set', CABLES[0].device, 'up');
  }

  remove() {
    for (const side of SIDES) removeNamespace(this.#name(side));
  }

  #name(side) {
    return `vclr${process.pid}${side}`;
  }

  #lay({ side, device, address, router }) {
    const [here, there] = [this.#name('r'), this.#name(side)];
    ip('-n', here, 'link', 'add', device, 'type', 'veth', 'peer', 'name', 'cable', 'netns', there);
    for (const [space, name, own] of [
      [here, device, router],
      [there, 'cable', address],
    ]) {
      ip('-n', space, 'address', 'add', `${own}/24`, 'dev', name);
      ip('-n', space, 'link', 'set', name, 'up');
    }
    ip('-n', there, 'route', 'add', 'default', 'via', router);
    this.#inside('r', 'tc', 'qdisc', 'add', 'dev', device, 'root', ...SHAPE);
  }

  #inside(side, ...command) {
    run('ip', 'netns', 'exec', this.#name(side), ...command);
  }
}

function setRules(space, rules) {
  const chain = ['type filter hook forward priority 0', ...rules].join('\n');
  const table = `table inet vcl {\nchain passing {\n${chain}\n}\n}`;
  const input = `table inet vcl {}\ndelete table inet vcl\n${table}\n`;
  execFileSync('ip', ['netns', 'exec', space, 'nft', '-f', '-'], {
    input,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
}

/** What the kernel does not have shows before anything is measured. */
function tryRules(space) {
  setRules(space, ['tcp dport 443 @ih,0,8 0x16 ct mark set 1 accept', 'udp dport 1 drop']);
}

function run(command, ...args) {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function firstLine({ stderr, message }) {
  return String(stderr || message).split('\n', 1)[0];
}
