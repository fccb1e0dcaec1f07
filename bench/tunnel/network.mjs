// Two network namespaces and the link between them, made anew for each round: the kernel remembers of a
// destination how fast it was, and the next peer would start from there.

import { until } from '../../scripts/lib/carriers/waiting.mjs';
import { ip, removeLeftovers, removeNamespace } from '../../scripts/lib/namespaces.mjs';
import { Running, WITH_PARENT } from './processes.mjs';
import { run } from './programs.mjs';

/** Addresses of the link, and of the tunnel through it; the client's side and the server's. */
export const LINK_ADDRESSES = { client: '10.77.0.1', server: '10.77.0.2' };
export const TUNNEL_ADDRESSES = { client: '10.78.0.1', server: '10.78.0.2' };

const SIDES = ['client', 'server'];
const NAME = /^vclb(\d+)[csp]$/;
const DEVICE = 'cable';
const OFFLOADS = ['tso', 'gso', 'gro', 'tx', 'rx'];
/** Room for what a tunnel sends at once; a link that drops it by itself would measure its queue. */
const QUEUE_FRAMES = 10_000;
const REACHED_MS = 15_000;
const PPM_PER_PERCENT = 10_000;

/** Why there can be none here; undefined when there can. */
export function networkObstacle() {
  if (process.platform !== 'linux') return 'needs network namespaces, which only Linux has';
  if (process.getuid() !== 0) return 'needs root for network namespaces';
  const probe = nameOf('p');
  try {
    ip('netns', 'add', probe);
    return undefined;
  } catch (error) {
    return `needs leave to make network namespaces: ${error.message.split('\n', 1)[0]}`;
  } finally {
    removeNamespace(probe);
  }
}

/** The namespaces and the link of one round. */
export class TunnelNetwork {
  #emulator;

  /**
   * @param {import('./cases.mjs').Link} link
   * @param {{ emulator?: string, seed: number }} options `emulator`: the program
   */
  static async lay(link, options) {
    removeLeftovers(NAME);
    TunnelNetwork.removeAll();
    const network = new TunnelNetwork();
    try {
      for (const side of SIDES) {
        ip('netns', 'add', spaceOf(side));
        ip('-n', spaceOf(side), 'link', 'set', 'lo', 'up');
      }
      if (link.shape === undefined) layCable(link);
      else await network.#startEmulator(link.shape, options);
      for (const side of SIDES) bringUp(side);
      await network.reach(LINK_ADDRESSES.server);
      return network;
    } catch (error) {
      await network.remove();
      throw error;
    }
  }

  /** Removes the namespaces of this process at once, and with them all that is in them. */
  static removeAll() {
    for (const side of SIDES) removeNamespace(spaceOf(side));
  }

  /** The command by which a program runs on a side. */
  prefix(side) {
    return ['ip', 'netns', 'exec', spaceOf(side), ...WITH_PARENT];
  }

  /** Starts a program on a side. */
  start(side, command, options) {
    return new Running(command[0], [...this.prefix(side), ...command], options);
  }

  /** Runs a program on a side to its end. @returns what it prints */
  run(side, command, options) {
    return run([...this.prefix(side), ...command], options);
  }

  /** Waits until the client's side gets an answer from an address. */
  async reach(address) {
    await until(REACHED_MS, `${address} answers`, async () => {
      const ping = this.start('client', ['ping', '-n', '-c1', '-W1', address]);
      try {
        await ping.finished(REACHED_MS);
        return true;
      } catch {
        return false;
      }
    });
  }

  /** The programs that make the link. */
  get pids() {
    return this.#emulator === undefined ? [] : [this.#emulator.pid];
  }

  /**
   * @returns {Promise<{ lost: number, full: number, refused: number } | undefined>} frames that an
   *   emulator dropped: on purpose, for want of room, and because an end was not up
   */
  async remove() {
    await this.#emulator?.stop();
    TunnelNetwork.removeAll();
    return this.#emulator && readCounters(this.#emulator.stdout);
  }

  async #startEmulator({ delayMs, lossPercent }, { emulator, seed }) {
    const there = [delayMs * 1000, Math.round(lossPercent * PPM_PER_PERCENT)];
    const args = [
      seed,
      ...[spaceOf('client'), DEVICE, ...there],
      ...[spaceOf('server'), DEVICE, 0, 0],
    ];
    this.#emulator = new Running('emulator', [...WITH_PARENT, emulator, ...args.map(String)]);
    await this.#emulator.printed('ready');
  }
}

function nameOf(letter) {
  return `vclb${process.pid}${letter}`;
}

function spaceOf(side) {
  return nameOf(side[0]);
}

function layCable({ offloads }) {
  const [here, there] = SIDES.map(spaceOf);
  const peer = ['peer', 'name', DEVICE, 'netns', there];
  ip('link', 'add', DEVICE, 'netns', here, 'type', 'veth', ...peer);
  if (offloads) return;
  const off = OFFLOADS.flatMap((name) => [name, 'off']);
  for (const space of [here, there]) {
    run(['ip', 'netns', 'exec', space, 'ethtool', '-K', DEVICE, ...off]);
  }
}

function bringUp(side) {
  const space = spaceOf(side);
  ip('-n', space, 'address', 'add', `${LINK_ADDRESSES[side]}/24`, 'dev', DEVICE);
  ip('-n', space, 'link', 'set', DEVICE, 'mtu', '1500', 'txqueuelen', `${QUEUE_FRAMES}`, 'up');
}

function readCounters(text) {
  const ways = text.trim().split('\n').slice(-2);
  const sum = (column) =>
    ways.reduce((total, line) => total + Number(line.split(' ')[column] ?? 0), 0);
  return { lost: sum(1), full: sum(2), refused: sum(3) };
}
