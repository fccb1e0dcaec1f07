// Three network namespaces of the flood suite: the server's, the honest clients', the attacker's, each
// client side joined to the server by a cable of its own.
import { execFileSync } from 'node:child_process';
import { ip, removeLeftovers, removeNamespace } from '../../lib/namespaces.mjs';

/** Where the server listens, for the honest and for the attacker. */
export const SERVER_ADDRESS = '10.9.1.1';
export const SERVER_ADDRESS_ATTACKED = '10.9.2.1';
export const CLIENT_ADDRESS = '10.9.1.2';
/** Sources that nobody holds, and sources that the attacker really has: the first two bytes of each. */
export const FORGED_PREFIX = [10, 64];
export const HELD_PREFIX = [10, 128];

const CABLES = [
  { side: 'c', device: 'honest', server: SERVER_ADDRESS, peer: CLIENT_ADDRESS },
  { side: 'a', device: 'hostile', server: SERVER_ADDRESS_ATTACKED, peer: '10.9.2.2' },
];
const PROBE = `vclf${process.pid}p`;
const NAME = /^vclf(\d+)[scap]$/;

/** The namespaces of one run. */
export class FloodNetwork {
  /** Why there can be none here; undefined when there can. */
  static obstacle() {
    if (process.platform !== 'linux') return 'needs network namespaces, which only Linux has';
    if (process.getuid() !== 0) return 'needs root for network namespaces and forged sources';
    try {
      ip('netns', 'add', PROBE);
      ip('netns', 'delete', PROBE);
      return undefined;
    } catch (error) {
      return `needs the command ip and leave to make namespaces: ${error.message}`;
    }
  }

  /** Makes the namespaces; removes those of runs that have died. */
  constructor() {
    removeLeftovers(NAME);
    for (const side of 'sca') {
      ip('netns', 'add', this.name(side));
      ip('-n', this.name(side), 'link', 'set', 'lo', 'up');
    }
    for (const cable of CABLES) this.#lay(cable);
    this.#routes();
  }

  /** @param side `s`, `c` or `a` */
  name(side) {
    return `vclf${process.pid}${side}`;
  }

  remove() {
    for (const side of 'sca') removeNamespace(this.name(side));
  }

  #lay({ side, device, server, peer }) {
    const [here, there] = [this.name('s'), this.name(side)];
    ip('-n', here, 'link', 'add', device, 'type', 'veth', 'peer', 'name', 'cable', 'netns', there);
    for (const [space, name, address] of [
      [here, device, server],
      [there, 'cable', peer],
    ]) {
      ip('-n', space, 'address', 'add', `${address}/24`, 'dev', name);
      ip('-n', space, 'link', 'set', name, 'up');
    }
  }

  /**
   * Answers to forged sources end unheard in the attacker's namespace. Those to held ones arrive there
   * at whatever socket is bound to all addresses.
   */
  #routes() {
    const [server, attacker] = [this.name('s'), this.name('a')];
    for (const [a, b] of [FORGED_PREFIX, HELD_PREFIX]) {
      ip('-n', server, 'route', 'add', `${a}.${b}.0.0/16`, 'via', '10.9.2.2');
    }
    const [a, b] = HELD_PREFIX;
    ip('-n', attacker, 'route', 'add', 'local', `${a}.${b}.0.0/16`, 'dev', 'lo');
    // An attacker may also send under the address of an honest client.
    for (const name of ['all', ...CABLES.map(({ device }) => device)]) {
      const key = `net.ipv4.conf.${name}.rp_filter=0`;
      execFileSync('ip', ['netns', 'exec', server, 'sysctl', '-qw', key]);
    }
  }
}
