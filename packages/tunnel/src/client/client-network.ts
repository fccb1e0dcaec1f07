import { lookup } from 'node:dns/promises';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { formatIp, parseIp } from '../core/ip/ip-address.js';
import { IpPrefix } from '../core/ip/ip-prefix.js';
import type { ConfiguredMessage, TunnelPrefix } from '../core/wire/tunnel-message.js';
import type { TunDevice } from '../device/tun-device.js';
import { type Runner, runCommand } from '../system/command.js';
import { configureInterface, GSO_MAX_SEGMENTS, removeAddresses } from '../system/interfaces.js';
import type { SystemJournal } from '../system/journal.js';
import { planRoutes } from '../system/route-plan.js';
import type { SystemChange } from '../system/system-change.js';
import type { TunnelRoutes } from './client-options.js';

/** What a client's network is set up from. */
export interface ClientNetworkOptions {
  readonly device: TunDevice;
  readonly journal: SystemJournal;
  readonly routes: TunnelRoutes;
  readonly excluded: readonly IpPrefix[];
  readonly run?: Runner;
  /** Where the kernel's settings are. Default: `/proc/sys/net`. */
  readonly settings?: string;
}

/** How long a name may take, ms. */
const RESOLVE_MS = 2_000;
/** Everything. */
const ALL: readonly IpPrefix[] = [
  new IpPrefix(new Uint8Array(4), 0),
  new IpPrefix(new Uint8Array(16), 0),
];

/** The addresses and routes of a client, as the server gives them; changed only where they change. */
export class ClientNetwork {
  readonly #options: ClientNetworkOptions;
  readonly #run: Runner;
  readonly #settings: string;
  readonly #endpoints = new Map<string, Uint8Array>();
  #addresses: readonly string[] = [];
  readonly #applied = new Map<string, SystemChange>();
  #shape = '';
  #last: Promise<void> = Promise.resolve();
  #place: ConfiguredMessage | undefined;

  constructor(options: ClientNetworkOptions) {
    this.#options = options;
    this.#run = options.run ?? runCommand;
    this.#settings = options.settings ?? '/proc/sys/net';
  }

  /** Addresses of the server so far: what goes there stays outside of the tunnel. */
  addEndpoint(text: string): void {
    // A socket of both families shows IPv4 so.
    const plain = text.replace(/^::ffff:(?=\d+\.)/i, '');
    const address = parseIp(plain);
    if (address !== undefined) this.#endpoints.set(formatIp(address), address);
  }

  /**
   * Before an attempt to connect: all addresses that the server's name has now stay outside of the
   * tunnel. A name that cannot be resolved soon leaves those of before.
   */
  async prepare(host: string): Promise<void> {
    if (parseIp(host) !== undefined) this.addEndpoint(host);
    else for (const address of await resolve(host)) this.addEndpoint(address);
    if (this.#place !== undefined) await this.apply(this.#place);
  }

  /**
   * Sets everything up as the server says, one call after the other.
   *
   * @throws VCLError `IoError` for what the system refuses
   */
  async apply(place: ConfiguredMessage): Promise<void> {
    const turn = this.#last.then(() => this.#apply(place));
    this.#last = turn.catch(() => {});
    await turn;
  }

  async #apply(place: ConfiguredMessage): Promise<void> {
    const usable = this.#usable(place);
    const addresses = usable.map(prefixText);
    const plan = planRoutes(this.#plan(place, usable));
    const shape = JSON.stringify([addresses, place.mtu, plan]);
    if (shape === this.#shape) return;
    const { device, journal } = this.#options;
    const gone = this.#addresses.filter((text) => !addresses.includes(text));
    await removeAddresses(device.name, gone, this.#run);
    const gsoMaxSegments = device.offloads ? { gsoMaxSegments: GSO_MAX_SEGMENTS } : {};
    await configureInterface(
      device.name,
      { addresses, mtu: place.mtu, ...gsoMaxSegments },
      this.#run,
    );
    this.#addresses = addresses;
    this.#place = place;
    const wanted = new Set(plan.map(textOf));
    // New ones first: in between, nothing may leave beside the tunnel.
    for (const [text, change] of plan.map((one) => [textOf(one), one] as const)) {
      if (this.#applied.has(text)) continue;
      await journal.apply(change);
      this.#applied.set(text, change);
    }
    for (const [text, change] of this.#applied) {
      if (wanted.has(text)) continue;
      await journal.revert(change);
      this.#applied.delete(text);
    }
    this.#shape = shape;
  }

  /** Machines without IPv6, or with an interface that may not have it, do with the other addresses. */
  #usable({ addresses }: ConfiguredMessage): readonly TunnelPrefix[] {
    const path = `${this.#settings}/ipv6/conf/${this.#options.device.name}/disable_ipv6`;
    const isOff = !this.#hasIp6() || (existsSync(path) && /1/.test(readFileSync(path, 'utf8')));
    return addresses.filter(({ address }) => !isOff || familyOf(address) === 4);
  }

  #plan({ routes }: ConfiguredMessage, addresses: readonly TunnelPrefix[]) {
    const { device, excluded } = this.#options;
    const families = [...new Set(addresses.map(({ address }) => familyOf(address)))];
    const systemFamilies = this.#hasIp6() ? ([4, 6] as const) : ([4] as const);
    return {
      device: device.name,
      routes: this.#routes(routes),
      excluded,
      endpoints: [...this.#endpoints.values()],
      families,
      systemFamilies,
    };
  }

  #hasIp6(): boolean {
    return existsSync(`${this.#settings}/ipv6`);
  }

  #routes(assigned: readonly TunnelPrefix[]): readonly IpPrefix[] {
    const { routes } = this.#options;
    if (routes === 'all') return ALL;
    if (routes === 'assigned')
      return assigned.map(({ address, bits }) => new IpPrefix(address, bits));
    return routes.map((text) => IpPrefix.parse(text, 'routes'));
  }
}

async function resolve(host: string): Promise<readonly string[]> {
  const found = lookup(host, { all: true }).then(
    (addresses) => addresses.map(({ address }) => address),
    () => [],
  );
  // The resolver may be one that only the tunnel leads to.
  return await Promise.race([found, delay(RESOLVE_MS, [])]);
}

function familyOf(address: Uint8Array): 4 | 6 {
  return address.length === 4 ? 4 : 6;
}

/** A network in text. */
export function prefixText({ address, bits }: TunnelPrefix): string {
  return `${formatIp(address)}/${bits}`;
}

function textOf(change: SystemChange): string {
  return JSON.stringify(change);
}
