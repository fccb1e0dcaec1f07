import { VCLError } from '@vcl-protocol/core';
import { formatIp, parseIp } from './core/ip/ip-address.js';
import { IpPrefix } from './core/ip/ip-prefix.js';
import { checkDeviceName, checkMtu } from './device/device-name.js';

/** How a {@link VCLTun} is set up (guide: TUN Interface). */
export interface TunConfig {
  /** Of the interface, at most 15 characters; `%d` at the end is the first free number. Default `vcl0`. */
  readonly name?: string;
  /** Its IPv4 address. Default `10.0.0.1`. */
  readonly address?: string;
  /** The IPv4 address at the other end. Default `10.0.0.2`. */
  readonly destination?: string;
  /** Which network both are in. Default `255.255.255.0`. */
  readonly netmask?: string;
  /** Further addresses, IPv4 or IPv6, such as `fd00::1/64`. Default none. */
  readonly addresses?: readonly string[];
  /** The longest packet, 576 to 65,535 bytes; from 1,280 on with IPv6. Default 1420. */
  readonly mtu?: number;
}

const DEFAULTS: Required<TunConfig> = {
  name: 'vcl0',
  address: '10.0.0.1',
  destination: '10.0.0.2',
  netmask: '255.255.255.0',
  addresses: [],
  mtu: 1420,
};

/** The least MTU of IPv6 (RFC 8200 section 5). */
const IPV6_MIN_MTU_BYTES = 1280;

/**
 * Fills in what is missing, and checks all of it.
 *
 * @throws VCLError `InvalidConfig` that names the field
 */
export function resolveTunConfig(config: TunConfig): Required<TunConfig> {
  checkKeys(config);
  const given = Object.entries(config).filter(([, value]) => value !== undefined);
  const all: Required<TunConfig> = { ...DEFAULTS, ...Object.fromEntries(given) };
  checkDeviceName(all.name);
  checkMtu(all.mtu);
  const address = ipv4('address', all.address);
  const destination = ipv4('destination', all.destination);
  prefixBits(all.netmask);
  if (!Array.isArray(all.addresses)) {
    throw new VCLError('InvalidConfig', "addresses: give a list such as ['fd00::1/64']");
  }
  const prefixes = all.addresses.map((text) => IpPrefix.parse(text, 'addresses'));
  if (prefixes.some(({ family }) => family === 6) && all.mtu < IPV6_MIN_MTU_BYTES) {
    const text = `mtu: IPv6 needs at least ${IPV6_MIN_MTU_BYTES} bytes: raise it, or give no IPv6 address`;
    throw new VCLError('InvalidConfig', text);
  }
  const addresses = Object.freeze(prefixes.map(String));
  return Object.freeze({ ...all, address, destination, addresses });
}

/** The addresses of an interface, each with its network. */
export function addressesOf({ address, netmask, addresses }: Required<TunConfig>): string[] {
  return [`${address}/${prefixBits(netmask)}`, ...addresses];
}

function checkKeys(config: TunConfig): void {
  if (typeof config !== 'object' || config === null) {
    throw new VCLError('InvalidConfig', 'config: give an object such as { name, address, mtu }');
  }
  const unknown = Object.keys(config).find((key) => !(key in DEFAULTS));
  if (unknown === undefined) return;
  const known = Object.keys(DEFAULTS).join(', ');
  throw new VCLError('InvalidConfig', `${unknown}: there is no such field, only ${known}`);
}

function ipv4(field: string, text: unknown): string {
  const address = typeof text === 'string' ? parseIp(text) : undefined;
  if (address?.length === 4) return formatIp(address);
  throw new VCLError('InvalidConfig', `${field}: give an IPv4 address such as 10.0.0.1`);
}

/** @returns how many bits of a netmask are set, all of them in front */
function prefixBits(netmask: unknown): number {
  const bytes = typeof netmask === 'string' ? parseIp(netmask) : undefined;
  if (bytes?.length === 4) {
    const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    if (/^1*0*$/.test(bits)) return bits.lastIndexOf('1') + 1;
  }
  throw new VCLError('InvalidConfig', 'netmask: give a mask such as 255.255.255.0');
}
