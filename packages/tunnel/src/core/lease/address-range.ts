import { VCLError } from '@vcl-protocol/core';
import { formatIp, parseIp } from '../ip/ip-address.js';
import type { IpPrefix } from '../ip/ip-prefix.js';

/** The addresses of one network that can be given away, and which of them are free. */
export class AddressRange {
  /** How many there are, at most 2^32. */
  readonly size: number;
  readonly #network: Uint8Array;
  readonly #first: number;
  /** The numbers of the addresses that are taken; numbers go from 0 to `size - 1`. */
  readonly #taken = new Set<number>();

  /**
   * Left out are network and broadcast address of IPv4 (but for /31, RFC 3021) and the anycast address
   * of the routers of IPv6 (RFC 4291 section 2.6.1). Of a wide network only the first 2^32 addresses
   * are given away.
   */
  constructor(network: IpPrefix) {
    const { address, bits } = network.network;
    const hostBits = 8 * address.length - bits;
    const all = 2 ** Math.min(hostBits, MAX_NUMBER_BITS);
    const isPair = hostBits <= 1;
    this.#network = address;
    this.#first = isPair ? 0 : 1;
    this.size = isPair ? all : all - (address.length === 4 ? 2 : 1);
  }

  /** @param address in text */
  has(address: string): boolean {
    return this.#numberOf(address) !== undefined;
  }

  /** Remembers whether an address is taken. Those of other networks are passed over. */
  mark(address: string, isTaken: boolean): void {
    const number = this.#numberOf(address);
    if (number === undefined) return;
    if (isTaken) this.#taken.add(number);
    else this.#taken.delete(number);
  }

  /** The first free address from a place on, which any number from 0 names, or undefined. */
  freeFrom(place: number): string | undefined {
    if (this.#taken.size >= this.size) return undefined;
    let number = place % this.size;
    while (this.#taken.has(number)) number = (number + 1) % this.size;
    return this.#at(number);
  }

  #at(number: number): string {
    const address = this.#network.slice();
    let rest = this.#first + number;
    for (let i = address.length - 1; rest > 0; i--) {
      address[i] = address[i]! | (rest % 256);
      rest = Math.floor(rest / 256);
    }
    return formatIp(address);
  }

  #numberOf(text: string): number | undefined {
    const address = parseIp(text);
    if (address?.length !== this.#network.length) return undefined;
    let number = 0;
    for (let i = 0; i < address.length; i++) {
      number = number * 256 + (address[i]! - this.#network[i]!);
      // Once it has left the range it stays outside, whatever comes behind.
      if (number < 0 || number >= 2 ** MAX_NUMBER_BITS) return undefined;
    }
    number -= this.#first;
    return number >= 0 && number < this.size ? number : undefined;
  }
}

/**
 * @param network as an option has it
 * @throws VCLError `InvalidConfig` when it is of the other family
 */
export function requireFamily(network: IpPrefix, addressBytes: 4 | 16): IpPrefix {
  if (network.address.length === addressBytes) return network;
  throw new VCLError(
    'InvalidConfig',
    `${String(network)} is no network of IPv${addressBytes === 4 ? 4 : 6}: put it into the other option`,
  );
}

const MAX_NUMBER_BITS = 32;
