import { IP6_BYTES, Ip4, Ip6, PROTOCOL_TCP, PROTOCOL_UDP, u16 } from './packet-fields.js';

/** More fragments follow, or this is not the first: there may be no ports. */
const FRAGMENT_BITS = 0x3fff;

/**
 * 32 bits that are the same for all packets of a flow: addresses, protocol and ports, mixed with a
 * seed that nobody outside knows. Fragments, and what is behind extension headers, go without ports.
 */
export function flowHash(bytes: Uint8Array, start: number, end: number, seed: number): number {
  const isV6 = ((bytes[start]! >> 4) & 7) === 6;
  const protocol = bytes[start + (isV6 ? Ip6.nextHeader : Ip4.protocol)]!;
  let hash = mix(seed, protocol);
  const from = start + (isV6 ? Ip6.source : Ip4.source);
  const to = Math.min(end, from + (isV6 ? 32 : 8));
  for (let at = from; at + 3 < to; at += 4) {
    const word = (u16(bytes, at) << 16) | u16(bytes, at + 2);
    hash = mix(hash, word);
  }
  if (protocol !== PROTOCOL_TCP && protocol !== PROTOCOL_UDP) return finish(hash);
  if (!isV6 && (u16(bytes, start + Ip4.fragment) & FRAGMENT_BITS) !== 0) return finish(hash);
  const ports = start + (isV6 ? IP6_BYTES : (bytes[start]! & 15) << 2);
  if (ports + 4 > end) return finish(hash);
  return finish(mix(hash, (u16(bytes, ports) << 16) | u16(bytes, ports + 2)));
}

/** A round and the end of MurmurHash3 for 32 bits: enough that flows spread. */
function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
