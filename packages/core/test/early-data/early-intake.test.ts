import { describe, expect, it } from 'vitest';
import { EarlyIntake } from '../../src/endpoint/early-intake.js';
import { TicketStore } from '../../src/endpoint/ticket-store.js';
import {
  type EarlyMessage,
  MAX_EARLY_FLIGHT_BYTES,
  sealEarlyFlight,
} from '../../src/handshake/early-data.js';
import { CLIENT, flipped, provider } from '../handshake/support.js';
import { message, textOf } from './support.js';

const crypto = provider(5);
const helloHash = new Uint8Array(32).fill(3);
const SECRET = new Uint8Array(32).fill(9);

function store(): { readonly tickets: TicketStore; readonly id: Uint8Array } {
  const tickets = new TicketStore(crypto);
  return { tickets, id: tickets.issue(CLIENT.publicKey, () => SECRET.slice(), 0) };
}

function intakeOf(tickets: TicketStore, maxMessageBytes = 65_536): EarlyIntake {
  return new EarlyIntake({ crypto, tickets, helloHash, maxMessageBytes });
}

function sealed(id: Uint8Array, messages: readonly EarlyMessage[]): Uint8Array {
  return sealEarlyFlight(crypto, { id, secret: SECRET }, helloHash, messages);
}

/** A flight in pieces of `size` bytes. */
function piecesOf(flight: Uint8Array, size: number) {
  return Array.from({ length: Math.ceil(flight.length / size) }, (_, i) => {
    const offset = i * size;
    return { offset, total: flight.length, bytes: flight.subarray(offset, offset + size) };
  });
}

function pushAll(intake: EarlyIntake, flight: Uint8Array, size = 460, now = 1): string[] {
  return piecesOf(flight, size).flatMap((piece) => {
    const outcome = intake.push(piece, now);
    return typeof outcome === 'string' ? [] : outcome.messages.map(textOf);
  });
}

describe('the early flight that a server takes', () => {
  it('with any bit changed gives nothing and throws nothing', () => {
    const { tickets, id } = store();
    const flight = sealed(id, [message('pay'), message(''), message('x'.repeat(1_180))]);
    for (let i = 0; i < 10_000; i++) {
      const bit = i % (flight.length * 8);
      expect(pushAll(intakeOf(tickets), flipped(flight, bit))).toEqual([]);
    }
    expect(tickets.size).toBe(1);
    expect(pushAll(intakeOf(tickets), flight)).toEqual(['pay', '', 'x'.repeat(1_180)]);
  });

  it('is taken once, by whichever attempt is first', () => {
    const { tickets, id } = store();
    const flight = sealed(id, [message('x'.repeat(800))]);
    const [first, second] = [intakeOf(tickets), intakeOf(tickets)];
    const [a, b] = piecesOf(flight, 460);
    expect([first.push(a!, 1), second.push(a!, 1)]).toEqual(['kept', 'kept']);
    expect(second.push(b!, 1)).toMatchObject({ id, clientKey: CLIENT.publicKey });
    expect(first.push(b!, 1)).toBe('dropped');
    expect([pushAll(first, flight), pushAll(second, flight)]).toEqual([[], []]);
  });

  it('leaves nothing behind before its first piece has named a ticket', () => {
    const { tickets, id } = store();
    const flight = sealed(new Uint8Array(16).fill(1), [message('x'.repeat(800))]);
    const intake = intakeOf(tickets);
    expect(piecesOf(flight, 460).map((piece) => intake.push(piece, 1))).toEqual([
      'dropped',
      'dropped',
    ]);
    const total = MAX_EARLY_FLIGHT_BYTES + 1;
    expect(intake.push({ offset: 0, total, bytes: id }, 1)).toBe('dropped');
    expect(intake.push({ offset: 0, total: 40, bytes: id.subarray(0, 15) }, 1)).toBe('dropped');
    expect(intake.push({ offset: 0, total: 40, bytes: id }, 1)).toBe('kept');
  });

  it.each([
    ['of another length than the first said', (at: number) => ({ offset: at, total: 41 })],
    ['that ends behind the end', (at: number) => ({ offset: at, total: 17 })],
  ])('is given up with a piece %s', (_, place) => {
    const { tickets, id } = store();
    const flight = sealed(id, []);
    const intake = intakeOf(tickets);
    expect(intake.push({ offset: 0, total: flight.length, bytes: id }, 1)).toBe('kept');
    const rest = flight.subarray(16);
    expect(intake.push({ ...place(16), bytes: rest }, 1)).toBe('dropped');
    expect(intake.push({ offset: 16, total: flight.length, bytes: rest }, 1)).toBe('dropped');
  });

  it('is given up with a piece of nothing, which would be kept without end', () => {
    const { tickets, id } = store();
    const intake = intakeOf(tickets);
    expect(intake.push({ offset: 0, total: 32, bytes: id }, 1)).toBe('kept');
    expect(intake.push({ offset: 16, total: 32, bytes: new Uint8Array() }, 1)).toBe('dropped');
    expect(pushAll(intake, sealed(id, []))).toEqual([]);
  });

  it('may hold 64 messages and 8,192 bytes, or nothing at all', () => {
    const full = Array.from({ length: 64 }, () => ({ kind: 7, payload: new Uint8Array(128) }));
    for (const messages of [full, [], [message('')]]) {
      const { tickets, id } = store();
      const flight = sealed(id, messages);
      expect(flight.length).toBeLessThanOrEqual(MAX_EARLY_FLIGHT_BYTES);
      expect(pushAll(intakeOf(tickets), flight)).toHaveLength(messages.length);
      expect(tickets.size).toBe(0);
    }
    expect(() => sealed(new Uint8Array(16), [...full, message('')])).toThrow('64 messages');
  });

  it('is left to the session when a message is longer than this side takes', () => {
    const { tickets, id } = store();
    const flight = sealed(id, [message('short'), message('x'.repeat(101))]);
    expect(pushAll(intakeOf(tickets, 100), flight)).toEqual([]);
    expect(tickets.size).toBe(1);
    expect(pushAll(intakeOf(tickets, 101), flight)).toHaveLength(2);
  });

  it('is good for nothing once its ticket has expired, also between two pieces', () => {
    const { tickets, id } = store();
    const flight = sealed(id, [message('x'.repeat(800))]);
    const [a, b] = piecesOf(flight, 460);
    const intake = intakeOf(tickets);
    expect(intake.push(a!, 86_399_999)).toBe('kept');
    expect(intake.push(b!, 86_400_000)).toBe('dropped');
    expect(pushAll(intakeOf(tickets), flight, 460, 86_400_000)).toEqual([]);
    expect(pushAll(intakeOf(tickets), flight, 460, 86_399_999)).toHaveLength(1);
  });
});
