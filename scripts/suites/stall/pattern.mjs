// The messages of the stall suite: both sides know what message number n has to look like.

/** Message `n` in `payload`: its number, then bytes that depend on it. */
export function fillMessage(n, payload) {
  payload.fill((n * 37) & 255);
  new DataView(payload.buffer, payload.byteOffset).setUint32(0, n);
  return payload;
}
