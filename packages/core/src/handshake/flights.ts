import { concat } from '../crypto/bytes.js';
import { Reader } from '../wire/reader.js';
import { bodyOf, encodeMessage, MessageType, takeMessage } from './messages.js';

/** A flight of kind 1: the hello as it was sent, and the cookie of a retry (SPEC 4.1). */
export interface HelloFlight {
  /** The whole CH message, header included. */
  readonly hello: Uint8Array;
  /** 1 to 64 bytes. */
  readonly cookie?: Uint8Array;
}

/** A flight of kind 2: whole messages, headers included (SPEC 4.1). */
export interface ServerFlight {
  readonly serverHello: Uint8Array;
  readonly sealed: Uint8Array;
}

const COOKIE_MAX_BYTES = 64;

/** Encodes a flight of kind 1 from a whole CH message and, after a retry, the cookie. */
export function encodeHelloFlight(hello: Uint8Array, cookie?: Uint8Array): Uint8Array {
  return cookie === undefined ? hello : concat(hello, encodeMessage(MessageType.Cookie, cookie));
}

/** Splits a flight of kind 1; undefined when it is malformed. What CH says is not looked at. */
export function decodeHelloFlight(flight: Uint8Array): HelloFlight | undefined {
  const reader = new Reader().reset(flight, 0, flight.length);
  const hello = takeMessage(reader, MessageType.ClientHello);
  if (hello === undefined) return undefined;
  if (reader.done) return { hello };
  const cookie = takeCookie(reader);
  return cookie === undefined ? undefined : { hello, cookie };
}

/** Splits a flight of kind 2; undefined when it is malformed. */
export function decodeServerFlight(flight: Uint8Array): ServerFlight | undefined {
  const reader = new Reader().reset(flight, 0, flight.length);
  const serverHello = takeMessage(reader, MessageType.ServerHello);
  const sealed = takeMessage(reader, MessageType.Sealed);
  if (serverHello === undefined || sealed === undefined || !reader.done) return undefined;
  return { serverHello, sealed };
}

/** The SEALED message of a flight of kind 3; undefined when it is malformed. */
export function decodeFinishFlight(flight: Uint8Array): Uint8Array | undefined {
  const reader = new Reader().reset(flight, 0, flight.length);
  const sealed = takeMessage(reader, MessageType.Sealed);
  return reader.done ? sealed : undefined;
}

/** Encodes a flight of kind 4. @param cookie 1 to 64 bytes */
export function encodeRetryFlight(cookie: Uint8Array): Uint8Array {
  return encodeMessage(MessageType.Cookie, cookie);
}

/** The cookie of a flight of kind 4; undefined when it is malformed. */
export function decodeRetryFlight(flight: Uint8Array): Uint8Array | undefined {
  return takeCookie(new Reader().reset(flight, 0, flight.length));
}

function takeCookie(reader: Reader): Uint8Array | undefined {
  const message = takeMessage(reader, MessageType.Cookie);
  if (message === undefined || !reader.done) return undefined;
  const cookie = bodyOf(message);
  return cookie.length >= 1 && cookie.length <= COOKIE_MAX_BYTES ? cookie : undefined;
}
