import { describe, expect, it } from 'vitest';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { isDrop } from '../../src/handshake/drop-reason.js';
import { openEnvelope } from '../../src/handshake/envelope.js';
import type { Initiator } from '../../src/handshake/initiator.js';
import { toHex } from '../wire/hex.js';
import {
  answer,
  client,
  deliver,
  flipped,
  handshake,
  OPEN,
  peerOf,
  provider,
  responder,
  sent,
} from './support.js';

/** Flights given to one client: fewer than the key exchanges it is ready for. */
const BATCH = 50;

describe('one flipped bit', () => {
  const { helloFlight, serverFlight, finishFlight } = handshake({ crypto: withMemory(11) });

  it(`anywhere in the ${8 * helloFlight.length} bits of the hello never leads to a session`, () => {
    let answered = 0;
    forBatches(8 * helloFlight.length, (initiator, bit) => {
      const server = answer(flipped(helloFlight, bit), { crypto: withMemory(22) });
      if (isDrop(server)) return;
      answered++;
      expectDropped(initiator, server.flight(), bit);
    });
    // Random, time, connection id and share decode whatever they hold: the transcript must tell.
    expect(answered).toBeGreaterThan(8 * 70);
  });

  it(`anywhere in the ${8 * serverFlight.length} bits of the server flight is noticed`, () => {
    forBatches(8 * serverFlight.length, (initiator, bit) => {
      expectDropped(initiator, flipped(serverFlight, bit), bit);
    });
  });

  it(`anywhere in the ${8 * finishFlight.length} bits of the finish is noticed`, () => {
    const server = responder(helloFlight);
    for (let bit = 0; bit < 8 * finishFlight.length; bit++) {
      expect(server.handleFinish(flipped(finishFlight, bit), 1)).toHaveProperty('drop');
    }
    expect(peerOf(server, finishFlight).type).toBe('peer');
  });

  it('anywhere in an envelope keeps it shut', () => {
    const datagram = client().pollTransmit(0);
    if (datagram === undefined) throw new Error('the client sent no hello');
    expect(openEnvelope(provider(), OPEN, datagram)).toBeDefined();
    for (let bit = 0; bit < 8 * datagram.length; bit++) {
      expect(openEnvelope(provider(), OPEN, flipped(datagram, bit))).toBe(undefined);
    }
  });

  /** Runs all bits against clients with the same hello, and the genuine flight after each batch. */
  function forBatches(bits: number, visit: (initiator: Initiator, bit: number) => void): void {
    for (let first = 0; first < bits; first += BATCH) {
      const initiator = client({ crypto: withMemory(11) });
      expect(toHex(sent(initiator).flight)).toBe(toHex(helloFlight));
      for (let bit = first; bit < Math.min(first + BATCH, bits); bit++) visit(initiator, bit);
      expect(deliver(initiator, serverFlight)).toBe(undefined);
      expect(initiator.state.type).toBe('deciding');
    }
  }
});

function expectDropped(initiator: Initiator, flight: Uint8Array, bit: number): void {
  expect(deliver(initiator, flight), `bit ${bit}`).toBeTypeOf('string');
  expect(initiator.state.type, `bit ${bit}`).toBe('hello');
}

const products = new Map<string, Uint8Array | undefined>();

/** The seeded provider; X25519 remembers its results, because the same few keys meet all the time. */
function withMemory(seed: number): CryptoProvider {
  const crypto = provider(seed);
  return {
    ...crypto,
    x25519(secret: Uint8Array, share: Uint8Array): Uint8Array | undefined {
      const key = toHex(secret) + toHex(share);
      if (!products.has(key)) products.set(key, crypto.x25519(secret, share));
      return products.get(key)?.slice();
    },
  };
}
