import { VCLError } from '@vcl-protocol/core';
import { IpPrefix, type Peer } from '@vcl-protocol/tunnel';
import { decodePublicKey, encodePublicKey } from 'vcl-protocol';
import { hostField, nameField, prefixField, requireField } from '../config/fields.js';
import type { ServerConfig } from '../config/server-config.js';

/** The options of `vcl peers add`. */
export interface PeerOptions {
  readonly name?: string;
  readonly address?: readonly string[];
  readonly allowedIps?: readonly string[];
}

/** What nobody has said of a device that is added. */
export const NEW_PEER: Omit<Peer, 'publicKey' | 'addedAt'> = {
  name: '',
  addresses: [],
  allowedIps: [],
  expiresAt: undefined,
  enabled: true,
};

/** A peer as far as the command line tells. */
export type GivenPeer = Pick<Peer, 'publicKey'> &
  Partial<Pick<Peer, 'name' | 'addresses' | 'allowedIps'>>;

/** @throws VCLError `InvalidKey`; `InvalidConfig` that names the option */
export function givenPeer(key: string, { name, address, allowedIps }: PeerOptions): GivenPeer {
  if (name !== undefined) requireField(nameField, '--name', name);
  for (const text of address ?? []) requireField(hostField, '--address', text);
  for (const text of allowedIps ?? []) requireField(prefixField, '--allowed-ips', text);
  return {
    publicKey: encodePublicKey(decodePublicKey(key)),
    ...(name === undefined ? {} : { name }),
    ...(address === undefined ? {} : { addresses: address.map(plainAddress) }),
    ...(allowedIps === undefined
      ? {}
      : { allowedIps: allowedIps.map((text) => String(IpPrefix.parse(text).network)) }),
  };
}

/**
 * A server leaves out what it cannot give, and says so in its log only.
 *
 * @throws VCLError `InvalidConfig` when an address is in none of its networks, or somebody else's
 */
export function requireFreeAddresses(
  { publicKey, addresses = [] }: GivenPeer,
  peers: readonly Peer[],
  config: ServerConfig,
): void {
  const own = config.addresses.map((text) => IpPrefix.parse(text));
  const families = new Set(addresses.map((text) => text.includes(':')));
  if (families.size < addresses.length) throw invalid('--address takes one of each family');
  for (const text of addresses) {
    const { address } = IpPrefix.parse(text);
    const network = own.find((prefix) => prefix.contains(address));
    if (network === undefined) {
      throw invalid(`--address ${text} is in none of the networks ${config.addresses.join(', ')}`);
    }
    if (plainAddress(String(network)) === plainAddress(text)) {
      throw invalid(`--address ${text} is the server's own`);
    }
    const other = peers.find(
      (peer) => peer.publicKey !== publicKey && peer.addresses.includes(text),
    );
    if (other !== undefined) {
      throw invalid(`--address ${text} belongs to ${other.name || other.publicKey}`);
    }
  }
}

/**
 * Of two peers with one network a server would serve the later one only.
 *
 * @throws VCLError `InvalidConfig` when a network is behind somebody else, or is the tunnel's own
 */
export function requireFreeNetworks(
  { publicKey, allowedIps = [] }: GivenPeer,
  peers: readonly Peer[],
  config: ServerConfig,
): void {
  const own = config.addresses.map((text) => String(IpPrefix.parse(text).network));
  for (const text of allowedIps) {
    if (own.includes(text)) throw invalid(`--allowed-ips ${text} is the tunnel's own network`);
    const other = peers.find(
      (peer) => peer.publicKey !== publicKey && peer.allowedIps.includes(text),
    );
    if (other !== undefined) {
      throw invalid(
        `--allowed-ips ${text} is behind ${other.name || other.publicKey}: name a part of it, or remove that peer`,
      );
    }
  }
}

/** As it is written everywhere else. */
function plainAddress(text: string): string {
  return String(IpPrefix.parse(text)).split('/', 1)[0]!;
}

function invalid(message: string): VCLError {
  return new VCLError('InvalidConfig', message);
}
