import type { CryptoProvider } from '../crypto/provider.js';
import { VCLError } from '../errors.js';
import { Reader } from '../wire/reader.js';
import { Writer } from '../wire/writer.js';
import type { OuterKeys } from './outer-keys.js';
import { ATTEMPT_BYTES, EMPTY, TAG_BYTES } from './registry.js';

/** What an envelope carries (SPEC 3.1). */
export const EnvelopeKind = {
  ClientHello: 1,
  ServerFlight: 2,
  ClientFinish: 3,
  Retry: 4,
  EarlyData: 5,
} as const;
/** One of the {@link EnvelopeKind} values. */
export type EnvelopeKind = (typeof EnvelopeKind)[keyof typeof EnvelopeKind];

/** The shortest envelope in bytes (SPEC 3.1). */
export const ENVELOPE_MIN_BYTES = 300;
/** The longest envelope in bytes (SPEC 3.1). */
export const ENVELOPE_MAX_BYTES = 520;
/** The shortest envelope of a client hello, so that any server flight fits under it (SPEC 3.1). */
export const HELLO_MIN_BYTES = 420;

const NONCE_BYTES = 24;
const HEADER_BYTES = 1 + ATTEMPT_BYTES + 6;
/** Bytes of an envelope that are neither flight nor padding. */
export const ENVELOPE_OVERHEAD_BYTES: number = NONCE_BYTES + HEADER_BYTES + TAG_BYTES;

type RandomSource = Pick<CryptoProvider, 'randomBytes'>;

/** What to seal. */
export interface EnvelopeContents {
  readonly kind: EnvelopeKind;
  /** 8 bytes. */
  readonly attempt: Uint8Array;
  readonly flight: Uint8Array;
  /** Of early data: where this piece stands and how long the whole is. Default: the flight is whole. */
  readonly offset?: number;
  readonly total?: number;
  /** Upper bound of the envelope: for a server, the length of the one it answers. Default 520. */
  readonly maxBytes?: number;
  /** Lower bound of the envelope. Default 300, or 420 for a client hello. */
  readonly minBytes?: number;
  /** Gives nonce and length. Default: the provider. */
  readonly random?: RandomSource | undefined;
}

/** What an envelope held. The bytes belong to the caller. */
export interface OpenedEnvelope {
  readonly kind: EnvelopeKind;
  readonly attempt: Uint8Array;
  readonly flight: Uint8Array;
  /** Where the flight stands in what is sent; 0 but for early data. */
  readonly offset: number;
  /** How long that is. */
  readonly total: number;
}

/** A part of a flight that takes more than one envelope. */
export interface FlightPiece {
  readonly offset: number;
  readonly total: number;
  readonly bytes: Uint8Array;
}

/**
 * Seals a flight into a datagram of random length (SPEC 3.1). Each call gives other bytes.
 *
 * @throws VCLError `MessageTooBig` when the flight does not fit into `maxBytes`
 */
export function sealEnvelope(
  crypto: CryptoProvider,
  outer: OuterKeys,
  contents: EnvelopeContents,
): Uint8Array {
  const { kind, attempt, flight } = contents;
  const { random = crypto } = contents;
  const plaintext = new Uint8Array(drawTotal(random, contents) - NONCE_BYTES - TAG_BYTES);
  const writer = new Writer().reset(plaintext, 0, plaintext.length);
  writer.u8(kind);
  writer.bytes(attempt);
  writer.u16(contents.offset ?? 0);
  writer.u16(contents.total ?? flight.length);
  writer.u16(flight.length);
  writer.bytes(flight);
  const datagram = new Uint8Array(NONCE_BYTES + plaintext.length + TAG_BYTES);
  // A view, because native code takes a small array of its own several times slower.
  const nonce = datagram.subarray(0, NONCE_BYTES);
  random.randomBytes(nonce);
  datagram.set(crypto.xchachaSeal(outer.okey, nonce, EMPTY, plaintext), NONCE_BYTES);
  return datagram;
}

/** Opens a datagram as an envelope; undefined when it is none of this outer secret (SPEC 3.1). */
export function openEnvelope(
  crypto: CryptoProvider,
  outer: OuterKeys,
  datagram: Uint8Array,
): OpenedEnvelope | undefined {
  if (datagram.length < ENVELOPE_MIN_BYTES || datagram.length > ENVELOPE_MAX_BYTES) {
    return undefined;
  }
  const nonce = datagram.subarray(0, NONCE_BYTES);
  const sealed = datagram.subarray(NONCE_BYTES);
  const plaintext = crypto.xchachaOpen(outer.okey, nonce, EMPTY, sealed);
  if (plaintext === undefined) return undefined;
  const opened = readPlaintext(plaintext);
  if (opened?.kind === EnvelopeKind.ClientHello && datagram.length < HELLO_MIN_BYTES) {
    return undefined;
  }
  return opened;
}

function readPlaintext(plaintext: Uint8Array): OpenedEnvelope | undefined {
  const reader = new Reader().reset(plaintext, 0, plaintext.length);
  const kind = reader.u8();
  const attempt = reader.bytes(ATTEMPT_BYTES);
  const offset = reader.u16();
  const total = reader.u16();
  const length = reader.u16();
  const flight = reader.bytes(length);
  const padding = reader.bytes(reader.remaining);
  if (reader.failed || !isEnvelopeKind(kind)) return undefined;
  if (kind === EnvelopeKind.EarlyData) {
    if (offset + length > total) return undefined;
  } else if (offset !== 0 || total !== length) return undefined;
  for (let i = 0; i < padding.length; i++) if (padding[i] !== 0) return undefined;
  // Views do: the plaintext was made for this datagram alone.
  return { kind, attempt, flight, offset, total };
}

function isEnvelopeKind(kind: number): kind is EnvelopeKind {
  return kind >= EnvelopeKind.ClientHello && kind <= EnvelopeKind.EarlyData;
}

function drawTotal(source: RandomSource, contents: EnvelopeContents): number {
  const { kind, flight } = contents;
  const floor = kind === EnvelopeKind.ClientHello ? HELLO_MIN_BYTES : ENVELOPE_MIN_BYTES;
  const low = Math.max(contents.minBytes ?? floor, ENVELOPE_OVERHEAD_BYTES + flight.length);
  const high = Math.min(contents.maxBytes ?? ENVELOPE_MAX_BYTES, ENVELOPE_MAX_BYTES);
  if (low > high) {
    throw new VCLError(
      'MessageTooBig',
      `a flight of ${flight.length} bytes does not fit into an envelope of ${high}, shorten it`,
    );
  }
  const random = new Uint8Array(2);
  source.randomBytes(random);
  return low + (((random[0]! << 8) | random[1]!) % (high - low + 1));
}
