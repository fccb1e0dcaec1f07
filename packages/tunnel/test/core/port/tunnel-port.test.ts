import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QueuedFrame } from '../../../src/core/offload/queued-frame.js';
import type { PacketQueue } from '../../../src/core/port/packet-queue.js';
import {
  type PacketTaker,
  type RateBreaker,
  TunnelPort,
} from '../../../src/core/port/tunnel-port.js';
import { FlowQueue } from '../../../src/core/queue/flow-queue.js';
import {
  completed,
  counting,
  naivePieces,
  PLAIN,
  packetOf,
  plainFrame,
  Returns,
  superFrame,
} from '../offload/segments.js';

/** Packets in the order in which they came. */
class Line implements PacketQueue {
  readonly frames: QueuedFrame[] = [];
  readonly sentBytes: number[] = [];

  head(): QueuedFrame | undefined {
    while (this.frames[0]?.nextBytes === 0) this.frames.shift();
    return this.frames[0];
  }

  sent(bytes: number): void {
    this.sentBytes.push(bytes);
  }

  enqueue(frame: QueuedFrame): void {
    this.frames.push(frame);
  }

  clear(): void {
    this.frames.length = 0;
  }
}

class Breaker implements RateBreaker {
  isOpen = true;
  readonly sent: number[] = [];
  readonly congested: number[] = [];

  allows(): boolean {
    return this.isOpen;
  }

  onSent(bytes: number): void {
    this.sent.push(bytes);
  }

  nextAt(): number {
    return 77;
  }

  onPersistentCongestion(now: number): void {
    this.congested.push(now);
  }
}

/** Who gets packets: copies of them, as they are gone afterwards. */
class Got implements PacketTaker {
  readonly packets: Uint8Array[] = [];
  readonly partial: boolean[] = [];

  onPacket(bytes: Uint8Array, start: number, end: number, isPartial: boolean): void {
    this.packets.push(bytes.slice(start, end));
    this.partial.push(isPartial);
  }
}

function set(queue: PacketQueue = new Line()) {
  const breaker = new Breaker();
  const got = new Got();
  return { queue, breaker, got, port: new TunnelPort(queue, breaker, got) };
}

/** One packet of that many bytes. */
function packet(bytes: number, port = 1): Uint8Array {
  return packetOf({ ...PLAIN, port, payload: counting(bytes - 40) });
}

function enqueue(queue: PacketQueue, frame: Uint8Array, mtu = 1_400): void {
  queue.enqueue(new Returns().load(frame, mtu)!, 0);
}

/** The next message, written where there is room for `bytes` bytes. */
function next(port: TunnelPort, bytes: number): Uint8Array {
  const out = new Uint8Array(bytes + 10).fill(0xa5);
  const written = port.write(out, 5, 5 + bytes, 0);
  expect([...out.subarray(0, 5), ...out.subarray(5 + written, 5 + written + 5)]).toEqual(
    Array(10).fill(0xa5),
  );
  return out.slice(5, 5 + written);
}

describe('a message of a port', () => {
  it('holds as many whole packets as are there and fit', () => {
    const { port, queue, breaker } = set();
    for (const bytes of [100, 200, 300]) enqueue(queue, plainFrame(packet(bytes)));
    expect(port.peek(0)).toBe(100);
    expect(next(port, 599)).toEqual(Uint8Array.from([...packet(100), ...packet(200)]));
    expect(next(port, 300)).toEqual(packet(300));
    expect([port.peek(0), next(port, 1_000).length]).toEqual([0, 0]);
    expect(port.counters).toMatchObject({ packetsSent: 3, bytesSent: 600, tooBig: 0 });
    expect(breaker.sent).toEqual([300, 300, 0]);
  });

  it('holds pieces of a super-packet, and the rest follows in the next', () => {
    const { port, queue } = set();
    const segment = { ...PLAIN, payload: counting(250) };
    enqueue(queue, superFrame(segment, 100));
    const messages = [next(port, 280), next(port, 280)];
    expect(messages.map((message) => message.length)).toEqual([280, 90]);
    const pieces = [messages[0]!.slice(0, 140), messages[0]!.slice(140), messages[1]!];
    const expected = naivePieces(segment, 100).map((piece) => packetOf(piece));
    expect(pieces.map((piece) => completed(piece, 20))).toEqual(expected);
  });

  it('is not kept back by a packet that no datagram of the path can hold', () => {
    const { port, queue } = set();
    for (const bytes of [900, 1_000, 100]) enqueue(queue, plainFrame(packet(bytes)));
    expect(next(port, 800)).toEqual(packet(100));
    expect(port.counters).toMatchObject({ packetsSent: 1, tooBig: 2 });
    enqueue(queue, plainFrame(packet(900)));
    expect(next(port, 800)).toHaveLength(0);
    expect(port.peek(0)).toBe(0);
  });

  it('leaves a long packet for the next one when something stands before it', () => {
    const { port, queue } = set();
    for (const bytes of [100, 700]) enqueue(queue, plainFrame(packet(bytes)));
    expect(next(port, 750)).toEqual(packet(100));
    expect(next(port, 750)).toEqual(packet(700));
    expect(port.counters.tooBig).toBe(0);
  });

  it('waits while the breaker does not let it go, and says until when', () => {
    const { port, queue, breaker } = set();
    const held: number[] = [];
    port.onHeld = (until) => held.push(until);
    breaker.isOpen = false;
    expect(port.peek(0)).toBe(0);
    expect(held).toEqual([]);
    enqueue(queue, plainFrame(packet(100)));
    expect(port.peek(0)).toBe(0);
    expect(held).toEqual([77]);
    breaker.isOpen = true;
    expect(port.peek(0)).toBe(100);
    port.onPersistentCongestion(5);
    expect(breaker.congested).toEqual([5]);
  });
});

describe('a message of the peer', () => {
  it('is split into its packets, without the mark of an open checksum', () => {
    const { port, got } = set();
    const marked = packetOf({ ...PLAIN, family: 6, payload: counting(9) }, true);
    const expected = [packet(60), marked.slice(), packet(41)];
    marked[0]! |= 0x80;
    port.read(Uint8Array.from([...packet(60), ...marked, ...packet(41)]));
    expect(got.packets).toEqual(expected);
    expect(got.partial).toEqual([false, true, false]);
    const bytesReceived = 60 + marked.length + 41;
    expect(port.counters).toMatchObject({ packetsReceived: 3, bytesReceived, malformed: 0 });
  });

  it('ends at what is no packet, and those before it count', () => {
    const rests: [string, readonly number[]][] = [
      ['half a header', [0x45, 0, 0, 40]],
      ['a packet that is cut short', [...packet(100).subarray(0, 99)]],
      ['a header that is too short', [0x44, 0, 0, 20, ...Array(16).fill(0)]],
      ['a header longer than its packet', [0x46, 0, 0, 20, ...Array(16).fill(0)]],
      ['a length below its header', [0x45, 0, 0, 19, ...Array(16).fill(0)]],
      ['no length', [0x45, 0, 0, 0, ...Array(16).fill(0)]],
      ['version 5', [0x55, 0, 0, 20, ...Array(16).fill(0)]],
      ['nothing but zeros', Array(40).fill(0)],
      ['half an IPv6 header', [0x60, ...Array(38).fill(0)]],
      ['IPv6 that is cut short', [0x60, 0, 0, 0, 0, 1, ...Array(34).fill(0)]],
    ];
    for (const [name, rest] of rests) {
      const { port, got } = set();
      port.read(Uint8Array.from([...packet(50), ...rest]));
      expect(got.packets, name).toEqual([packet(50)]);
      expect(port.counters, name).toMatchObject({ packetsReceived: 1, malformed: 1 });
    }
  });

  it('without bytes is none', () => {
    const { port } = set();
    port.read(new Uint8Array(0));
    expect(port.counters).toMatchObject({ packetsReceived: 0, malformed: 0 });
  });

  it('of anything does not throw; its packets are one behind the other', () => {
    const headers = [0x45, 0x46, 0x60, 0xc5, 0xe0, 0];
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.tuple(fc.nat(260), fc.constantFrom(...headers), fc.nat(60))),
        (bytes, presets) => {
          for (const [at, first, length] of presets) {
            if (at + 6 <= bytes.length) bytes.set([first, 0, 0, length, 0, length], at);
          }
          const { port, got } = set();
          const before = bytes.slice();
          port.read(bytes);
          const all = Uint8Array.from(got.packets.flatMap((one) => [...one]));
          const marks = all.map((byte, i) => byte ^ before[i]!);
          expect(marks.every((mark) => mark === 0 || mark === 0x80)).toBe(true);
          expect(port.counters.bytesReceived).toBe(all.length);
          expect(port.counters.malformed).toBe(all.length === bytes.length ? 0 : 1);
        },
      ),
    );
  });
});

describe('two ports', () => {
  it('hand all packets on as they are, in the order of each flow', () => {
    const one = fc.record({
      flow: fc.nat(3),
      bytes: fc.integer({ min: 41, max: 3_000 }),
      isSuper: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(one, { maxLength: 30 }),
        fc.array(fc.integer({ min: 1_000, max: 1_400 }), { minLength: 1 }),
        (drawn, rooms) => {
          const { port, queue } = set(new FlowQueue());
          const far = set();
          const expected: string[][] = [[], [], [], []];
          for (const { flow, bytes, isSuper } of drawn) {
            const payload = counting(isSuper ? bytes : Math.min(900, bytes));
            const segment = { ...PLAIN, port: flow, payload };
            const frame = isSuper ? superFrame(segment, 700) : plainFrame(packetOf(segment));
            const queued = new Returns().load(frame, 1_000)!;
            queued.flowHash = flow;
            queue.enqueue(queued, 0);
            const pieces = isSuper ? naivePieces(segment, 700) : [segment];
            for (const piece of pieces) expected[flow]!.push(hex(packetOf(piece)));
          }
          for (let turn = 0; port.peek(0) > 0; turn++) {
            const message = next(port, rooms[turn % rooms.length]!);
            expect(message.length).toBeGreaterThan(0);
            far.port.read(message);
          }
          const arrived: string[][] = [[], [], [], []];
          for (const [i, packetGot] of far.got.packets.entries()) {
            const whole = far.got.partial[i] === true ? completed(packetGot, 20) : packetGot;
            arrived[whole[23]!]!.push(hex(whole));
          }
          expect(arrived).toEqual(expected);
          const { packetsSent, bytesSent } = port.counters;
          const { packetsReceived, bytesReceived, malformed } = far.port.counters;
          expect([packetsReceived, bytesReceived, malformed]).toEqual([packetsSent, bytesSent, 0]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
