import fc from 'fast-check';
import { type KeyShare, readKeyShares, writeKeyShares } from '../../src/handshake/key-shares.js';
import {
  ControlType,
  decodeEarly,
  decodeGap,
  decodeLeafWanted,
  decodeRekeyWanted,
  decodeSigner,
  decodeStatement,
  decodeTicket,
  type EarlyMessageCount,
  encodeEarly,
  encodeGap,
  encodeLeafWanted,
  encodeRekeyWanted,
  encodeSigner,
  encodeStatement,
  encodeTicket,
  type GapMessage,
  type LeafWantedMessage,
  type StatementMessage,
  type TicketMessage,
} from '../../src/wire/control-messages.js';
import { Reader } from '../../src/wire/reader.js';
import { Writer } from '../../src/wire/writer.js';
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

/** REKEY_INIT and REKEY_RESP, as the handshake reads and writes them (SPEC 6.10). */
interface RekeyBody {
  readonly epoch: number;
  readonly shares: readonly KeyShare[];
}

const rekey = (type: number): ControlCodec<RekeyBody> => ({
  type,
  encode({ epoch, shares }) {
    const out = new Uint8Array(2_048);
    const writer = new Writer().reset(out, 0, out.length);
    writer.varint(epoch);
    writeKeyShares(writer, shares);
    return out.slice(0, writer.pos);
  },
  decode(body) {
    const reader = new Reader().reset(body, 0, body.length);
    const epoch = reader.varint();
    const shares = readKeyShares(reader);
    return shares !== undefined && reader.done ? { epoch, shares } : undefined;
  },
  arbitrary: fc.record({
    epoch: u32,
    shares: fc.uniqueArray(
      fc.record({ group: fc.nat(0xffff), share: fc.uint8Array({ maxLength: 200 }) }),
      { minLength: 1, maxLength: 4, selector: ({ group }) => group },
    ),
  }),
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

const ticket: ControlCodec<TicketMessage> = {
  type: ControlType.TICKET,
  encode: encodeTicket,
  decode: decodeTicket,
  arbitrary: fc.record({ id: bytes(16), lifetimeSeconds: fc.nat(86_400) }),
};

const early: ControlCodec<EarlyMessageCount> = {
  type: ControlType.EARLY,
  encode: encodeEarly,
  decode: decodeEarly,
  arbitrary: fc.record({ id: bytes(16), count: fc.nat(64) }),
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
  TICKET: open(ticket),
  EARLY: open(early),
};

function open<T>(codec: ControlCodec<T>): ControlCodec<unknown> {
  return { ...codec, encode: (message) => codec.encode(message as T) };
}
