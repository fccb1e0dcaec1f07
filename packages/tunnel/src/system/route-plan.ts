import { formatIp } from '../core/ip/ip-address.js';
import { IpPrefix } from '../core/ip/ip-prefix.js';
import { subtractPrefixes } from '../core/ip/subtract-prefixes.js';
import { ip } from './interfaces.js';
import { commandChange, type SystemChange } from './system-change.js';

/** What a client's routes are planned from. */
export interface RoutePlanInput {
  readonly device: string;
  /** Networks that go through the tunnel; one of 0 bits means everything of its family. */
  readonly routes: readonly IpPrefix[];
  /** Networks that do not. */
  readonly excluded: readonly IpPrefix[];
  /** Addresses of the server, 4 or 16 bytes: what carries the tunnel must not go through it. */
  readonly endpoints: readonly Uint8Array[];
  /** Families that the client has an address of in the tunnel. */
  readonly families: readonly (4 | 6)[];
  /** Families that this machine has at all. */
  readonly systemFamilies: readonly (4 | 6)[];
}

/** Numbers of tables and rules begin here; see {@link planNumber}. */
const FIRST_TABLE = 7_700;
const FIRST_PREFERENCE = 5_200;
const RULES_A_TUNNEL = 4;
/** So many numbers are there for names, all of whose rules come before those of the main table. */
const NAMES = 6_000;
/**
 * Of routes in the main table, and of further tunnels one more each: a route of that number would be
 * replaced, and nobody else has these. It goes before the routes of DHCP, and after those that were
 * set up by hand.
 */
const FIRST_METRIC = 50;
/** Of what makes a family unreachable: the last resort, and never the same route as another one. */
const LAST_METRIC = '4294967295';

/**
 * The changes that send a client's traffic into the tunnel.
 *
 * Everything of a family goes by a table of the tunnel's own, which rules ask after those for the
 * server's addresses and for excluded networks, and after the routes of the main table but its
 * default. So carriers follow the machine's default route wherever that leads, local networks stay
 * reachable, and when the interface vanishes with its process, its routes vanish with it: the rules
 * then lead to an empty table and on to the main one, so that nobody is stranded. What is unreachable
 * because the tunnel has no address of its family stays so until the journal is undone: it would leak
 * otherwise. Single networks stand in the main table, where the longest prefix wins.
 */
export function planRoutes(input: RoutePlanInput): readonly SystemChange[] {
  const { routes, systemFamilies } = input;
  const isFull = routes.some(({ bits }) => bits === 0);
  return systemFamilies.flatMap((family) => {
    const own = routes.filter((route) => route.family === family);
    // Who wants everything of one family in the tunnel does not want the other one beside it.
    if (isFull) return everything(input, family);
    return [...endpointRules(input, family), ...singleNetworks(input, family, own)];
  });
}

/** 0 for `vcl0`, 1 for `vcl1`; other names get a number by what they are. */
function planNumber(device: string): number {
  const number = /^vcl(\d{1,2})$/.exec(device)?.[1];
  if (number !== undefined) return Number(number);
  let hash = 0;
  for (const letter of device) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
  return 100 + (hash % NAMES);
}

function everything(input: RoutePlanInput, family: 4 | 6): SystemChange[] {
  const { device, excluded, families } = input;
  const number = planNumber(device);
  const table = String(FIRST_TABLE + number);
  const preference = FIRST_PREFERENCE + RULES_A_TUNNEL * number;
  const target = families.includes(family)
    ? ['default', 'dev', device]
    : ['unreachable', 'default', 'metric', LAST_METRIC];
  const own = excluded.filter((prefix) => prefix.family === family);
  const networks = new Set(own.map((prefix) => String(prefix.network)));
  return [
    ...endpointRules(input, family),
    route(family, [...target, 'table', table]),
    ...[...networks].map((to) => rule(family, preference + 1, ['to', to, 'lookup', 'main'])),
    rule(family, preference + 2, ['lookup', 'main', 'suppress_prefixlength', '0']),
    rule(family, preference + 3, ['lookup', table]),
  ];
}

function endpointRules({ device, endpoints }: RoutePlanInput, family: 4 | 6): SystemChange[] {
  const preference = FIRST_PREFERENCE + RULES_A_TUNNEL * planNumber(device);
  return endpoints
    .filter((address) => address.length === (family === 4 ? 4 : 16))
    .map((address) => rule(family, preference, ['to', formatIp(address), 'lookup', 'main']));
}

function singleNetworks(
  { device, excluded, endpoints, families }: RoutePlanInput,
  family: 4 | 6,
  routes: readonly IpPrefix[],
): SystemChange[] {
  if (!families.includes(family)) return [];
  // A server in one of its own networks: its rule leads to this very table.
  const hosts = endpoints.map((address) => new IpPrefix(address, 8 * address.length));
  const without = [...excluded, ...hosts].filter((prefix) => prefix.family === family);
  const metric = String(FIRST_METRIC + planNumber(device));
  return subtractPrefixes(routes, without).map((prefix) =>
    route(family, [String(prefix.network), 'dev', device, 'metric', metric]),
  );
}

function route(family: 4 | 6, args: readonly string[]): SystemChange {
  const start = [`-${family}`, 'route'];
  return commandChange(ip([...start, 'replace', ...args]), ip([...start, 'delete', ...args]));
}

function rule(family: 4 | 6, preference: number, args: readonly string[]): SystemChange {
  const all = ['preference', String(preference), ...args];
  const start = [`-${family}`, 'rule'];
  return commandChange(ip([...start, 'add', ...all]), ip([...start, 'delete', ...all]));
}
