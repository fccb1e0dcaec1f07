import { VCLError } from '@vcl-protocol/core';
import { formatIp, parseIp } from './ip-address.js';

/** A network: an address and how many of its bits count. */
export class IpPrefix {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly bits: number;

  /**
   * @param text `10.0.0.0/8`, `fd00::/64`, or an address alone, which counts whole
   * @param field what an error calls it
   * @throws VCLError `InvalidConfig` that shows the text
   */
  static parse(text: string, field = 'an address or network'): IpPrefix {
    const prefix = typeof text === 'string' ? tryParse(text) : undefined;
    if (prefix !== undefined) return prefix;
    const examples = '10.8.0.0/24, 10.8.0.2 or fd00::/64';
    throw new VCLError('InvalidConfig', `${field} must be like ${examples}: got ${shown(text)}`);
  }

  constructor(address: Uint8Array, bits: number) {
    this.address = address;
    this.bits = bits;
  }

  get family(): 4 | 6 {
    return this.address.length === 4 ? 4 : 6;
  }

  /** The same network with all other bits 0. */
  get network(): IpPrefix {
    const address = this.address.map((byte, i) => byte & maskByte(this.bits, i));
    return new IpPrefix(address, this.bits);
  }

  /** Whether it is one address. */
  get isHost(): boolean {
    return this.bits === 8 * this.address.length;
  }

  /** Whether the address at `offset` of `bytes` is in it; addresses of the other family never are. */
  contains(bytes: Uint8Array, offset = 0, length: number = bytes.length - offset): boolean {
    if (length !== this.address.length) return false;
    for (let i = 0; i < length && 8 * i < this.bits; i++) {
      if (((bytes[offset + i]! ^ this.address[i]!) & maskByte(this.bits, i)) !== 0) return false;
    }
    return true;
  }

  /** With the bits of the address as they are: `10.8.0.1/24`. */
  toString(): string {
    return `${formatIp(this.address)}/${this.bits}`;
  }
}

function tryParse(text: string): IpPrefix | undefined {
  const [addressText = '', bitsText, ...rest] = text.split('/');
  const address = parseIp(addressText);
  if (address === undefined || rest.length > 0) return undefined;
  const all = 8 * address.length;
  if (bitsText === undefined) return new IpPrefix(address, all);
  if (!/^(0|[1-9]\d{0,2})$/.test(bitsText) || Number(bitsText) > all) return undefined;
  return new IpPrefix(address, Number(bitsText));
}

/** What was given, for a message: not all of it when it is long, and without what moves a cursor. */
function shown(text: unknown): string {
  const json = JSON.stringify(String(text).slice(0, MAX_SHOWN_CHARACTERS));
  return typeof text === 'string' ? json : `${json} of type ${typeof text}`;
}

const MAX_SHOWN_CHARACTERS = 60;

/** Which bits of byte `index` count. */
function maskByte(bits: number, index: number): number {
  const left = bits - 8 * index;
  if (left >= 8) return 0xff;
  return left <= 0 ? 0 : (0xff00 >> left) & 0xff;
}
