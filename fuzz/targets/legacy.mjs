// The wire of the Rust crate: its decoders, which take what the crate takes, and a session that is
// told genuine and other packets.
import { VCLError } from '../../packages/core/dist/errors.js';
import { legacyDatagramKind } from '../../packages/core/dist/legacy/datagram-kind.js';
import {
  decodeLegacyFragment,
  encodeLegacyFragment,
} from '../../packages/core/dist/legacy/fragment.js';
import { LegacyAssembly } from '../../packages/core/dist/legacy/fragment-assembly.js';
import {
  decodeLegacyHandshake,
  encodeLegacyHandshake,
} from '../../packages/core/dist/legacy/handshake-message.js';
import {
  decodeLegacyPacket,
  encodeLegacyPacket,
  legacyPacketBytes,
  legacyPacketHash,
} from '../../packages/core/dist/legacy/packet.js';
import { LegacySession } from '../../packages/core/dist/legacy/session.js';
import { check, checkSameBytes } from './support/checks.mjs';
import { createFakeProvider } from './support/fake-crypto.mjs';

const MAX_MESSAGE_BYTES = 4_096;

function runPacket(input) {
  const packet = decodeLegacyPacket(input);
  const kind = legacyDatagramKind(input);
  if (packet === undefined) return;
  const length = legacyPacketBytes(packet);
  check(length <= input.length, 'a packet longer than its datagram');
  checkSameBytes(encodeLegacyPacket(packet), input.subarray(0, length), 'a second form');
  check(kind !== 'packet' || packet.version === 2, 'a packet of another version');
}

function generatePacket(random) {
  return encodeLegacyPacket({
    version: 2,
    packetType: random.below(5),
    sequence: BigInt(random.skewed(32)),
    prevHash: random.bytes(32),
    nonce: random.bytes(24),
    payload: random.bytes(16 + random.skewed(6)),
    signature: random.bytes(64),
  });
}

function runFragment(input) {
  const fragment = decodeLegacyFragment(input);
  if (fragment === undefined) return;
  const again = encodeLegacyFragment(fragment);
  checkSameBytes(again, input.subarray(0, again.length), 'a second form');
}

const generateFragment = (random) => {
  const total = 1 + random.skewed(4);
  const data = random.bytes(1 + random.skewed(5));
  const id = BigInt(random.below(3));
  return encodeLegacyFragment({ id, index: random.below(total), total, data });
};

function runHandshake(input) {
  const message = decodeLegacyHandshake(input);
  const kind = legacyDatagramKind(input);
  if (kind === 'client-hello' || kind === 'server-hello') {
    check(message?.kind === kind, 'a hello that does not decode');
  }
  if (message === undefined) return;
  const again = encodeLegacyHandshake(message);
  checkSameBytes(again, input.subarray(0, again.length), 'a second form');
}

const generateHandshake = (random) => {
  const publicKey = random.bytes(32);
  return encodeLegacyHandshake({ kind: random.pick(['client-hello', 'server-hello']), publicKey });
};

/** Fragments of three messages, four bytes of input each. */
function runAssembly(input) {
  const assembly = new LegacyAssembly(200);
  let held = 0;
  for (let at = 0; at + 4 <= input.length; at += 4) {
    const [id, index, total, length] = input.subarray(at, at + 4);
    const data = new Uint8Array(length & 31).fill(id);
    const fragment = { id: BigInt(id % 3), index: index & 7, total: total & 7, data };
    const outcome = assembly.add(fragment);
    if (outcome === 'kept') held += data.length;
    check(held <= 200, 'more is held than may be');
    if (typeof outcome === 'string') continue;
    check(outcome.length > 0 && outcome.length <= held + data.length, 'a message from nowhere');
    held -= outcome.length - data.length;
  }
}

const KEY = new Uint8Array(32).fill(1);
const PEER = new Uint8Array(32).fill(2);
const OWN = new Uint8Array(32).fill(3);
const MAX_PACKETS = 400;
/** Operations of a session. */
const MAX_OPS = 16;

/**
 * A session, operation by operation: `op u8 || length u8 || bytes`. Low two bits: 0 and 1 a packet
 * of the peer with that plaintext, sealed and linked as it should be; 2 a datagram as it is; 3 what
 * the application does.
 */
function runSession(input) {
  const crypto = createFakeProvider({ isLenient: (input[0] & 1) !== 0, seed: 13 });
  const session = new LegacySession({
    crypto,
    key: KEY,
    signer: crypto.createSigner(OWN),
    peerKey: PEER,
    fragmentSize: 64,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    acceptRotation: (input[0] & 2) === 0,
    idleTimeoutMs: 60_000,
    gapTimeoutMs: 1_000,
    now: 0,
  });
  const peer = { crypto, signer: crypto.createSigner(PEER), sequence: 0, head: new Uint8Array(32) };
  let now = 0;
  let left = MAX_OPS;
  for (let at = 1; at + 2 <= input.length && left-- > 0; ) {
    const end = Math.min(input.length, at + 2 + input[at + 1]);
    const bytes = input.subarray(at + 2, end);
    const op = input[at];
    at = end;
    if ((op & 3) === 3) now = act(session, op >> 2, now);
    else session.handle((op & 3) === 2 ? bytes : sealed(peer, op >> 2, bytes), now);
    settle(session, now);
  }
}

function sealed(peer, kind, plaintext) {
  const { crypto, signer, sequence, head } = peer;
  const skip = kind >= 32 ? 1 : 0;
  const nonce = new Uint8Array(24).fill(sequence);
  const packet = {
    version: 2,
    packetType: kind % 5,
    sequence: BigInt(sequence + skip),
    prevHash: head,
    nonce,
    payload: crypto.xchachaSeal(KEY, nonce, undefined, plaintext),
  };
  const hash = legacyPacketHash(crypto, packet);
  peer.sequence += 1 + skip;
  peer.head = hash;
  return encodeLegacyPacket({ ...packet, signature: signer.sign(hash) });
}

function act(session, action, now) {
  const later = now + (action >= 32 ? 61_000 : 10);
  try {
    if (action % 6 === 0) session.send(new Uint8Array(10));
    else if (action % 6 === 1) session.send(new Uint8Array(300));
    else if (action % 6 === 2) session.ping();
    else if (action % 6 === 3) session.rotateKeys();
    else session.handleTimeout(later);
  } catch (error) {
    if (!(error instanceof VCLError)) throw error;
  }
  return later;
}

function settle(session, now) {
  let packets = 0;
  while (session.pollTransmit(now) !== undefined) {
    check(packets++ < MAX_PACKETS, 'it sends without end');
  }
  for (let event = session.pollEvent(); event !== undefined; event = session.pollEvent()) {
    if (event.type !== 'message') continue;
    check(event.payload.length <= MAX_MESSAGE_BYTES, 'a message that is too long');
  }
}

function generateSession(random) {
  const parts = [random.bytes(1)];
  for (let i = random.between(2, 12); i > 0; i--) {
    const isFragment = random.oneIn(2);
    const bytes = isFragment ? generateFragment(random) : random.bytes(random.skewed(5));
    const kind = isFragment ? 4 : random.below(32);
    parts.push(Uint8Array.of((kind << 2) | random.pick([0, 0, 0, 3]), bytes.length), bytes);
  }
  return Uint8Array.from(Buffer.concat(parts));
}

export const targets = [
  { name: 'legacy-packet', maxBytes: 280, generate: generatePacket, run: runPacket },
  { name: 'legacy-fragment', maxBytes: 96, generate: generateFragment, run: runFragment },
  { name: 'legacy-handshake', maxBytes: 48, generate: generateHandshake, run: runHandshake },
  { name: 'legacy-assembly', maxBytes: 160, generate: (r) => r.bytes(64), run: runAssembly },
  { name: 'legacy-session', maxBytes: 400, generate: generateSession, run: runSession },
];
