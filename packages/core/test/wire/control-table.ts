import fc from 'fast-check';
import {
  ControlType,
  decodeGap,
  decodeLeafWanted,
  decodeRekey,
  decodeRekeyWanted,
  decodeSigner,
  decodeStatement,
  encodeGap,
  encodeLeafWanted,
  encodeRekey,
  encodeRekeyWanted,
  encodeSigner,
  encodeStatement,
  type GapMessage,
  type LeafWantedMessage,
  type RekeyMessage,
  type StatementMessage,
} from '../../src/wire/control-messages.js';
import { anyNumber } from './frame-table.js';

/** How to write and read the body of one control message, and how to make up one. */
export interface ControlCodec<T> {
  readonly type: number;
  encode(message: T): Uint8Array;
  decode(body: Uint8Array): T | undefined;
  readonly arbitrary: fc.Arbitrary<T>;
}

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

const statement: ControlCodec<StatementMessage> = {
  type: ControlType.STATEMENT,
  encode: encodeStatement,
  decode: decodeStatement,
  arbitrary: fc.record({
    flags: fc.nat(3),
    k: anyNumber,
    rThrough: anyNumber,
    lThrough: anyNumber,
    seen: anyNumber,
    epoch: u32,
    timeMs: fc.maxSafeNat(),
    signature: bytes(64),
  }),
};

const gap: ControlCodec<GapMessage> = {
  type: ControlType.GAP,
  encode: encodeGap,
  decode: decodeGap,
  arbitrary: fc.record({ lane: fc.constant(1), n: anyNumber, length: anyNumber, leaf: bytes(32) }),
};

const leafWanted: ControlCodec<LeafWantedMessage> = {
  type: ControlType.LEAF_WANTED,
  encode: encodeLeafWanted,
  decode: decodeLeafWanted,
  arbitrary: fc.record({ lane: fc.constant(1), numbers: fc.array(anyNumber, { maxLength: 256 }) }),
};

const rekey = (type: number): ControlCodec<RekeyMessage> => ({
  type,
  encode: encodeRekey,
  decode: decodeRekey,
  arbitrary: fc
    .tuple(
      u32,
      bytes(32),
      fc.array(fc.record({ group: fc.nat(0xffff), share: fc.uint8Array({ maxLength: 200 }) }), {
        maxLength: 4,
      }),
    )
    .map(([epoch, share, more]) => ({ epoch, shares: [{ group: 0x1d, share }, ...more] })),
});

const rekeyWanted: ControlCodec<number> = {
  type: ControlType.REKEY_WANTED,
  encode: encodeRekeyWanted,
  decode: decodeRekeyWanted,
  arbitrary: u32,
};

const signer: ControlCodec<Uint8Array> = {
  type: ControlType.SIGNER,
  encode: encodeSigner,
  decode: decodeSigner,
  arbitrary: bytes(32),
};

/** Every control message of SPEC 6.3, with the type of its fields left open. */
export const CONTROL_MESSAGES: Readonly<Record<string, ControlCodec<unknown>>> = {
  STATEMENT: open(statement),
  GAP: open(gap),
  LEAF_WANTED: open(leafWanted),
  REKEY_INIT: open(rekey(ControlType.REKEY_INIT)),
  REKEY_RESP: open(rekey(ControlType.REKEY_RESP)),
  REKEY_WANTED: open(rekeyWanted),
  SIGNER: open(signer),
};

function open<T>(codec: ControlCodec<T>): ControlCodec<unknown> {
  return { ...codec, encode: (message) => codec.encode(message as T) };
}
