import { existsSync } from 'node:fs';
import type { IpPrefix } from '../core/ip/ip-prefix.js';
import type { TunDevice } from '../device/tun-device.js';
import type { SystemParts } from '../link/open-interface.js';
import { AppliedPlan } from '../system/applied-plan.js';
import { type Runner, runCommand } from '../system/command.js';
import { configureInterface, GSO_MAX_SEGMENTS } from '../system/interfaces.js';
import type { SystemJournal } from '../system/journal.js';
import { planRoutes } from '../system/route-plan.js';
import { planServer } from '../system/server-plan.js';
import type { ServerSettings } from './server-options.js';

/** What a server changes of its machine. */
export class ServerNetwork {
  readonly #device: TunDevice;
  readonly #journal: SystemJournal;
  readonly #run: Runner;
  readonly #settings: string;
  readonly #routes: AppliedPlan;
  #last: Promise<void> = Promise.resolve();

  constructor(device: TunDevice, journal: SystemJournal, parts: SystemParts) {
    this.#device = device;
    this.#journal = journal;
    this.#run = parts.run ?? runCommand;
    this.#settings = parts.settings ?? '/proc/sys/net';
    this.#routes = new AppliedPlan(journal);
  }

  /** The interface, forwarding, translation. @throws VCLError `IoError` */
  async setUp({ addresses, mtu, nat }: ServerSettings): Promise<void> {
    const { name, offloads } = this.#device;
    const gsoMaxSegments = offloads ? { gsoMaxSegments: GSO_MAX_SEGMENTS } : {};
    const given = { addresses: addresses.map(String), mtu, ...gsoMaxSegments };
    await configureInterface(name, given, this.#run);
    const pools = addresses.map((prefix) => prefix.network);
    const settings = this.#settings;
    await this.#journal.apply(...(await planServer({ device: name, pools, nat, settings })));
  }

  /**
   * Networks behind peers are reached through the tunnel from here on, and no others: what goes to
   * one whose peer is away must not leave by another way. Everything cannot be behind a peer, for the
   * peer itself is reached through some of it.
   *
   * @throws VCLError `IoError`
   */
  async routeTo(networks: readonly IpPrefix[]): Promise<void> {
    const plan = planRoutes({
      device: this.#device.name,
      routes: networks.filter(({ bits }) => bits > 0),
      excluded: [],
      endpoints: [],
      families: [4, 6],
      systemFamilies: existsSync(`${this.#settings}/ipv6`) ? [4, 6] : [4],
    });
    const turn = this.#last.then(() => this.#routes.become(plan));
    this.#last = turn.catch(() => {});
    await turn;
  }
}
