import { concat } from '../crypto/bytes.js';
import { CloseCode } from '../wire/close-codes.js';
import { Writer } from '../wire/writer.js';
import type { Grease } from './grease.js';
import type { KeyShare } from './key-shares.js';
import { bodyReader, encodeMessage, MessageType } from './messages.js';
import type { TransportParams } from './params.js';
import { decodeParams, encodeParams } from './params-codec.js';
import { CID_BYTES, KEY_BYTES } from './registry.js';

/** Codes with which a server may refuse a hello (SPEC 4.1). */
const REFUSAL_CODES: readonly number[] = [
  CloseCode.INTERNAL,
  CloseCode.AUTH_REFUSED,
  CloseCode.VERSION,
  CloseCode.PQ_REQUIRED,
];

/**
 * SH, the server's first message (SPEC 4.1).
 *
 * ```
 * random 32 || refuse u16 || version u32 || suite u16 || server cid 8 || group u16 || share<u16> || params
 * ```
 */
export interface ServerHello {
  readonly random: Uint8Array;
  /** 0, or one of {@link REFUSAL_CODES}. */
  readonly refuse: number;
  readonly version: number;
  readonly suite: number;
  readonly serverCid: Uint8Array;
  readonly share: KeyShare;
  readonly params: TransportParams;
}

const HEAD_BYTES = 256;

/** Encodes a whole SH message. @throws VCLError `InvalidConfig` for a parameter out of range */
export function encodeServerHello(hello: ServerHello, grease?: Grease): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES);
  const writer = new Writer().reset(head, 0, head.length);
  writer.bytes(hello.random);
  writer.u16(hello.refuse);
  writer.u32(hello.version);
  writer.u16(hello.suite);
  writer.bytes(hello.serverCid);
  writer.u16(hello.share.group);
  writer.u16(hello.share.share.length);
  writer.bytes(hello.share.share);
  const params = encodeParams(hello.params, grease);
  return encodeMessage(MessageType.ServerHello, concat(head.subarray(0, writer.pos), params));
}

/** Decodes a whole SH message; undefined when it is not exactly one (SPEC 4.1). */
export function decodeServerHello(message: Uint8Array): ServerHello | undefined {
  const reader = bodyReader(message);
  const random = reader.bytes(KEY_BYTES).slice();
  const refuse = reader.u16();
  const version = reader.u32();
  const suite = reader.u16();
  const serverCid = reader.bytes(CID_BYTES).slice();
  const group = reader.u16();
  const share = reader.bytes(reader.u16()).slice();
  const params = decodeParams(reader);
  if (params === undefined || !reader.done) return undefined;
  if (refuse !== 0 && !REFUSAL_CODES.includes(refuse)) return undefined;
  return { random, refuse, version, suite, serverCid, share: { group, share }, params };
}
