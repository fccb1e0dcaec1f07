import { describe, expect, it } from 'vitest';
import { createMemoryTun } from '../../src/device/memory-tun.js';
import { hex, packet, Recorder } from './recorder.js';

describe('createMemoryTun', () => {
  it('hands injected packets to the user at once, and says then that it is idle', () => {
    const tun = createMemoryTun();
    const recorder = new Recorder();
    tun.device.start(recorder);
    tun.inject(packet(40, 1), packet(50, 2));
    expect(recorder.packets).toEqual([hex(packet(40, 1)), hex(packet(50, 2))]);
    expect(recorder.idles).toBe(1);
  });

  it('counts the frames that the user holds', () => {
    const tun = createMemoryTun();
    const recorder = new Recorder();
    recorder.releases = false;
    tun.device.start(recorder);
    tun.inject(packet(40), packet(40));
    expect(tun.heldFrames).toBe(2);
    recorder.frames[0]!.release();
    recorder.frames[0]!.release();
    expect(tun.heldFrames).toBe(1);
  });

  it('gives frames that belong to the user: writing into them changes nothing else', () => {
    const tun = createMemoryTun({ offloads: true });
    const recorder = new Recorder();
    recorder.releases = false;
    tun.device.start(recorder);
    const frame = new Uint8Array(60).fill(7);
    tun.injectFrames(frame);
    recorder.frames[0]!.bytes.fill(0);
    expect(frame).toEqual(new Uint8Array(60).fill(7));
    expect(tun.device.offloads).toBe(true);
  });

  it('keeps what was written until it is taken, each frame by itself', () => {
    const { device, take, takeFrames } = bound(createMemoryTun());
    for (const fill of [1, 2]) {
      device.reserve().set(packet(40, fill), 10);
      expect(device.write(50)).toBe(true);
    }
    expect(take()).toEqual([packet(40, 1), packet(40, 2)]);
    expect(takeFrames()).toEqual([]);
  });

  it('takes no more than its queue holds, no empty frame and none that is too long', () => {
    const { device, take } = bound(createMemoryTun({ queueFrames: 2 }));
    expect([10, 65_546].map((bytes) => device.write(bytes))).toEqual([false, false]);
    expect([50, 50, 50].map((bytes) => device.write(bytes))).toEqual([true, true, false]);
    expect(take()).toHaveLength(2);
    expect(device.write(50)).toBe(true);
  });

  it('says once that it is lost', () => {
    const tun = createMemoryTun();
    const recorder = new Recorder();
    tun.device.start(recorder);
    tun.lose(new Error('gone'));
    tun.lose(new Error('gone'));
    tun.inject(packet(40));
    expect(recorder.lost.map(({ message }) => message)).toEqual(['gone']);
    expect(recorder.packets).toEqual([]);
  });

  it('reads and writes nothing once it is closed', async () => {
    const tun = createMemoryTun();
    const recorder = new Recorder();
    tun.device.start(recorder);
    await tun.device.close();
    tun.inject(packet(40));
    expect(recorder.packets).toEqual([]);
    expect(tun.device.write(50)).toBe(false);
    expect(tun.isClosed).toBe(true);
    expect(() => tun.device.start(recorder)).toThrow(/closed/);
  });
});

function bound(tun: ReturnType<typeof createMemoryTun>) {
  return { device: tun.device, take: () => tun.take(), takeFrames: () => tun.takeFrames() };
}
