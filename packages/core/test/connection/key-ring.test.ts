import { describe, expect, it } from 'vitest';
import { KeyRing } from '../../src/connection/key-ring.js';
import { EpochSecrets } from '../../src/handshake/epoch-secrets.js';
import { provider } from '../handshake/support.js';

const crypto = provider(5);
const LIMITS = { packets: 100, bytes: 10_000, intervalMs: 60_000 };
const PTO = 100;

function first(): EpochSecrets {
  return EpochSecrets.first(crypto, new Uint8Array(32).fill(1), new Uint8Array(32).fill(2));
}

function next(secrets: EpochSecrets): EpochSecrets {
  const body = Uint8Array.of(secrets.epoch);
  return secrets.next(crypto, body, body, new Uint8Array(32).fill(3));
}

/** The rings of a client and a server. */
function rings(): { client: KeyRing; server: KeyRing } {
  return {
    client: new KeyRing(crypto, first(), 0, LIMITS, 0),
    server: new KeyRing(crypto, first(), 1, LIMITS, 0),
  };
}

/** Seals with what `from` sends under now. @returns whether the other side can open it */
function carries(from: KeyRing, to: KeyRing, pathId = 0, now = 0): boolean {
  const keys = from.sending;
  const record = new Uint8Array(40).fill(7);
  keys.sealer(pathId).seal(9, record, 5, 24);
  const opening = to.opening(keys.epoch & 3);
  if (opening === undefined || !opening.opener(pathId).open(9, record, 5, 40)) return false;
  to.opened(opening, now, PTO);
  return true;
}

describe('the key ring', () => {
  it('seals for the other direction and for each path apart', () => {
    const { client, server } = rings();
    expect(carries(client, server)).toBe(true);
    expect(carries(server, client)).toBe(true);
    expect(carries(client, client)).toBe(false);
    const record = new Uint8Array(40);
    client.sending.sealer(1).seal(9, record, 5, 24);
    expect(server.opening(0)?.opener(2).open(9, record, 5, 40)).toBe(false);
  });

  it('lets the client send under new keys at once, the server after it has heard them', () => {
    const { client, server } = rings();
    server.install(next(server.newest.secrets), false, 0);
    expect([server.sending.epoch, server.isRotating]).toEqual([0, true]);
    expect(carries(server, client)).toBe(true);
    client.install(next(client.newest.secrets), true, 0);
    expect([client.sending.epoch, client.isRotating]).toEqual([1, true]);
    expect(carries(client, server)).toBe(true);
    expect([server.sending.epoch, server.isRotating]).toEqual([1, false]);
    expect(carries(server, client)).toBe(true);
    expect(client.isRotating).toBe(false);
  });

  it('opens late packets of the old keys for 3 PTO more', () => {
    const { client, server } = rings();
    const late = new Uint8Array(40);
    client.sending.sealer(0).seal(3, late, 5, 24);
    server.install(next(server.newest.secrets), false, 0);
    client.install(next(client.newest.secrets), true, 0);
    carries(client, server, 0, 1_000);
    expect(server.deadline).toBe(1_000 + 3 * PTO);
    server.expire(1_000 + 3 * PTO - 1);
    expect(server.opening(0)?.opener(0).open(3, late.slice(), 5, 40)).toBe(true);
    server.expire(1_000 + 3 * PTO);
    expect(server.opening(0)).toBeUndefined();
    expect(server.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('tells epochs apart by two bits over many rotations', () => {
    const { client, server } = rings();
    for (let epoch = 1; epoch <= 9; epoch++) {
      server.install(next(server.newest.secrets), false, epoch);
      client.install(next(client.newest.secrets), true, epoch);
      expect(carries(client, server, 0, epoch)).toBe(true);
      expect(carries(server, client, 0, epoch)).toBe(true);
      expect([client.sending.epoch, server.sending.epoch]).toEqual([epoch, epoch]);
      expect(server.opening((epoch - 1) & 3)?.epoch).toBe(epoch - 1);
      expect(server.opening((epoch + 1) & 3)).toBeUndefined();
    }
  });

  it('remembers the transcript hashes of recent epochs, for statements that wait', () => {
    const { client } = rings();
    for (let epoch = 1; epoch <= 70; epoch++) {
      client.install(next(client.newest.secrets), true, 0);
      client.opened(client.newest, 0, PTO);
    }
    expect(client.ethOf(70)).toEqual(client.newest.secrets.eth);
    expect(client.ethOf(7)).toHaveLength(32);
    expect(client.ethOf(6)).toBeUndefined();
    expect(client.ethOf(71)).toBeUndefined();
  });

  it.each([
    ['packets', 'packetsSent', 100],
    ['bytes', 'bytesSent', 10_000],
  ] as const)(
    'wants a rotation after so many %s, and stops data at three times that',
    (_, field, limit) => {
      const { client } = rings();
      client.sending[field] = limit - 1;
      expect([client.rotationDue(0), client.exhausted]).toEqual([false, false]);
      client.sending[field] = limit;
      expect([client.rotationDue(0), client.exhausted]).toEqual([true, false]);
      client.sending[field] = 3 * limit;
      expect(client.exhausted).toBe(true);
      client.install(next(client.newest.secrets), true, 0);
      expect([client.rotationDue(0), client.exhausted]).toEqual([false, false]);
    },
  );

  it('wants a rotation when its keys are old', () => {
    const { client } = rings();
    expect(client.rotationDeadline).toBe(60_000);
    expect([client.rotationDue(59_999), client.rotationDue(60_000)]).toEqual([false, true]);
  });

  it('wants a rotation at the very deadline it names, however that is rounded', () => {
    for (let i = 0; i < 1_000; i++) {
      const ring = new KeyRing(crypto, first(), 0, LIMITS, i * 1.2345678901234567);
      expect(ring.rotationDue(ring.rotationDeadline)).toBe(true);
    }
  });

  it('wants a rotation at 2^35 forgeries and gives up at 2^36', () => {
    const { client } = rings();
    client.sending.forgeries = 2 ** 35 - 1;
    expect(client.rotationDue(0)).toBe(false);
    client.sending.forgeries = 2 ** 35;
    expect([client.rotationDue(0), client.forged]).toEqual([true, false]);
    client.sending.forgeries = 2 ** 36;
    expect(client.forged).toBe(true);
  });
});
