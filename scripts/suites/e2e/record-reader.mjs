// Packet numbers of captured records (SPEC 3.2, 3.3), by the key log of their sessions (SPEC 5.4).
import { createCipheriv, createHmac } from 'node:crypto';

const CID_BYTES = 8;
const PN_OFFSET = 1 + CID_BYTES;
const SAMPLE_OFFSET = PN_OFFSET + 4;
const SAMPLE_BYTES = 16;
const OUTER_MASK_BYTES = 13;
const MIN_RECORD_BYTES = SAMPLE_OFFSET + SAMPLE_BYTES;
/** Of the first byte, zero in each record. */
const RESERVED_BITS = 15;

/**
 * Reads the headers of all records that belong to sessions in a key log.
 *
 * @param keyLog lines as VCLKEYLOGFILE gets them
 * @param datagrams `{ payload, isFromServer }`, in the order of their capture
 * @returns `{ session, key, number }` each; `key` differs where the keys or the paths do
 */
export function readRecords(keyLog, datagrams) {
  const { outerMasks, sessions } = readKeyLog(keyLog);
  const streams = new Map();
  for (const { payload, isFromServer } of datagrams) {
    if (payload.length < MIN_RECORD_BYTES) continue;
    for (const outerMask of outerMasks) {
      const record = undoOuterMask(payload, outerMask);
      const name = `${isFromServer} ${record.head.toString('hex', 1, PN_OFFSET)}`;
      const stream = streams.get(name) ?? { name, isFromServer, records: [] };
      stream.records.push(record);
      streams.set(name, stream);
    }
  }
  return [...streams.values()].flatMap((stream) => {
    // Envelopes fit no session, but for one of 16, which then stands alone.
    const session = sessions.find((one) => stream.records.every((each) => fits(each, one, stream)));
    return session === undefined ? [] : numbersOf(stream, session);
  });
}

function readKeyLog(text) {
  const lines = text.split('\n').map((line) => line.split(' '));
  const keysOf = (wanted) => {
    const found = lines.filter(([label]) => label === wanted);
    return new Map(found.map(([, id, , hex]) => [id, Buffer.from(hex, 'hex')]));
  };
  const outers = new Set([...keysOf('VCL1_OUTER').values()].map((outer) => outer.toString('hex')));
  const server = keysOf('VCL1_HP_S');
  return {
    outerMasks: [...outers].map((hex) => expandLabel(Buffer.from(hex, 'hex'), 'omask')),
    sessions: [...keysOf('VCL1_HP_C')].map(([sid, client]) => {
      return { sid, client, server: server.get(sid) };
    }),
  };
}

function undoOuterMask(payload, outerMask) {
  const sample = payload.subarray(SAMPLE_OFFSET, SAMPLE_OFFSET + SAMPLE_BYTES);
  return { head: xor(payload.subarray(0, OUTER_MASK_BYTES), block(outerMask, sample)), sample };
}

function fits({ head, sample }, session, { isFromServer }) {
  const mask = block(isFromServer ? session.server : session.client, sample);
  return ((head[0] ^ mask[0]) & RESERVED_BITS) === 0;
}

function numbersOf({ name, isFromServer, records }, session) {
  let largest = -1;
  return records.map(({ head, sample }) => {
    const mask = block(isFromServer ? session.server : session.client, sample);
    const first = head[0] ^ mask[0];
    const length = (first >> 6) + 1;
    const bytes = xor(head.subarray(PN_OFFSET, PN_OFFSET + length), mask.subarray(1));
    const number = nearest(largest + 1, bytes.readUIntBE(0, length), 256 ** length);
    largest = Math.max(largest, number);
    return { session: session.sid, key: `${name} ${(first >> 4) & 3}`, number };
  });
}

/** The number with these low bytes that is nearest to the one expected. */
function nearest(expected, truncated, window) {
  const candidate = expected - (expected % window) + truncated;
  if (candidate <= expected - window / 2) return candidate + window;
  if (candidate > expected + window / 2 && candidate >= window) return candidate - window;
  return candidate;
}

/** SPEC 2.4: a block of ChaCha20, whose counter and nonce are the sample. */
function block(key, sample) {
  return createCipheriv('chacha20', key, sample).update(Buffer.alloc(64));
}

/** SPEC 2.2, for an empty context and 32 bytes. */
function expandLabel(secret, label) {
  const name = Buffer.from(`vcl1 ${label}`);
  const info = Buffer.concat([Buffer.from([0, 32, name.length]), name, Buffer.from([0, 1])]);
  return createHmac('sha256', secret).update(info).digest();
}

function xor(bytes, mask) {
  return Buffer.from(bytes.map((byte, at) => byte ^ mask[at]));
}
