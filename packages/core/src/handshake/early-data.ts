import { concat, u16be } from '../crypto/bytes.js';
import { expandLabel } from '../crypto/hkdf.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { VCLError } from '../errors.js';
import { Reader } from '../wire/reader.js';
import { Writer } from '../wire/writer.js';
import { earlySecret } from './key-schedule.js';
import { EMPTY, KEY_BYTES, TAG_BYTES } from './registry.js';

/** Payload bytes that may go before the handshake, and how many messages (SPEC 4.7). */
const MAX_EARLY_BYTES = 8_192;
const MAX_EARLY_MESSAGES = 64;

const NONCE_BYTES = 24;
const ID_BYTES = 16;
const MESSAGE_HEADER_BYTES = 6;
/** The longest early flight: id, messages, their headers, tag. */
export const MAX_EARLY_FLIGHT_BYTES: number =
  ID_BYTES + MAX_EARLY_BYTES + MAX_EARLY_MESSAGES * MESSAGE_HEADER_BYTES + TAG_BYTES;

/** A message that is sent before the handshake has ended. */
export interface EarlyMessage {
  /** The application's number for the message, 0 to 65,535. */
  readonly kind: number;
  readonly payload: Uint8Array;
}

/** What a client keeps of a ticket (SPEC 4.7). */
export interface Ticket {
  /** 16 bytes. */
  readonly id: Uint8Array;
  /** 32 bytes that only the two peers know. */
  readonly secret: Uint8Array;
  /** Whom it is good for. */
  readonly serverKey: Uint8Array;
  readonly clientKey: Uint8Array;
  /** When it is good for nothing any more, ms of the endpoint's clock. */
  readonly expiresAt: number;
}

/** The secret of a ticket, from the exporter of the session in which it was given. */
export function ticketSecret(
  crypto: CryptoProvider,
  exporter: Uint8Array,
  id: Uint8Array,
): Uint8Array {
  return expandLabel(crypto, exporter, 'ticket', id, KEY_BYTES);
}

/**
 * The early flight of one hello: the ticket's id and the messages, sealed.
 *
 * @param helloHash SHA-256 of the CH message, so that another hello has another key
 * @throws VCLError `MessageTooBig` beyond 64 messages or 8,192 bytes
 */
export function sealEarlyFlight(
  crypto: CryptoProvider,
  ticket: Pick<Ticket, 'id' | 'secret'>,
  helloHash: Uint8Array,
  messages: readonly EarlyMessage[],
): Uint8Array {
  checkEarlyMessages(messages);
  const key = earlyKey(crypto, ticket.secret, helloHash);
  const sealed = crypto.xchachaSeal(key, new Uint8Array(NONCE_BYTES), EMPTY, encode(messages));
  key.fill(0);
  return concat(ticket.id, sealed);
}

/** @throws VCLError `MessageTooBig` beyond 64 messages or 8,192 bytes */
export function checkEarlyMessages(messages: readonly EarlyMessage[]): void {
  const bytes = messages.reduce((sum, { payload }) => sum + payload.length, 0);
  if (messages.length <= MAX_EARLY_MESSAGES && bytes <= MAX_EARLY_BYTES) return;
  throw new VCLError(
    'MessageTooBig',
    `early data is at most ${MAX_EARLY_MESSAGES} messages and ${MAX_EARLY_BYTES} bytes: send the rest after connecting`,
  );
}

/** The ticket's id of an early flight, or of its beginning; undefined when that is too short. */
export function ticketIdOf(flight: Uint8Array): Uint8Array | undefined {
  return flight.length < ID_BYTES ? undefined : flight.slice(0, ID_BYTES);
}

/** Opens an early flight; undefined when it is none of this ticket and hello. */
export function openEarlyFlight(
  crypto: CryptoProvider,
  secret: Uint8Array,
  helloHash: Uint8Array,
  flight: Uint8Array,
): readonly EarlyMessage[] | undefined {
  if (flight.length < ID_BYTES + TAG_BYTES) return undefined;
  const key = earlyKey(crypto, secret, helloHash);
  const sealed = flight.subarray(ID_BYTES);
  const plaintext = crypto.xchachaOpen(key, new Uint8Array(NONCE_BYTES), EMPTY, sealed);
  key.fill(0);
  return plaintext && decode(plaintext);
}

/** By this a message that comes again after the handshake is known. */
export function earlyMessageHash(
  crypto: CryptoProvider,
  { kind, payload }: EarlyMessage,
): Uint8Array {
  return crypto.sha256(concat(u16be(kind), payload));
}

/** One plaintext at most is sealed under it, so its nonce is zeros. */
function earlyKey(crypto: CryptoProvider, secret: Uint8Array, helloHash: Uint8Array): Uint8Array {
  const early = earlySecret(crypto, secret);
  const key = expandLabel(crypto, early, 'early', helloHash, KEY_BYTES);
  early.fill(0);
  return key;
}

function encode(messages: readonly EarlyMessage[]): Uint8Array {
  const bytes = messages.reduce((sum, { payload }) => sum + payload.length, 0);
  const plaintext = new Uint8Array(bytes + messages.length * MESSAGE_HEADER_BYTES);
  const writer = new Writer().reset(plaintext, 0, plaintext.length);
  for (const { kind, payload } of messages) {
    writer.u16(kind);
    writer.u32(payload.length);
    writer.bytes(payload);
  }
  return plaintext;
}

function decode(plaintext: Uint8Array): readonly EarlyMessage[] | undefined {
  const reader = new Reader().reset(plaintext, 0, plaintext.length);
  const messages: EarlyMessage[] = [];
  let bytes = 0;
  while (reader.remaining > 0) {
    const kind = reader.u16();
    const payload = reader.bytes(reader.u32()).slice();
    bytes += payload.length;
    if (reader.failed || bytes > MAX_EARLY_BYTES) return undefined;
    if (messages.length === MAX_EARLY_MESSAGES) return undefined;
    messages.push({ kind, payload });
  }
  return messages;
}
