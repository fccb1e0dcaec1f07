import ipaddr from 'ipaddr.js';

/**
 * The bytes of a numeric address: 4 or 16. IPv6 with a zone, and IPv4 in forms other than four decimal
 * numbers, are no addresses here.
 */
export function parseIp(text: string): Uint8Array | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text) && !/(^|\.)0\d/.test(text)) {
    return Uint8Array.from(ipaddr.IPv4.parse(text).toByteArray());
  }
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  return Uint8Array.from(ipaddr.IPv6.parse(text).toByteArray());
}

/** The usual text of an address of 4 or 16 bytes (RFC 5952 for IPv6). */
export function formatIp(bytes: Uint8Array): string {
  const address = ipaddr.fromByteArray([...bytes]);
  return address.kind() === 'ipv6'
    ? (address as ipaddr.IPv6).toRFC5952String()
    : address.toString();
}
