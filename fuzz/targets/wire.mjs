// What frames and handshakes are read with, and the control stream: each against a simple model.
import { ControlReceiver } from '../../packages/core/dist/connection/control-stream.js';
import {
  ControlParser,
  ControlType,
  controlMessage,
  decodeEarly,
  decodeGap,
  decodeLeafWanted,
  decodeRekeyWanted,
  decodeSigner,
  decodeStatement,
  decodeTicket,
  encodeEarly,
  encodeGap,
  encodeLeafWanted,
  encodeRekeyWanted,
  encodeSigner,
  encodeStatement,
  encodeTicket,
  MAX_CONTROL_BODY_BYTES,
} from '../../packages/core/dist/wire/control-messages.js';
import { Reader } from '../../packages/core/dist/wire/reader.js';
import {
  expandPacketNumber,
  RecordHeader,
  unmaskHeader,
  unmaskOuter,
} from '../../packages/core/dist/wire/record-header.js';
import { utf8Decode, utf8Encode } from '../../packages/core/dist/wire/utf8.js';
import { Writer } from '../../packages/core/dist/wire/writer.js';
import { readVarint, shortestSpan, varintSpan } from '../engine/numbers.mjs';
import { check, checkSame, checkSameBytes, sameBytes } from './support/checks.mjs';
import { FakeMask } from './support/fake-crypto.mjs';
import { numberUpTo } from './support/numbers.mjs';

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const MAX_U32 = 2 ** 32 - 1;
const NUMBER_LIMIT = 2 ** 48;

/** Reads one number after the other, in the order the first bytes say, beside a model in BigInt. */
function runReader(input) {
  const steps = Math.min(8, input.length >> 1);
  const reader = new Reader().reset(input, steps, input.length);
  let at = steps;
  for (let i = 0; i < steps; i++) {
    const kind = input[i] % 5;
    const span = kind === 4 ? (at < input.length ? varintSpan(input[at]) : 9) : 1 << kind;
    const value = modelNumber(input, at, kind, span);
    const read = readNumber(reader, kind);
    if (value === undefined) {
      check(reader.failed && read === 0 && reader.remaining === 0, 'a bad number was read');
      break;
    }
    check(!reader.failed && BigInt(read) === value, `${read} was read for ${value}`);
    at += span;
    check(reader.pos === at, `the reader is at ${reader.pos}, not at ${at}`);
    if (kind === 4) checkVarint(read, value);
  }
  const left = reader.remaining;
  check(reader.varbytes(64).length <= Math.min(64, left), 'more bytes than there are');
  check(reader.bytes(2 ** 40).length === 0 && reader.failed, 'bytes beyond the end');
}

function readNumber(reader, kind) {
  if (kind === 4) return reader.varint();
  return [() => reader.u8(), () => reader.u16(), () => reader.u32(), () => reader.u64()][kind]();
}

function modelNumber(input, at, kind, span) {
  if (at + span > input.length) return undefined;
  if (kind === 4) {
    const varint = readVarint(input, at);
    return varint > MAX_SAFE ? undefined : varint;
  }
  let value = 0n;
  for (let i = 0; i < span; i++) value = (value << 8n) | BigInt(input[at + i]);
  return value > MAX_SAFE ? undefined : value;
}

const varintScratch = new Uint8Array(8);
const varintWriter = new Writer();

function checkVarint(number, value) {
  const w = varintWriter.reset(varintScratch, 0, 8);
  w.varint(number);
  check(w.pos === shortestSpan(value), `${number} is written in ${w.pos} bytes`);
  check(readVarint(varintScratch, 0) === value, `${number} is written as another number`);
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

function runUtf8(input) {
  let expected;
  try {
    expected = strictUtf8.decode(input);
  } catch {
    expected = undefined;
  }
  const text = utf8Decode(input);
  check(text === expected, 'another text than the platform reads');
  if (text === undefined) return;
  checkSameBytes(utf8Encode(text, 4_096), input, 'encoded again it differs');
  const max = input.length >> 1;
  const cut = utf8Encode(text, max);
  check(cut.length <= max && utf8Decode(cut) !== undefined, 'cut inside of a character');
  check(sameBytes(cut, encoder.encode(text).subarray(0, cut.length)), 'cut to other bytes');
}

const header = new RecordHeader();
const mask = new FakeMask();

function runRecordHeader(input) {
  const record = input.slice();
  const isRecord = unmaskOuter(record, record.length, mask);
  check(isRecord === input.length >= 29, 'the shortest record has 29 bytes');
  if (isRecord) unmaskOuter(record, record.length, mask);
  checkSameBytes(record, input, 'masked twice it differs');
  check(unmaskHeader(record, mask, header) === isRecord, 'a header of a record that is too short');
  if (!isRecord) return;
  const { pnLength, headerLength, truncatedPn, epochBits, reservedBits } = header;
  check(pnLength >= 1 && pnLength <= 4 && headerLength === 9 + pnLength, 'a wrong header length');
  check(truncatedPn < 2 ** (8 * pnLength) && truncatedPn >= 0, 'a wrong packet number');
  check((epochBits | reservedBits) < 8, 'wrong bits');
  checkSameBytes(record.subarray(headerLength), input.subarray(headerLength), 'the rest changed');
}

/** The nearest number by trying the three that come into question (RFC 9000 appendix A.3). */
function runPacketNumber(input) {
  if (input.length < 12) return;
  const r = new Reader().reset(input, 0, input.length);
  const bytes = (r.u8() & 3) + 1;
  const window = 2 ** (8 * bytes);
  const truncated = r.u32() % window;
  const largest = ((r.u32() * 2 ** 16 + r.u16()) % NUMBER_LIMIT) - (r.u8() & 1);
  const number = expandPacketNumber(largest, truncated, bytes);
  const expected = largest + 1;
  check(number >= 0 && number < NUMBER_LIMIT, `the number ${number} is out of range`);
  check(number % window === truncated, `${number} does not end in ${truncated}`);
  for (const other of [number - window, number + window]) {
    if (other < 0 || other >= NUMBER_LIMIT) continue;
    const isNearer = Math.abs(other - expected) < Math.abs(number - expected);
    check(!isNearer, `${other} is nearer to ${expected} than ${number}`);
  }
}

/** Whatever pieces the stream comes in, the messages are the same. */
function runControlParser(input) {
  const piece = 1 + ((input[0] ?? 0) & 127);
  const stream = input.subarray(1);
  const whole = new ControlParser();
  whole.push(stream);
  const expected = drain(whole);
  const parser = new ControlParser();
  const got = [];
  for (let at = 0; at < stream.length; at += piece) {
    parser.push(stream.subarray(at, at + piece));
    got.push(...drain(parser));
  }
  const isSame = got.filter((one) => one !== 'malformed');
  checkSame(
    isSame,
    expected.filter((one) => one !== 'malformed'),
    'pieces make a difference',
  );
  // A length that does not fit is seen once nine bytes are there, which may be a piece later.
  const isBad = expected.includes('malformed');
  check(got.includes('malformed') === isBad, 'pieces make a difference to what is malformed');
  check(parser.pendingBytes <= stream.length, 'more waits than came');
}

function drain(parser) {
  const messages = [];
  for (let message = parser.next(); message !== undefined; message = parser.next()) {
    messages.push(message);
    if (message === 'malformed') break;
    check(message.body.length <= MAX_CONTROL_BODY_BYTES, 'a body that is too long');
  }
  return messages;
}

/** Pieces of a stream whose bytes follow from their place, beside a list of what has come. */
function runControlReceiver(input) {
  const receiver = new ControlReceiver();
  const pieces = [];
  let delivered = 0;
  const deliver = (bytes) => {
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i] !== (delivered++ & 0xff)) check(false, 'bytes in the wrong place');
    }
  };
  for (let at = 0; at + 3 <= input.length; at += 3) {
    const offset = Math.max(0, delivered + ((input[at] << 8) | input[at + 1]) - 0x8000);
    const end = offset + (input[at + 2] & 63);
    const data = new Uint8Array(end - offset);
    for (let i = 0; i < data.length; i++) data[i] = offset + i;
    const before = delivered;
    const verdict = receiver.handle(offset, data, deliver);
    if (end > before + 65_536) check(verdict === 'overflow', 'beyond the window and taken');
    if (verdict === 'overflow') return;
    pieces.push([offset, end]);
    check(delivered === nextMissing(pieces, before), 'more or less was delivered than is there');
  }
}

/** Where the first gap is from `from` on. */
function nextMissing(pieces, from) {
  let next = from;
  for (let i = 0; i < pieces.length; i++) {
    const [start, end] = pieces[i];
    if (start > next || end <= next) continue;
    next = end;
    i = -1;
  }
  return next;
}

/** A body of a control message: accepted, it has one meaning and a form that is no longer. */
function bodyTarget(name, { decode, encode, draw, isFixed = false, maxBytes = 160 }) {
  return {
    name,
    maxBytes,
    generate: (random) => encode(draw(random)),
    run(input) {
      const value = decode(input);
      if (value === undefined) return;
      const again = encode(value);
      if (isFixed) checkSameBytes(again, input, 'a second form');
      check(again.length <= input.length, 'the encoder needs more bytes than were read');
      checkSame(decode(again), value, 'encoded and decoded again it differs');
    },
  };
}

const drawStatement = (random) => ({
  flags: random.below(4),
  k: numberUpTo(random),
  rThrough: numberUpTo(random),
  lThrough: numberUpTo(random),
  seen: numberUpTo(random),
  epoch: numberUpTo(random, MAX_U32),
  timeMs: numberUpTo(random),
  signature: random.bytes(64),
});
const drawGap = (random) => ({
  lane: 1,
  n: numberUpTo(random),
  length: numberUpTo(random),
  leaf: random.bytes(32),
});
const drawWanted = (random) => ({
  lane: 1,
  numbers: Array.from({ length: random.skewed(8) }, () => numberUpTo(random)),
});

const bodies = [
  bodyTarget('control-statement', {
    decode: decodeStatement,
    encode: encodeStatement,
    draw: drawStatement,
  }),
  bodyTarget('control-gap', { decode: decodeGap, encode: encodeGap, draw: drawGap }),
  bodyTarget('control-leaf-wanted', {
    decode: decodeLeafWanted,
    encode: encodeLeafWanted,
    draw: drawWanted,
    maxBytes: 2_100,
  }),
  bodyTarget('control-rekey-wanted', {
    decode: decodeRekeyWanted,
    encode: encodeRekeyWanted,
    draw: (random) => numberUpTo(random, MAX_U32),
    maxBytes: 16,
  }),
  bodyTarget('control-signer', {
    decode: decodeSigner,
    encode: encodeSigner,
    draw: (random) => random.bytes(32),
    isFixed: true,
    maxBytes: 64,
  }),
  bodyTarget('control-ticket', {
    decode: decodeTicket,
    encode: encodeTicket,
    draw: (random) => ({ id: random.bytes(16), lifetimeSeconds: random.below(86_401) }),
    isFixed: true,
    maxBytes: 64,
  }),
  bodyTarget('control-early', {
    decode: decodeEarly,
    encode: encodeEarly,
    draw: (random) => ({ id: random.bytes(16), count: 1 + random.below(64) }),
    isFixed: true,
    maxBytes: 64,
  }),
];

const generateControl = (random) => {
  const parts = Array.from({ length: 1 + random.below(3) }, () =>
    random.pick([
      () => controlMessage(ControlType.STATEMENT, encodeStatement(drawStatement(random))),
      () => controlMessage(ControlType.GAP, encodeGap(drawGap(random))),
      () => controlMessage(ControlType.LEAF_WANTED, encodeLeafWanted(drawWanted(random))),
      () => controlMessage(0x40 + random.below(0xc0), random.bytes(random.skewed(6))),
      () => controlMessage(1 + random.below(10), random.bytes(random.skewed(8))),
    ])(),
  );
  return Uint8Array.from([random.below(256), ...parts.flatMap((part) => [...part])]);
};

const UTF8_PARTS = ['80', 'bf', 'c0', 'c2a9', 'e0a080', 'ed9fbf', 'eda080', 'ef8080', 'f0908080']
  .concat(['f48fbfbf', 'f4908080', 'f8', 'efbbbf', 'e282', 'f09f98'])
  .map((digits) => Buffer.from(digits, 'hex'));

export const targets = [
  { name: 'reader', maxBytes: 64, generate: (random) => random.bytes(40), run: runReader },
  { name: 'utf8', maxBytes: 96, dictionary: UTF8_PARTS, run: runUtf8 },
  {
    name: 'record-header',
    maxBytes: 64,
    generate: (random) => random.bytes(29 + random.skewed(5)),
    run: runRecordHeader,
  },
  {
    name: 'packet-number',
    maxBytes: 16,
    generate: (random) => random.bytes(12),
    run: runPacketNumber,
  },
  { name: 'control-parser', maxBytes: 600, generate: generateControl, run: runControlParser },
  {
    name: 'control-receiver',
    maxBytes: 96,
    generate: (random) => {
      const bytes = random.bytes(3 * random.between(2, 30));
      for (let at = 0; at < bytes.length; at += 3) bytes[at] = 0x80 - random.below(2);
      return bytes;
    },
    run: runControlReceiver,
  },
  ...bodies,
];
