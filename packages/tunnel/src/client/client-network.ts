import { lookup } from 'node:dns/promises';
import { existsSync } from 'node:fs';
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
  readonly #endpoints = new Map<string, Uint8Array>();
  #addresses: readonly string[] = [];
  #applied: readonly SystemChange[] = [];
  #shape = '';
  #place: ConfiguredMessage | undefined;

  constructor(options: ClientNetworkOptions) {
    this.#options = options;
    this.#run = options.run ?? runCommand;
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
   * Sets everything up as the server says.
   *
   * @throws VCLError `IoError` for what the system refuses
   */
  async apply(place: ConfiguredMessage): Promise<void> {
    const addresses = place.addresses.map(prefixText);
    const plan = planRoutes(this.#plan(place));
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
    const present = new Set(this.#applied.map(textOf));
    const stale = this.#applied.filter((change) => !wanted.has(textOf(change)));
    // New ones first: in between, nothing may leave beside the tunnel.
    await journal.apply(...plan.filter((change) => !present.has(textOf(change))));
    if (stale.length > 0) await journal.revert(...stale);
    this.#applied = plan;
    this.#shape = shape;
  }

  #plan({ addresses, routes }: ConfiguredMessage) {
    const { device, excluded } = this.#options;
    const families = [...new Set(addresses.map(({ address }) => familyOf(address)))];
    const systemFamilies = existsSync('/proc/net/if_inet6') ? ([4, 6] as const) : ([4] as const);
    return {
      device: device.name,
      routes: this.#routes(routes),
      excluded,
      endpoints: [...this.#endpoints.values()],
      families,
      systemFamilies,
    };
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
