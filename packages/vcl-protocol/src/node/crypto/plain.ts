/**
 * @returns the same bytes as a `Uint8Array` proper: a Buffer's `slice` shares memory where the core
 * expects a copy
 */
export function plainBytes(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
