import ipaddr from 'ipaddr.js';

/**
 * The bytes of a numeric address: 4 or 16. IPv6 with a zone, and IPv4 in forms other than four decimal
 * numbers, are no addresses here.
 */
export function parseIp(text: string): Uint8Array | undefined {
  if (!text.includes(':')) return parseIp4(text);
  const plain = withoutDots(text);
  if (plain === undefined || plain.includes('%') || !ipaddr.IPv6.isValid(plain)) return undefined;
  return Uint8Array.from(ipaddr.IPv6.parse(plain).toByteArray());
}

/** The usual text of an address of 4 or 16 bytes (RFC 5952 for IPv6). */
export function formatIp(bytes: Uint8Array): string {
  const address = ipaddr.fromByteArray([...bytes]);
  return address.kind() === 'ipv6'
    ? (address as ipaddr.IPv6).toRFC5952String()
    : address.toString();
}

function parseIp4(text: string): Uint8Array | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) || /(^|\.)0\d/.test(text)) return undefined;
  return Uint8Array.from(ipaddr.IPv4.parse(text).toByteArray());
}

/**
 * An IPv6 address that ends like one of IPv4, in hexadecimal only: `::1.2.3.4` is not the same as
 * `::ffff:1.2.3.4` (RFC 4291 2.5.5), for which ipaddr.js takes it.
 */
function withoutDots(text: string): string | undefined {
  if (!text.includes('.')) return text;
  const at = text.lastIndexOf(':') + 1;
  const tail = parseIp4(text.slice(at));
  if (tail === undefined) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = tail;
  return `${text.slice(0, at)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
