import { concat, u16be } from '../crypto/bytes.js';
import type { Reader } from '../wire/reader.js';
import { Writer } from '../wire/writer.js';
import { type Grease, withExtra } from './grease.js';
import { type KeyShare, readKeyShares, writeKeyShares } from './key-shares.js';
import { bodyReader, encodeMessage, MessageType } from './messages.js';
import type { TransportParams } from './params.js';
import { decodeParams, encodeParams } from './params-codec.js';
import { CID_BYTES, KEY_BYTES } from './registry.js';

/**
 * CH, the client's first message (SPEC 4.1). What a decoder gives may hold values nobody knows.
 *
 * ```
 * random 32 || time_ms u64 || client cid 8 || versions || suites || shares || params
 * ```
 */
export interface ClientHello {
  readonly random: Uint8Array;
  /** The client's Unix time in milliseconds. */
  readonly timeMs: number;
  readonly clientCid: Uint8Array;
  /** In order of preference; at least one, none twice. */
  readonly versions: readonly number[];
  readonly suites: readonly number[];
  readonly shares: readonly KeyShare[];
  readonly params: TransportParams;
}

/** Room for all but the parameters: a later version with longer shares needs more. */
const HEAD_BYTES = 1024;

/** Encodes a whole CH message. @throws VCLError `InvalidConfig` for a parameter out of range */
export function encodeClientHello(hello: ClientHello, grease?: Grease): Uint8Array {
  const first = grease?.first ?? false;
  const head = new Uint8Array(HEAD_BYTES);
  const writer = new Writer().reset(head, 0, head.length);
  writer.bytes(hello.random);
  writer.u64(hello.timeMs);
  writer.bytes(hello.clientCid);
  const versions = withExtra(hello.versions, grease?.version, first);
  writer.u8(versions.length);
  for (const version of versions) writer.u32(version);
  const suites = withExtra(hello.suites, grease?.suite, first);
  writer.u8(suites.length);
  for (const suite of suites) writer.bytes(u16be(suite));
  writeKeyShares(writer, withExtra(hello.shares, grease?.share, first));
  const params = encodeParams(hello.params, grease);
  return encodeMessage(MessageType.ClientHello, concat(head.subarray(0, writer.pos), params));
}

/** Decodes a whole CH message; undefined when it is not exactly one (SPEC 4.1). */
export function decodeClientHello(message: Uint8Array): ClientHello | undefined {
  const reader = bodyReader(message);
  const random = reader.bytes(KEY_BYTES).slice();
  const timeMs = reader.u64();
  const clientCid = reader.bytes(CID_BYTES).slice();
  const versions = readList(reader, () => reader.u32());
  const suites = readList(reader, () => reader.u16());
  const shares = readKeyShares(reader);
  const params = decodeParams(reader);
  if (versions === undefined || suites === undefined || shares === undefined) return undefined;
  if (params === undefined || !reader.done) return undefined;
  return { random, timeMs, clientCid, versions, suites, shares, params };
}

function readList(reader: Reader, readOne: () => number): readonly number[] | undefined {
  const count = reader.u8();
  const values = new Set<number>();
  for (let i = 0; i < count && !reader.failed; i++) values.add(readOne());
  return reader.failed || count === 0 || values.size !== count ? undefined : [...values];
}
