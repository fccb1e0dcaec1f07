import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openEarlyFlight, sealEarlyFlight, ticketSecret } from '../../src/handshake/early-data.js';
import { provider } from '../handshake/support.js';
import { fromHex, toHex } from '../wire/hex.js';

interface Vector {
  readonly name: string;
  readonly exporter: string;
  readonly id: string;
  readonly secret: string;
  readonly helloHash: string;
  readonly messages: readonly { readonly kind: number; readonly payload: string }[];
  readonly flight: string;
}

const file = new URL('../vectors/early.json', import.meta.url);
const { flights } = JSON.parse(readFileSync(file, 'utf8')) as { flights: readonly Vector[] };
const crypto = provider(1);

describe.each(flights)('the vector of an early flight with $name', (vector) => {
  const { exporter, id, secret, helloHash, flight } = vector;
  const messages = vector.messages.map(({ kind, payload }) => ({
    kind,
    payload: fromHex(payload),
  }));

  it('gives the secret of the ticket', () => {
    expect(toHex(ticketSecret(crypto, fromHex(exporter), fromHex(id)))).toBe(secret);
  });

  it('is sealed byte for byte, and opened', () => {
    const ticket = { id: fromHex(id), secret: fromHex(secret) };
    expect(toHex(sealEarlyFlight(crypto, ticket, fromHex(helloHash), messages))).toBe(flight);
    const opened = openEarlyFlight(crypto, ticket.secret, fromHex(helloHash), fromHex(flight));
    expect(opened).toEqual(messages);
  });

  it('does not open under another hello, or with a byte less', () => {
    const bytes = fromHex(flight);
    expect(openEarlyFlight(crypto, fromHex(secret), new Uint8Array(32), bytes)).toBeUndefined();
    const hash = fromHex(helloHash);
    expect(openEarlyFlight(crypto, fromHex(secret), hash, bytes.subarray(0, -1))).toBeUndefined();
  });
});
