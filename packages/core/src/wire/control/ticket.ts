import { Reader } from '../reader.js';
import { Writer } from '../writer.js';

/** Bytes of a ticket's id (SPEC 4.7). */
export const TICKET_ID_BYTES = 16;
const TICKET_BYTES = TICKET_ID_BYTES + 4;
const EARLY_BYTES = TICKET_ID_BYTES + 1;
const MAX_LIFETIME_SECONDS = 86_400;
const MAX_EARLY_MESSAGES = 64;

/** TICKET: the server gives the client a ticket (SPEC 4.7). */
export interface TicketMessage {
  /** 16 bytes. */
  readonly id: Uint8Array;
  /** Seconds from now in which it is good for something. */
  readonly lifetimeSeconds: number;
}

/** EARLY: the client has sent its first messages before the handshake, under this ticket (SPEC 4.7). */
export interface EarlyMessageCount {
  /** 16 bytes. */
  readonly id: Uint8Array;
  /** How many messages: the first ones of lane R. */
  readonly count: number;
}

/** The body of a TICKET. */
export function encodeTicket({ id, lifetimeSeconds }: TicketMessage): Uint8Array {
  const body = new Uint8Array(TICKET_BYTES);
  const writer = new Writer().reset(body, 0, body.length);
  writer.bytes(id);
  writer.u32(lifetimeSeconds);
  return body;
}

/** Reads the body of a TICKET; undefined when its length is another, or its lifetime over 24 hours. */
export function decodeTicket(body: Uint8Array): TicketMessage | undefined {
  if (body.length !== TICKET_BYTES) return undefined;
  const reader = new Reader().reset(body, 0, body.length);
  const id = reader.bytes(TICKET_ID_BYTES).slice();
  const lifetimeSeconds = reader.u32();
  return lifetimeSeconds > MAX_LIFETIME_SECONDS ? undefined : { id, lifetimeSeconds };
}

/** The body of an EARLY. */
export function encodeEarly({ id, count }: EarlyMessageCount): Uint8Array {
  const body = new Uint8Array(EARLY_BYTES);
  body.set(id);
  body[TICKET_ID_BYTES] = count;
  return body;
}

/** Reads the body of an EARLY; undefined when its length is another, or its count over 64. */
export function decodeEarly(body: Uint8Array): EarlyMessageCount | undefined {
  if (body.length !== EARLY_BYTES) return undefined;
  const count = body[TICKET_ID_BYTES]!;
  return count > MAX_EARLY_MESSAGES ? undefined : { id: body.slice(0, TICKET_ID_BYTES), count };
}
