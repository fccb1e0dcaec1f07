import { addressKey, type NetworkAddress } from './address.js';

/** First of the ports that {@link AddressTranslator.rebind} hands out by itself (RFC 6335 section 6). */
const FIRST_DYNAMIC_PORT = 49_152;
const LAST_PORT = 65_535;

interface Mapping {
  readonly insideKey: string;
  /** False once a later mapping of the same inside address took its place. */
  active: boolean;
}

/**
 * The address translation in front of hosts. At first every attached address is its own outside
 * address; a rebinding gives it another one, as a NAT does that was restarted or has forgotten an
 * idle mapping, or a phone that changed networks.
 */
export class AddressTranslator {
  readonly #isAttached: (key: string) => boolean;
  readonly #outside: Map<string, NetworkAddress> = new Map();
  readonly #mappings: Map<string, Mapping> = new Map();
  #nextPort = FIRST_DYNAMIC_PORT;

  /** @param isAttached whether somebody listens at this address key */
  constructor(isAttached: (key: string) => boolean) {
    this.#isAttached = isAttached;
  }

  /**
   * From now on datagrams from `inside` appear to come from a new outside address, and datagrams to
   * that one reach `inside`. What goes to the old one (also what is on its way) vanishes.
   *
   * @param inside the address a host is or will be attached to
   * @param outside the new address: without a port, a fresh one; without an address, the present one
   * @returns the new outside address
   * @throws RangeError when the outside address is in use by somebody else
   */
  rebind(inside: NetworkAddress, outside: Partial<NetworkAddress> = {}): NetworkAddress {
    const insideKey = addressKey(inside);
    const present = this.outsideOf(inside);
    const address = outside.address ?? present.address;
    const chosen: NetworkAddress = {
      address,
      port: outside.port ?? this.#freshPort(address),
    };
    if (this.#isTaken(chosen, insideKey)) {
      throw new RangeError(`${addressKey(chosen)} is in use: choose another outside address`);
    }
    this.#mappings.set(addressKey(present), { insideKey, active: false });
    this.#mappings.set(addressKey(chosen), { insideKey, active: true });
    this.#outside.set(insideKey, chosen);
    return chosen;
  }

  /** The address `inside` is seen from at present; itself as long as it was never rebound. */
  outsideOf(inside: NetworkAddress): NetworkAddress {
    return this.#outside.get(addressKey(inside)) ?? inside;
  }

  /** @returns the inside key that a datagram to `outsideKey` reaches now; undefined for nobody */
  route(outsideKey: string): string | undefined {
    const mapping = this.#mappings.get(outsideKey);
    if (mapping === undefined) return outsideKey;
    return mapping.active ? mapping.insideKey : undefined;
  }

  /** @returns the inside key that `outsideKey` belongs or last belonged to; itself if to nobody */
  ownerOf(outsideKey: string): string {
    return this.#mappings.get(outsideKey)?.insideKey ?? outsideKey;
  }

  /** Makes an address that only an ended mapping remembers usable by a host of its own. */
  release(outsideKey: string): void {
    const mapping = this.#mappings.get(outsideKey);
    if (mapping !== undefined && !mapping.active && mapping.insideKey !== outsideKey) {
      this.#mappings.delete(outsideKey);
    }
  }

  #freshPort(address: string): number {
    for (let tries = 0; tries <= LAST_PORT - FIRST_DYNAMIC_PORT; tries++) {
      const port = this.#nextPort;
      this.#nextPort = port === LAST_PORT ? FIRST_DYNAMIC_PORT : port + 1;
      const key = addressKey({ address, port });
      if (!this.#isAttached(key) && this.#mappings.get(key)?.active !== true) return port;
    }
    throw new RangeError(`all dynamic ports of ${address} are in use: give rebind() an address`);
  }

  #isTaken(outside: NetworkAddress, insideKey: string): boolean {
    const key = addressKey(outside);
    const mapping = this.#mappings.get(key);
    if (mapping?.active === true) return mapping.insideKey !== insideKey;
    return key !== insideKey && this.#isAttached(key);
  }
}
