// Namespaces in a row: clients behind a router that translates addresses, a server, a host behind it.
import { execFileSync } from 'node:child_process';
import { ip, removeLeftovers, removeNamespace } from '../../lib/namespaces.mjs';

export const SERVER_ADDRESS = '203.0.113.2';
export const SERVER_ADDRESS_6 = 'fd03::2';
export const HOST_ADDRESS = '192.168.50.2';
export const HOST_ADDRESS_6 = 'fd50::2';
const NAME = /^vcle(\d+)[a-z]\d*$/;
const PROBE = `vcle${process.pid}p`;
/** As much as an ordinary line carries, so that a download takes as long as an event needs. */
const RATE = '80mbit';

/** The namespaces of one run. */
export class VpnNetwork {
  #clients = 0;

  /** Why there can be none here; undefined when there can. */
  static obstacle() {
    if (process.platform !== 'linux') return 'needs network namespaces, which only Linux has';
    if (process.getuid() !== 0) return 'needs root for network namespaces';
    try {
      ip('netns', 'add', PROBE);
      ip('-n', PROBE, 'tuntap', 'add', 'probe', 'mode', 'tun');
      nft(PROBE, 'add table ip probe');
      return undefined;
    } catch (error) {
      return `needs ip, nft and TUN devices: ${String(error.stderr ?? error).split('\n', 1)[0]}`;
    } finally {
      removeNamespace(PROBE);
    }
  }

  /** Makes the namespaces; removes those of runs that have died. */
  constructor() {
    removeLeftovers(NAME);
    for (const side of ['r', 's', 'h']) this.#add(side);
    this.#cable('r', 'toserver', '203.0.113.1/24', 's', 'up', `${SERVER_ADDRESS}/24`);
    this.#cable('s', 'tohost', '192.168.50.1/24', 'h', 'up', `${HOST_ADDRESS}/24`);
    this.#addAddresses6('r', 'toserver', 'fd03::1/64', 'fe80::1/64');
    this.#addAddresses6('s', 'up', `${SERVER_ADDRESS_6}/64`, 'fe80::2/64');
    this.#addAddresses6('s', 'tohost', 'fd50::1/64', 'fe80::1/64');
    this.#addAddresses6('h', 'up', `${HOST_ADDRESS_6}/64`, 'fe80::2/64');
    ip('-n', this.name('s'), 'route', 'add', 'default', 'via', '203.0.113.1');
    ip('-n', this.name('h'), 'route', 'add', 'default', 'via', '192.168.50.1');
    ip('-n', this.name('h'), '-6', 'route', 'add', 'default', 'via', 'fd50::1');
    ip('-n', this.name('s'), '-6', 'route', 'add', 'fd81::/16', 'via', 'fd03::1');
    this.inside('r', 'sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    const shape = ['tbf', 'rate', RATE, 'burst', '128kb', 'latency', '50ms'];
    execFileSync('tc', ['-n', this.name('s'), 'qdisc', 'add', 'dev', 'up', 'root', ...shape]);
    this.pass();
  }

  /** The name of a namespace. @param side `r`, `s`, `h` or what {@link addClient} gave */
  name(side) {
    return `vcle${process.pid}${side}`;
  }

  /** What stands before a command of `ip` that runs on a side and ends with this process. */
  prefix(side) {
    return ['netns', 'exec', this.name(side), 'setpriv', '--pdeathsig', 'KILL'];
  }

  /** One more client behind the router. @returns its side */
  addClient() {
    const index = this.#clients++;
    const side = `c${index}`;
    this.#add(side);
    const network = `10.81.${index}`;
    this.#cable('r', `to${side}`, `${network}.1/24`, side, 'up', `${network}.2/24`);
    ip('-n', this.name(side), 'route', 'add', 'default', 'via', `${network}.1`);
    return side;
  }

  /** A client that has IPv6 alone, which nobody translates. @returns its side */
  addClient6() {
    const side = this.addClient();
    const network = `fd81:${side.slice(1)}`;
    ip('-n', this.name(side), '-4', 'addr', 'flush', 'dev', 'up');
    this.#addAddresses6('r', `to${side}`, `${network}::1/64`, 'fe80::1/64');
    this.#addAddresses6(side, 'up', `${network}::2/64`, 'fe80::2/64');
    ip('-n', this.name(side), '-6', 'route', 'add', 'default', 'via', `${network}::1`);
    return side;
  }

  /** The router's address in a client's network. */
  gatewayOf(side) {
    return `10.81.${side.slice(1)}.1`;
  }

  /** The client gets another address in its network, and loses the one it had. */
  moveClient(side, last) {
    const network = `10.81.${side.slice(1)}`;
    const space = this.name(side);
    ip('-n', space, 'addr', 'flush', 'dev', 'up');
    ip('-n', space, 'addr', 'add', `${network}.${last}/24`, 'dev', 'up');
    ip('-n', space, 'route', 'replace', 'default', 'via', `${network}.1`);
  }

  /** Pulls a client's cable, or puts it back. */
  setCable(side, isIn) {
    ip('-n', this.name('r'), 'link', 'set', `to${side}`, isIn ? 'up' : 'down');
  }

  /** The router forgets a flow of UDP after so many seconds of silence. */
  setUdpTimeout(seconds) {
    for (const key of ['udp_timeout', 'udp_timeout_stream']) {
      this.inside('r', 'sysctl', '-qw', `net.netfilter.nf_conntrack_${key}=${seconds}`);
    }
  }

  /** From here on the router drops by these rules of nftables, and passes on the rest. */
  filter(...rules) {
    const nat = 'type nat hook postrouting priority srcnat;';
    const script = [
      'flush ruleset',
      'table ip e2e {',
      '  chain forward { type filter hook forward priority filter; policy accept;',
      ...rules.map((rule) => `    ${rule}`),
      '  }',
      `  chain nat { ${nat} oifname "toserver" masquerade random; }`,
      '}',
    ];
    nft(this.name('r'), script.join('\n'));
  }

  /** A side hears no errors of others any more, or hears them again. */
  setDeaf(side, isDeaf) {
    const script = [
      'table inet deaf',
      'delete table inet deaf',
      'table inet deaf {',
      '  chain input { type filter hook input priority filter; policy accept;',
      ...(isDeaf
        ? ['icmp type destination-unreachable drop', 'icmpv6 type packet-too-big drop']
        : []),
      '  }',
      '}',
    ];
    nft(this.name(side), script.join('\n'));
  }

  /** The router passes on everything. */
  pass() {
    this.filter();
  }

  /** Runs a program to its end. @returns what it prints */
  inside(side, ...command) {
    return execFileSync('ip', ['netns', 'exec', this.name(side), ...command], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
    });
  }

  remove() {
    for (const side of ['r', 's', 'h']) removeNamespace(this.name(side));
    for (let i = 0; i < this.#clients; i++) removeNamespace(this.name(`c${i}`));
  }

  #add(side) {
    ip('netns', 'add', this.name(side));
    ip('-n', this.name(side), 'link', 'set', 'lo', 'up');
  }

  #cable(side, device, address, other, otherDevice, otherAddress) {
    const [here, there] = [this.name(side), this.name(other)];
    const peer = ['peer', 'name', otherDevice, 'netns', there];
    ip('-n', here, 'link', 'add', device, 'type', 'veth', ...peer);
    for (const [space, name, own] of [
      [here, device, address],
      [there, otherDevice, otherAddress],
    ]) {
      ip('-n', space, 'addr', 'add', own, 'dev', name);
      // Addresses that come by themselves a second later would be taken for changes of a tunnel.
      ip('-n', space, 'link', 'set', 'dev', name, 'addrgenmode', 'none');
      ip('-n', space, 'link', 'set', 'dev', name, 'up');
    }
  }

  #addAddresses6(side, device, ...addresses) {
    for (const address of addresses) {
      ip('-n', this.name(side), 'addr', 'add', address, 'dev', device, 'nodad');
    }
  }
}

function nft(space, script) {
  execFileSync('ip', ['netns', 'exec', space, 'nft', '-f', '-'], {
    input: script,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
}
