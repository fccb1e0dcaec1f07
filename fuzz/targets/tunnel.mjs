// What the two ends of a tunnel say to each other, the packets between them, and the frames of a
// device. Whatever comes, lengths add up, nothing is read or written outside, and what is handed to
// the system is what its header says.
import { completeChecksum } from '../../packages/tunnel/dist/core/ip/checksum.js';
import { PacketJoiner } from '../../packages/tunnel/dist/core/offload/packet-joiner.js';
import { QueuedFrame } from '../../packages/tunnel/dist/core/offload/queued-frame.js';
import { TunnelPort } from '../../packages/tunnel/dist/core/port/tunnel-port.js';
import { CircuitBreaker } from '../../packages/tunnel/dist/core/queue/circuit-breaker.js';
import { FlowQueue } from '../../packages/tunnel/dist/core/queue/flow-queue.js';
import {
  decodeTunnelMessage,
  encodeTunnelMessage,
} from '../../packages/tunnel/dist/core/wire/tunnel-message.js';
import { check, checkSame, checkSameBytes } from './support/checks.mjs';

const HEADER = 10;
const MTU = 300;
const ROOM = 400;
const MARK = 0xa5;
const memory = new Uint8Array(HEADER + 65_535);

function runMessage(input) {
  const message = decodeTunnelMessage(input);
  if (message === undefined) return;
  const again = encodeTunnelMessage(message);
  checkSame(decodeTunnelMessage(again), message, 'a message that is read otherwise');
  if (message.type === 'refused') return;
  check(message.mtu >= 576 && message.mtu <= 65_535, `an MTU of ${message.mtu}`);
  const prefixes = message.type === 'configured' ? [...message.addresses, ...message.routes] : [];
  for (const { address, bits } of prefixes) {
    check(address.length === 4 || address.length === 16, 'an address of another length');
    check(bits <= 8 * address.length, 'more bits than the address has');
  }
}

function generateMessage(random) {
  const some = (count, make) => Array.from({ length: count }, make);
  const address = () => random.bytes(random.pick([4, 16]));
  const prefix = () => {
    const bytes = address();
    return { address: bytes, bits: random.below(8 * bytes.length + 1) };
  };
  const mtu = random.pick([576, 1_400, 65_535]);
  const version = random.pick([1, 2]);
  const addresses = () => some(random.skewed(3), address);
  const message = random.pick([
    () => ({
      type: 'configure',
      version,
      mtu,
      name: random.pick(['', 'a', 'ä\u{1f600}']),
      addresses: addresses(),
      invitation: random.oneIn(2) ? random.bytes(32) : undefined,
    }),
    () => ({
      type: 'configured',
      version,
      mtu,
      addresses: some(1 + random.skewed(2), prefix),
      routes: some(random.skewed(4), prefix),
      gateways: addresses(),
      resolvers: addresses(),
    }),
    () => ({ type: 'refused', code: random.u32(), reason: random.pick(['', 'no']) }),
  ])();
  return encodeTunnelMessage(message);
}

/** Writes of a device: each is looked at as the system would. */
class Sink {
  constructor(offloads) {
    this.offloads = offloads;
    this.packets = 0;
  }

  reserve() {
    return memory;
  }

  write(bytes) {
    checkFrame(memory, bytes, this.offloads);
    const isSuper = memory[1] !== 0;
    const headers = field(2);
    this.packets += isSuper ? Math.ceil((bytes - HEADER - headers) / field(4)) : 1;
    return true;
  }
}

function field(at) {
  return memory[at] | (memory[at + 1] << 8);
}

/** What the kernel refuses (virtio_net_hdr_to_skb), and more. */
function checkFrame(frame, bytes, offloads) {
  const length = bytes - HEADER;
  const [flags, type] = frame;
  if (!offloads) {
    check(
      frame.subarray(0, HEADER).every((byte) => byte === 0),
      'an offload nobody has',
    );
  }
  check(flags === 0 || field(6) + field(8) + 2 <= length, 'a checksum behind the end');
  check(type === 0 || flags === 1, 'a super-packet with a complete checksum');
  if (type === 0) return;
  check(type === (frame[HEADER] >> 4 === 6 ? 4 : 1), 'a super-packet of the other family');
  check(field(2) >= 40 && field(2) < length && field(4) > 0, 'a super-packet without segments');
  check(length > field(2) + field(4), 'a super-packet of one segment');
}

/** A message of lane L, whose bytes are given to devices with and without offloads. */
function runPackets(input) {
  for (const offloads of [true, false]) {
    const sink = new Sink(offloads);
    const joiner = new PacketJoiner(sink);
    let end = 0;
    const taker = {
      onPacket(bytes, start, stop, isPartial) {
        check(start === end && stop > start && stop <= bytes.length, 'packets that overlap');
        end = stop;
        const copy = bytes.slice(start, stop);
        const isTaken = joiner.add(bytes, start, stop, isPartial);
        check(isTaken || isPartial, 'a whole packet was dropped');
        if (isTaken && isPartial) check(completeChecksum(copy, 0, copy.length), 'no checksum');
      },
    };
    const port = portOf(new FlowQueue({ flows: 1 }), taker);
    port.read(input.slice());
    joiner.flush();
    check(port.counters.bytesReceived === end, 'bytes were lost');
    check(port.counters.malformed === (end === input.length ? 0 : 1), 'a rest was not counted');
    check(joiner.counters.packets === sink.packets, 'packets were lost or made up');
  }
}

function portOf(queue, taker) {
  return new TunnelPort(queue, new CircuitBreaker(() => 0), taker);
}

/** A frame of a device: what is cut out of it are whole packets, and no byte outside plays a part. */
function runFrame(input) {
  const one = cut(input, 0x00);
  const other = cut(input, 0xff);
  check((one === undefined) === (other === undefined), 'bytes outside decide');
  if (one === undefined) return;
  check(one.length === other.length, 'bytes outside count');
  for (const [i, message] of one.entries()) checkSameBytes(message, other[i], 'bytes outside');
}

function cut(input, fill) {
  const bytes = new Uint8Array(input.length + 64).fill(fill);
  bytes.set(input);
  let released = 0;
  const frame = new QueuedFrame({ recycle: () => {} });
  const isLoaded = frame.load({ bytes, length: input.length, release: () => released++ }, MTU);
  if (!isLoaded) return undefined;
  const isCut = (bytes[1] & 0x7f) !== 0;
  const queue = new FlowQueue({ flows: 1 });
  queue.enqueue(frame, 0);
  const messages = [];
  const port = portOf(queue, { onPacket: () => {} });
  for (let bytesLeft = frame.bytesLeft; port.peek(0) > 0; ) {
    check(!isCut || port.peek(0) <= MTU, 'a piece that is too long');
    const out = new Uint8Array(ROOM + 2).fill(MARK);
    const written = port.write(out, 1, ROOM + 1, 0);
    const outside = [out[0], ...out.subarray(1 + written)];
    check(
      outside.every((byte) => byte === MARK),
      'a byte outside was written',
    );
    check(written <= bytesLeft, 'more than there was');
    bytesLeft -= written;
    if (isCut) checkPieces(out.slice(1, 1 + written));
    messages.push(out.slice(1, 1 + written));
  }
  check(released === 1, `a frame was released ${released} times`);
  return messages;
}

/** Pieces of a super-packet are packets whose open checksums the far side finds. */
function checkPieces(message) {
  const sink = new Sink(true);
  const joiner = new PacketJoiner(sink);
  const far = portOf(new FlowQueue({ flows: 1 }), {
    onPacket(bytes, start, end, isPartial) {
      check(isPartial && joiner.add(bytes, start, end, true), 'a piece that is dropped');
    },
  });
  far.read(message);
  check(far.counters.malformed === 0, 'pieces that are no packets');
}

function generatePacket(random, payloadBytes) {
  const isV4 = random.oneIn(2);
  const protocol = random.pick([6, 6, 6, 17, 1]);
  const transport = isV4 ? 20 : 40;
  const body = random.bytes(payloadBytes + 20);
  body.fill(0, 0, 20);
  if (protocol === 6) body.set([0x50, random.pick([0x10, 0x10, 0x18, 0xc2])], 12);
  const packet = new Uint8Array(transport + body.length);
  const { length } = packet;
  if (isV4) packet.set([0x45, 0, length >> 8, length, 0, 1, 0x40, 0, 64, protocol]);
  else packet.set([0x60, 0, 0, 0, body.length >> 8, body.length, protocol, 64]);
  packet.set(body, transport);
  return packet;
}

function generatePackets(random) {
  const first = generatePacket(random, 8);
  if (random.oneIn(3)) first[0] |= 0x80;
  const next = first.slice();
  // The segment behind it, so that there is something to join.
  next[((first[0] & 0x70) === 0x60 ? 40 : 20) + 7] = 8;
  return Uint8Array.from([...first, ...next, ...generatePacket(random, random.skewed(5))]);
}

function generateFrame(random) {
  const packet = generatePacket(random, 8 * random.skewed(6));
  const isV6 = packet[0] === 0x60;
  const transport = isV6 ? 40 : 20;
  const type = random.pick([0, isV6 ? 4 : 1, isV6 ? 0x84 : 0x81]);
  const offset = packet[isV6 ? 6 : 9] === 6 ? 16 : 6;
  const flags = type === 0 ? random.below(2) : 1;
  const header = [flags, type, transport + 20, 0, random.pick([1, 40, 200]), 0];
  return Uint8Array.from([...header, transport, 0, offset, 0, ...packet]);
}

export const targets = [
  { name: 'tunnel-message', maxBytes: 700, generate: generateMessage, run: runMessage },
  { name: 'tunnel-packets', maxBytes: 700, generate: generatePackets, run: runPackets },
  { name: 'tunnel-frame', maxBytes: 900, generate: generateFrame, run: runFrame },
];
