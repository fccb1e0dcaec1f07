import { IpPrefix } from './ip-prefix.js';

/** The networks that cover `from` without `without`, as few as there can be for each of them. */
export function subtractPrefixes(
  from: readonly IpPrefix[],
  without: readonly IpPrefix[],
): readonly IpPrefix[] {
  return from.flatMap((prefix) => subtract(prefix.network, without));
}

function subtract(prefix: IpPrefix, without: readonly IpPrefix[]): IpPrefix[] {
  const touching = without.filter((hole) => overlaps(prefix, hole));
  if (touching.length === 0) return [prefix];
  if (touching.some((hole) => hole.bits <= prefix.bits)) return [];
  return halves(prefix).flatMap((half) => subtract(half, touching));
}

function overlaps(a: IpPrefix, b: IpPrefix): boolean {
  return a.bits <= b.bits ? a.contains(b.address) : b.contains(a.address);
}

function halves({ address, bits }: IpPrefix): IpPrefix[] {
  const upper = address.slice();
  upper[bits >> 3]! |= 0x80 >> (bits & 7);
  return [new IpPrefix(address, bits + 1), new IpPrefix(upper, bits + 1)];
}
