// Messages of which both sides know what they have to look like.

const HEAD_BYTES = 4;

/** Message `n` of `length` bytes: its number as far as that fits, then bytes that depend on it. */
export function message(n, length) {
  const bytes = new Uint8Array(length).fill((n * 37) & 255);
  if (length >= HEAD_BYTES) new DataView(bytes.buffer).setUint32(0, n);
  return bytes;
}

/** Sends messages of these lengths, one after the other: all, or those from one number to another. */
export async function sendAll(connection, lengths, from = 0, to = lengths.length) {
  for (let n = from; n < to; n++) await connection.send(message(n, lengths[n]));
}

/**
 * Receives as many messages and compares each with what it has to be.
 *
 * @returns the problems, one string each
 */
export async function receiveAll(connection, lengths, side) {
  for (let n = 0; n < lengths.length; n++) {
    const { payload, number, verified } = await connection.recv();
    if (number !== n) return [`${side}: message ${number} came where ${n} belongs`];
    if (!verified) return [`${side}: message ${n} is not verified`];
    if (payload.length !== lengths[n]) {
      return [`${side}: message ${n} has ${payload.length} bytes, not ${lengths[n]}`];
    }
    if (Buffer.compare(payload, message(n, lengths[n])) !== 0) {
      return [`${side}: message ${n} is not what was sent`];
    }
  }
  return [];
}

/** Sends the same messages both ways at once. @returns the problems */
export async function exchange({ client, server }, lengths) {
  const found = await Promise.all([
    sendAll(client, lengths),
    sendAll(server, lengths),
    receiveAll(client, lengths, 'client'),
    receiveAll(server, lengths, 'server'),
  ]);
  return found.flatMap((problems) => problems ?? []);
}
