import { lookup } from 'node:dns/promises';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { formatIp, parseIp } from '../core/ip/ip-address.js';
import { IpPrefix } from '../core/ip/ip-prefix.js';
import type { ConfiguredMessage, TunnelPrefix } from '../core/wire/tunnel-message.js';
import type { TunDevice } from '../device/tun-device.js';
import { AppliedPlan } from '../system/applied-plan.js';
import { type Runner, runCommand } from '../system/command.js';
import { configureInterface, GSO_MAX_SEGMENTS, removeAddresses } from '../system/interfaces.js';
import type { SystemJournal } from '../system/journal.js';
import { planRoutes } from '../system/route-plan.js';
import { setting } from '../system/system-change.js';
import type { TunnelRoutes } from './client-options.js';

/** What a client's network is set up from. */
export interface ClientNetworkOptions {
  readonly device: TunDevice;
  readonly journal: SystemJournal;
  /** The longest packet that this side takes; the server may take shorter ones. */
  readonly mtu: number;
  readonly routes: TunnelRoutes;
  readonly excluded: readonly IpPrefix[];
  readonly run?: Runner | undefined;
  /** Where the kernel's settings are. Default: `/proc/sys/net`. */
  readonly settings?: string | undefined;
}

/** How long a name may take, ms. */
const RESOLVE_MS = 2_000;
/** What IPv6 asks of a link (RFC 8200 section 5). */
const MIN_IP6_MTU = 1_280;
/** Addresses of a name that count. */
const MAX_ENDPOINTS = 16;
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
  /** Where the server was seen last, or empty. */
  #endpoint = '';
  #addresses: readonly string[] = [];
  readonly #plan: AppliedPlan;
  #shape = '';
  #last: Promise<void> = Promise.resolve();
  #place: ConfiguredMessage | undefined;

  constructor(options: ClientNetworkOptions) {
    this.#options = options;
    this.#plan = new AppliedPlan(options.journal);
    this.#run = options.run ?? runCommand;
    this.#settings = options.settings ?? '/proc/sys/net';
  }

  /** The server has shown its key at this address: what goes there stays outside of the tunnel. */
  useEndpoint(text: string): void {
    this.#endpoint = text;
    this.#setEndpoints([text]);
  }

  /**
   * Before an attempt to connect: what goes to the addresses that the server's name has now stays
   * outside of the tunnel as well, until one of them has shown the server's key. A name that cannot be
   * resolved soon leaves those of before.
   */
  async prepare(host: string): Promise<void> {
    const found = parseIp(host) === undefined ? await resolve(host) : [host];
    if (found.length > 0) this.#setEndpoints([this.#endpoint, ...found]);
    if (this.#place !== undefined) await this.apply(this.#place);
  }

  /** The attempt has failed, and the session goes on: anybody may have answered to the server's name. */
  async forgetAttempt(): Promise<void> {
    this.#setEndpoints([this.#endpoint]);
    if (this.#place !== undefined) await this.apply(this.#place);
  }

  #setEndpoints(texts: readonly string[]): void {
    this.#endpoints.clear();
    for (const text of texts.slice(0, MAX_ENDPOINTS)) {
      // A socket of both families shows IPv4 so.
      const address = parseIp(text.replace(/^::ffff:(?=\d+\.)/i, ''));
      if (address !== undefined) this.#endpoints.set(formatIp(address), address);
    }
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
    // Alone, each: a network beside it would be a route that nobody has asked for.
    const addresses = usable.map(({ address }) => `${formatIp(address)}/${8 * address.length}`);
    const plan = planRoutes(this.#planInput(place, usable));
    const shape = JSON.stringify([addresses, place.mtu, plan]);
    if (shape === this.#shape) return;
    const { device, journal } = this.#options;
    this.#shape = '';
    // The server is no router that may announce itself.
    const folders = [`${this.#settings}/ipv4/conf`, `${this.#settings}/ipv6/conf`];
    const rules = folders.map((path) => setting(`${path}/${device.name}/accept_redirects`, '0'));
    await journal.apply(...rules, setting(`${folders[1]}/${device.name}/accept_ra`, '0'));
    const gsoMaxSegments = device.offloads ? { gsoMaxSegments: GSO_MAX_SEGMENTS } : {};
    await configureInterface(
      device.name,
      { addresses, mtu: Math.min(place.mtu, this.#options.mtu), ...gsoMaxSegments },
      this.#run,
    );
    const gone = this.#addresses.filter((text) => !addresses.includes(text));
    this.#addresses = [...addresses, ...gone];
    // Not before: with its last address an interface loses all its routes, and they do not come back.
    await removeAddresses(device.name, gone, this.#run);
    this.#addresses = addresses;
    this.#place = place;
    await this.#plan.become(plan);
    this.#shape = shape;
  }

  /**
   * Machines without IPv6, or with an interface that may not have it or is too short for it, do with
   * the other addresses.
   */
  #usable({ addresses, mtu }: ConfiguredMessage): readonly TunnelPrefix[] {
    const path = `${this.#settings}/ipv6/conf/${this.#options.device.name}/disable_ipv6`;
    const isShort = Math.min(mtu, this.#options.mtu) < MIN_IP6_MTU;
    const isOff =
      isShort || !this.#hasIp6() || (existsSync(path) && /1/.test(readFileSync(path, 'utf8')));
    return addresses.filter(({ address }) => !isOff || familyOf(address) === 4);
  }

  #planInput({ routes }: ConfiguredMessage, addresses: readonly TunnelPrefix[]) {
    const { device, excluded } = this.#options;
    const families = [...new Set(addresses.map(({ address }) => familyOf(address)))];
    const systemFamilies = this.#hasIp6() ? ([4, 6] as const) : ([4] as const);
    return {
      device: device.name,
      routes: routesOf(this.#options.routes, routes),
      excluded,
      endpoints: [...this.#endpoints.values()],
      families,
      systemFamilies,
    };
  }

  #hasIp6(): boolean {
    return existsSync(`${this.#settings}/ipv6`);
  }
}

/** The networks that a client reaches through the tunnel. */
function routesOf(routes: TunnelRoutes, assigned: readonly TunnelPrefix[]): readonly IpPrefix[] {
  if (routes === 'all') return ALL;
  if (routes === 'assigned') return assigned.map(prefixOf);
  return routes.map((text) => IpPrefix.parse(text, 'routes'));
}

/** The networks whose packets come out of the tunnel, undefined for all there are. */
export function networksOf(
  routes: TunnelRoutes,
  place: ConfiguredMessage,
): readonly IpPrefix[] | undefined {
  const networks = routesOf(routes, place.routes);
  return networks.some(({ bits }) => bits === 0) ? undefined : networks;
}

function prefixOf({ address, bits }: TunnelPrefix): IpPrefix {
  return new IpPrefix(address, bits);
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
