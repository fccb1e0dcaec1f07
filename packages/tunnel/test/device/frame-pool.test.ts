import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FramePool, retirePool, takePool } from '../../src/device/frame-pool.js';
import { MAX_FRAME_BYTES, type TunFrame } from '../../src/device/tun-device.js';
import { FakeMemory } from './fake-memory.js';

const pool = (largeFrames: number, smallFrames: number) =>
  new FramePool(new FakeMemory().allocate, { largeFrames, smallFrames });

describe('FramePool', () => {
  it('moves a short frame to a small slot, contents and all, and keeps the long one open', () => {
    const frames = pool(2, 1);
    const open = frames.open!;
    for (const length of [20, 96, 97, 2048]) {
      for (let i = 0; i < length; i++) open.bytes[i] = i & 0xff;
      const frame = frames.lend(length);
      expect(frame.bytes.length).toBe(2048);
      expect(frame.length).toBe(length);
      expect(frame.bytes.subarray(0, length)).toEqual(open.bytes.subarray(0, length));
      expect(frames.open).toBe(open);
      frame.release();
    }
  });

  it('lends the long slot to long frames, and to short ones when no small slot is left', () => {
    const frames = pool(3, 1);
    expect(frames.lend(2049).bytes.length).toBe(MAX_FRAME_BYTES);
    expect(frames.lend(10).bytes.length).toBe(2048);
    expect(frames.lend(10).bytes.length).toBe(MAX_FRAME_BYTES);
  });

  it('has nothing open when all long slots are lent, and tells when one comes back', () => {
    const frames = pool(2, 0);
    let freed = 0;
    frames.onFree = () => freed++;
    const first = frames.lend(5000);
    frames.lend(5000);
    expect(frames.open).toBeUndefined();
    first.release();
    expect(freed).toBe(1);
    expect(frames.open).toBeDefined();
  });

  it('takes a frame back once, even if it is given back twice', () => {
    const frames = pool(2, 0);
    const frame = frames.lend(5000);
    frame.release();
    frame.release();
    frames.lend(5000);
    frames.lend(5000);
    expect(frames.open).toBeUndefined();
  });

  it('never lends the same memory twice, whatever the order', () => {
    const step = fc.oneof(
      fc.record({ lend: fc.integer({ min: 1, max: 4096 }) }),
      fc.record({ release: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const frames = pool(3, 3);
        const held: { frame: TunFrame; mark: number }[] = [];
        for (const [mark, one] of steps.entries()) {
          if ('release' in one) {
            held.splice(one.release % Math.max(1, held.length), 1)[0]?.frame.release();
          } else if (frames.open !== undefined) {
            frames.open.bytes.fill(mark, 0, one.lend);
            held.push({ frame: frames.lend(one.lend), mark });
          }
          for (const { frame, mark: expected } of held) {
            expect(frame.bytes[0]).toBe(expected);
            expect(frame.bytes[frame.length - 1]).toBe(expected);
          }
        }
        for (const { frame } of held) frame.release();
        expect(frames.isWhole).toBe(true);
      }),
    );
  });
});

describe('retirePool', () => {
  it('leaves the memory of a closed device to the next, once every frame has come back', () => {
    const { allocate } = new FakeMemory();
    const first = takePool(allocate);
    const frame = first.lend(100);
    retirePool(first);
    const second = takePool(allocate);
    expect(second).not.toBe(first);
    frame.release();
    expect(takePool(allocate)).toBe(first);
    expect(takePool(new FakeMemory().allocate)).not.toBe(second);
  });
});
