import { describe, expect, it } from 'vitest';
import { QueuedFrame } from '../../src/core/offload/queued-frame.js';
import { FlowQueue } from '../../src/core/queue/flow-queue.js';
import { FrameMemory, LARGE_FRAMES, SMALL_FRAME_BYTES } from '../../src/core/queue/frame-memory.js';
import { FramePool, type FrameSlot } from '../../src/device/frame-pool.js';
import { FrameReader, type FrameSource } from '../../src/device/frame-reader.js';
import type { TunFrame, TunHandler } from '../../src/device/tun-device.js';
import { takeNext } from '../core/queue/frames.js';
import { FakeMemory } from './fake-memory.js';

/** What a server lets wait for one client. */
const QUEUE_BYTES = 1024 * 1024;
/** Frames as they come: packets and acknowledgements, and super-packets of all lengths. */
const LENGTHS = {
  large: [13_700, 2_900, 65_000, 5_700],
  small: [1_430, 62, 94, 2_048],
  mixed: [13_700, 62, 1_430, 65_000, 62, 2_900],
};

/** A device without end, the peers that its frames are for in turns, and the memory of both. */
class Server implements FrameSource, TunHandler {
  readonly pool = new FramePool(new FakeMemory().allocate);
  readonly queues: FlowQueue[] = [];
  /** Who takes what waits whenever the device is idle. */
  readonly served = new Set<FlowQueue>();
  now = 0;
  taken = 0;
  readonly #memory = new FrameMemory();
  readonly #reader = new FrameReader(this, this.pool, this);
  readonly #lengths: readonly number[];
  readonly #free: QueuedFrame[] = [];
  #read = 0;

  constructor(lengths: readonly number[], peers: number) {
    this.#lengths = lengths;
    for (let i = 0; i < peers; i++) this.join();
  }

  join(): FlowQueue {
    const queue = new FlowQueue({ maxBytes: QUEUE_BYTES, memory: this.#memory });
    this.queues.push(queue);
    return queue;
  }

  /** Turns of the loop, in each of which the device can be read. */
  turns(count: number): void {
    for (let i = 0; i < count; i++) {
      expect(this.#reader.drain()).toBe('more');
      expect(this.pool.open).toBeDefined();
      this.now += 1;
    }
  }

  read(slot: FrameSlot): number {
    const length = this.#lengths[this.#read % this.#lengths.length]!;
    slot.bytes.fill(0, 0, 64);
    return length;
  }

  onFrame(frame: TunFrame): void {
    // As many of each length for everybody, in whatever order.
    const queue = this.queues[Math.floor(this.#read / this.#lengths.length) % this.queues.length]!;
    const queued = this.#free.pop() ?? new QueuedFrame({ recycle: (one) => this.#free.push(one) });
    expect(queued.load(frame, 1_420)).toBe(true);
    queued.flowHash = this.#read++;
    queue.enqueue(queued, this.now);
  }

  onIdle(): void {
    for (const queue of this.served) {
      while (takeNext(queue, this.now) !== undefined) this.taken++;
    }
  }

  onLost(error: Error): void {
    throw error;
  }
}

describe('a device whose frames wait for many', () => {
  for (const [kind, lengths] of Object.entries(LENGTHS)) {
    it.each([2, 3, 7, 20])(`goes on reading while %d take nothing of ${kind} frames`, (peers) => {
      const server = new Server(lengths, peers);
      // Their clock stands still: what they hold does not even get old.
      for (let i = 0; i < 20; i++) {
        server.turns(10);
        server.now = 0;
      }
      const newcomer = server.join();
      server.served.add(newcomer);
      server.turns(200);
      expect(server.taken).toBeGreaterThan(50);
      expect(newcomer.counters).toMatchObject({ overflowed: 0, aged: 0 });
    });
  }

  it.each([40, 1_430, SMALL_FRAME_BYTES + 1, 4_000, 9_010, 13_700, 65_545])(
    'loses nothing of one who is served after each turn: frames of %d bytes',
    (length) => {
      const server = new Server([length], 1);
      const [queue] = server.queues as [FlowQueue];
      server.served.add(queue);
      server.turns(100);
      expect(queue.counters).toMatchObject({ overflowed: 0, aged: 0 });
      expect(server.taken).toBeGreaterThan(100);
    },
  );

  it('lets one who takes nothing hold half of its long frames', () => {
    const server = new Server([4_000], 1);
    const [queue] = server.queues as [FlowQueue];
    server.turns(1);
    expect(queue.frames).toBe(LARGE_FRAMES / 2);
    server.turns(50);
    expect(queue.frames).toBe(LARGE_FRAMES / 2);
  });

  it('has all of its memory back a second after they were last sent something', () => {
    const server = new Server(LENGTHS.mixed, 20);
    server.turns(200);
    const gone = server.queues.splice(0);
    server.served.add(server.join());
    server.turns(1_300);
    expect(gone.map(({ frames }) => frames)).toEqual(gone.map(() => 0));
    expect(server.pool.isWhole).toBe(true);
  });
});
