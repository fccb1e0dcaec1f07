/** Base64url without padding (RFC 4648 section 5). Neither Node nor browsers agree on more than `btoa`. */
export function encodeBase64url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_');
}

/**
 * The inverse of {@link encodeBase64url}.
 *
 * @returns undefined for text that {@link encodeBase64url} does not make
 */
export function decodeBase64url(text: string): Uint8Array | undefined {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const decoded = Uint8Array.from(bytes, (character) => character.charCodeAt(0));
  return encodeBase64url(decoded) === text ? decoded : undefined;
}

/** Base64 without padding (RFC 4648 section 4). */
export function encodeBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')).replace(/=+$/, '');
}
