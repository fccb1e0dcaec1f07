import { isIPv6 } from 'node:net';
import { type RemoteAddress, VCLError } from '@vcl-protocol/core';
import type { Libc, NativeBlock } from './libc.js';
import { AF_INET, AF_INET6, SOCKADDR_BYTES, SOCKADDR_IN_BYTES } from './linux.js';

const PORT = 2;
const IPV4_ADDRESS = 4;
const IPV6_ADDRESS = 8;
const IPV6_SCOPE = 24;
const ADDRESS_TEXT_BYTES = 64;
/** Of text, in the scratch memory. */
const TEXT_OFFSET = BigInt(SOCKADDR_BYTES);
/** Memory for one address in either form, see {@link SocketAddresses}. */
export const ADDRESS_SCRATCH_BYTES: number = SOCKADDR_BYTES + ADDRESS_TEXT_BYTES;
/** IPv4 within IPv6: ten zeros, then this. */
const MAPPED_PREFIX = 0xffff;
/** Addresses known in text form at once; then all are forgotten. */
const MAX_KNOWN = 8_192;

interface KnownIpv6 {
  /** Its struct sockaddr_in6. */
  readonly view: DataView;
  readonly remote: RemoteAddress;
}

/** Turns addresses to struct sockaddr and back; those of peers that come again cost a lookup. */
export class SocketAddresses {
  readonly #libc: Libc;
  readonly #family: number;
  readonly #scratch: NativeBlock;
  readonly #written = new WeakMap<RemoteAddress, Uint8Array>();
  readonly #ipv4 = new Map<number, RemoteAddress>();
  readonly #ipv6 = new Map<number, KnownIpv6>();

  /**
   * @param scratch {@link ADDRESS_SCRATCH_BYTES}, which several may share: native memory is not freed
   * @param address what the socket is bound to: it decides which family its addresses have
   */
  constructor(libc: Libc, scratch: NativeBlock, address: string) {
    this.#libc = libc;
    this.#family = isIPv6(address) ? AF_INET6 : AF_INET;
    this.#scratch = scratch;
  }

  get family(): number {
    return this.#family;
  }

  /** Bytes of an address of this family. */
  get length(): number {
    return this.#family === AF_INET6 ? SOCKADDR_BYTES : SOCKADDR_IN_BYTES;
  }

  /**
   * The address as the system wants it; not to be changed.
   *
   * @throws VCLError `IoError` when it is no address of this family
   */
  write(remote: RemoteAddress): Uint8Array {
    let bytes = this.#written.get(remote);
    if (bytes === undefined) {
      bytes = this.#encode(remote);
      this.#written.set(remote, bytes);
    }
    return bytes;
  }

  /** The address at `offset`; IPv4 on a socket for both families is shown as IPv4. */
  read(view: DataView, offset: number): RemoteAddress {
    const port = view.getUint16(offset + PORT);
    if (this.#family === AF_INET) {
      return this.#readIpv4(view.getUint32(offset + IPV4_ADDRESS), port);
    }
    const at = offset + IPV6_ADDRESS;
    const isMapped =
      view.getUint32(at) === 0 &&
      view.getUint32(at + 4) === 0 &&
      view.getUint32(at + 8) === MAPPED_PREFIX;
    return isMapped
      ? this.#readIpv4(view.getUint32(at + 12), port)
      : this.#readIpv6(view, offset, port);
  }

  #readIpv4(address: number, port: number): RemoteAddress {
    const key = address * 0x10000 + port;
    let remote = this.#ipv4.get(key);
    if (remote === undefined) {
      if (this.#ipv4.size >= MAX_KNOWN) this.#ipv4.clear();
      remote = { address: dotted(address), port };
      this.#ipv4.set(key, remote);
    }
    return remote;
  }

  #readIpv6(view: DataView, offset: number, port: number): RemoteAddress {
    let hash = port;
    for (let at = IPV6_ADDRESS; at < SOCKADDR_BYTES; at += 4) {
      hash = (Math.imul(hash, 31) + view.getUint32(offset + at)) | 0;
    }
    const known = this.#ipv6.get(hash);
    if (known !== undefined && isSame(known, view, offset)) return known.remote;
    if (this.#ipv6.size >= MAX_KNOWN) this.#ipv6.clear();
    const remote = { address: this.#ipv6Text(view, offset), port };
    const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, SOCKADDR_BYTES).slice();
    this.#ipv6.set(hash, { view: new DataView(bytes.buffer), remote });
    return remote;
  }

  #ipv6Text(view: DataView, offset: number): string {
    const { bytes, pointer } = this.#scratch;
    for (let i = 0; i < 16; i++) bytes[i] = view.getUint8(offset + IPV6_ADDRESS + i);
    this.#libc.inet_ntop(AF_INET6, pointer, pointer + TEXT_OFFSET, ADDRESS_TEXT_BYTES);
    const address = this.#scratchText();
    const scope = view.getUint32(offset + IPV6_SCOPE, true);
    if (scope === 0) return address;
    const isKnown = this.#libc.if_indextoname(scope, pointer + TEXT_OFFSET) !== null;
    // By name, as Node shows it.
    return `${address}%${isKnown ? this.#scratchText() : scope}`;
  }

  #scratchText(): string {
    const { bytes } = this.#scratch;
    return String.fromCharCode(...bytes.subarray(SOCKADDR_BYTES, bytes.indexOf(0, SOCKADDR_BYTES)));
  }

  #encode({ address, port }: RemoteAddress): Uint8Array {
    const { bytes, view, pointer } = this.#scratch;
    bytes.fill(0, 0, SOCKADDR_BYTES);
    view.setUint16(0, this.#family, true);
    view.setUint16(PORT, port);
    const isIpv4 = !address.includes(':');
    const [numeric = '', scope] = address.split('%');
    const text = this.#family === AF_INET6 && isIpv4 ? `::ffff:${numeric}` : numeric;
    const at = this.#family === AF_INET6 ? IPV6_ADDRESS : IPV4_ADDRESS;
    if (this.#libc.inet_pton(this.#family, text, pointer + BigInt(at)) !== 1) {
      throw new VCLError('IoError', `this socket cannot send to the address ${address}`);
    }
    if (scope !== undefined) view.setUint32(IPV6_SCOPE, this.#scopeOf(scope), true);
    return bytes.slice(0, this.length);
  }

  #scopeOf(scope: string): number {
    return /^\d+$/.test(scope) ? Number(scope) : this.#libc.if_nametoindex(scope);
  }
}

function dotted(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 0xff}.${(address >>> 8) & 0xff}.${address & 0xff}`;
}

/** Compares port, address and scope; the flow label is no part of an address. */
function isSame({ view, remote }: KnownIpv6, other: DataView, offset: number): boolean {
  if (remote.port !== other.getUint16(offset + PORT)) return false;
  for (let at = IPV6_ADDRESS; at < SOCKADDR_BYTES; at += 4) {
    if (view.getUint32(at) !== other.getUint32(offset + at)) return false;
  }
  return true;
}
