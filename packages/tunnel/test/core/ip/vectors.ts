import { readFileSync } from 'node:fs';

/** A packet of another program, and what that program says of it. */
export interface PacketVector {
  readonly name: string;
  readonly hex: string;
  readonly version: 4 | 6;
  readonly src: string;
  readonly dst: string;
  readonly ttl: number;
  readonly totalLen: number;
  readonly headerValid: boolean | null;
  readonly transport: Readonly<Record<string, unknown>> & { readonly type: string };
  readonly fragment: { id: number; offset: number; moreFragments: boolean } | null;
  readonly valid: boolean | null;
  readonly summary?: string;
}

interface Vectors {
  readonly packets: readonly PacketVector[];
  readonly clamped: readonly { name: string; limit: number; before: string; after: string }[];
  readonly tooBig: readonly {
    name: string;
    mtu: number;
    from: string;
    packet: string;
    answer: string;
  }[];
  readonly pieces: readonly { name: string; mtu: number; packet: string; pieces: string[] }[];
}

/** Made by interop/python/vcl_ip_vectors.py. */
export const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../vectors/ip.json', import.meta.url), 'utf8'),
) as Vectors;

export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** The packet of that name. */
export function vectorNamed(name: string): Uint8Array {
  const found = vectors.packets.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no vector '${name}'`);
  return fromHex(found.hex);
}

/** The bytes with some bytes before and after them that mean nothing. */
export function surrounded(bytes: Uint8Array): { all: Uint8Array; start: number; end: number } {
  const all = new Uint8Array(bytes.length + 13).fill(0xa5);
  all.set(bytes, 5);
  return { all, start: 5, end: 5 + bytes.length };
}
