import { describe, expect, it } from 'vitest';
import { openTun, type TunCalls } from '../../src/device/linux/tun-ioctl.js';
import { ERRORS, FakeKernel, FD } from './fake-kernel.js';
import { FakeMemory } from './fake-memory.js';
import { hex, packet, Recorder } from './recorder.js';

describe('LinuxTun', () => {
  it('hands on what the system wrote, header first, and is idle once then', () => {
    const kernel = new FakeKernel();
    const device = kernel.device(true);
    const recorder = new Recorder();
    device.start(recorder);
    const header = Uint8Array.of(1, 1, 54, 0, 0x80, 5, 20, 0, 16, 0);
    kernel.toRead.push(Uint8Array.of(...header, ...packet(60)), new Uint8Array([...header, 0x60]));
    recorder.releases = false;
    kernel.target!.onReadable();
    expect(recorder.packets).toEqual([hex(packet(60)), '60']);
    expect(recorder.frames[0]!.bytes.subarray(0, 10)).toEqual(header);
    expect(recorder.idles).toBe(1);
  });

  it('puts zeros in front of packets, and takes them off, where nothing is offloaded', () => {
    const kernel = new FakeKernel();
    const device = kernel.device(false);
    const recorder = new Recorder();
    recorder.releases = false;
    device.start(recorder);
    kernel.toRead.push(packet(100, 9));
    kernel.target!.onReadable();
    const [frame] = recorder.frames;
    expect(frame!.length).toBe(110);
    expect(frame!.bytes.subarray(0, 10)).toEqual(new Uint8Array(10));
    frame!.bytes.fill(255, 0, 10);
    frame!.release();
    kernel.toRead.push(packet(30));
    kernel.target!.onReadable();
    expect(recorder.frames[1]!.bytes.subarray(0, 10)).toEqual(new Uint8Array(10));
    device.reserve().set(packet(50, 3), 10);
    expect(device.write(60)).toBe(true);
    expect(kernel.written).toEqual([packet(50, 3)]);
  });

  it('stops waiting while the user holds all memory, and goes on when a frame comes back', () => {
    const kernel = new FakeKernel();
    const device = kernel.device(true, 2);
    const recorder = new Recorder();
    recorder.releases = false;
    device.start(recorder);
    for (let i = 0; i < 5; i++) kernel.toRead.push(packet(80, i));
    while (kernel.target !== undefined) kernel.target.onReadable();
    expect(recorder.packets).toHaveLength(2);
    recorder.frames[0]!.release();
    kernel.target!.onReadable();
    expect(recorder.packets).toHaveLength(3);
    expect(kernel.target).toBeUndefined();
  });

  it('goes on when frames come back in the very turn that used up the memory', () => {
    const kernel = new FakeKernel();
    const device = kernel.device(true, 2);
    const recorder = new Recorder();
    recorder.releases = false;
    device.start(recorder);
    for (let i = 0; i < 3; i++) kernel.toRead.push(packet(80, i));
    kernel.target!.onReadable();
    recorder.onIdle = () => {
      for (const frame of recorder.frames.splice(0)) frame.release();
    };
    kernel.target!.onReadable();
    kernel.target!.onReadable();
    expect(recorder.packets).toHaveLength(3);
  });

  it('reads no more in a turn than half of the memory that is free', () => {
    const kernel = new FakeKernel();
    const recorder = new Recorder();
    recorder.releases = false;
    kernel.device(true, 7).start(recorder);
    for (let i = 0; i < 9; i++) kernel.toRead.push(packet(80, i));
    const turns = [3, 5, 6, 7].map(() => {
      kernel.target!.onReadable();
      return recorder.packets.length;
    });
    expect(turns).toEqual([3, 5, 6, 7]);
    expect(kernel.target).toBeUndefined();
  });

  it('reads at most 64 frames a turn', () => {
    const kernel = new FakeKernel();
    const recorder = new Recorder();
    kernel.device(true).start(recorder);
    for (let i = 0; i < 100; i++) kernel.toRead.push(packet(80, i));
    kernel.target!.onReadable();
    expect(recorder.packets).toHaveLength(64);
    kernel.target!.onReadable();
    expect(recorder.packets).toHaveLength(100);
  });

  it.each([ERRORS.EAGAIN, ERRORS.EINTR, ERRORS.ENOBUFS])('outlives the error %d', (errno) => {
    const kernel = new FakeKernel();
    const recorder = new Recorder();
    kernel.device(true).start(recorder);
    kernel.readError = errno;
    kernel.target!.onReadable();
    expect(recorder.lost).toEqual([]);
    expect(kernel.target).toBeDefined();
  });

  it('says once that it is lost when the interface was deleted, and then nothing more', async () => {
    const kernel = new FakeKernel();
    const device = kernel.device(true);
    const recorder = new Recorder();
    device.start(recorder);
    kernel.readError = ERRORS.EBADFD;
    const { target } = kernel;
    target!.onReadable();
    expect(recorder.lost.map(({ message }) => message)).toEqual([
      expect.stringContaining('vcl0 is gone (error 77)'),
    ]);
    target!.onReadable();
    await device.close();
    expect(recorder.lost).toHaveLength(1);
    expect(kernel.closed).toBe(1);
  });

  it.each([ERRORS.EAGAIN, ERRORS.EIO, ERRORS.EBADFD])('does not write on error %d', (errno) => {
    const kernel = new FakeKernel();
    const device = kernel.device(true);
    kernel.writeError = errno;
    expect(device.write(100)).toBe(false);
  });

  it('writes no frame without a packet and none that is too long', () => {
    const kernel = new FakeKernel();
    const device = kernel.device(false);
    for (const bytes of [0, 10, 65_546]) expect(device.write(bytes)).toBe(false);
    expect(kernel.written).toEqual([]);
    expect(device.write(65_545)).toBe(true);
  });

  it('reads and writes nothing more once it is closed, and closes once', async () => {
    const kernel = new FakeKernel();
    const device = kernel.device(true);
    const recorder = new Recorder();
    recorder.onFrame = () => void device.close();
    device.start(recorder);
    kernel.toRead.push(packet(40), packet(40));
    kernel.target!.onReadable();
    await device.close();
    expect(kernel.toRead).toHaveLength(1);
    expect(recorder.idles).toBe(0);
    expect(kernel.target).toBeUndefined();
    expect(kernel.closed).toBe(1);
    expect(device.write(60)).toBe(false);
    expect(() => device.start(recorder)).toThrow(/closed/);
  });

  it('has memory of its own to give once another device may have that of its pool', async () => {
    const kernel = new FakeKernel();
    const first = kernel.device(true);
    const before = first.reserve();
    await first.close();
    const second = kernel.device(true);
    expect(second.reserve()).toBe(before);
    first.reserve().fill(0xa5);
    expect(first.reserve().length).toBe(before.length);
    expect(before.every((byte) => byte === 0)).toBe(true);
  });
});

describe('openTun', () => {
  function fakeCalls(errors: Partial<Record<keyof TunCalls, string | Error>> = {}) {
    const memory = new FakeMemory();
    const log: string[] = [];
    const error = (name: keyof TunCalls) => errors[name] as string | undefined;
    const calls: TunCalls = {
      open: () => {
        if (errors.open instanceof Error) throw errors.open;
        log.push('open');
        return FD;
      },
      close: () => log.push('close'),
      setInterface: (_fd, { bytes, view }) => {
        const name = String.fromCharCode(...bytes.subarray(0, bytes.indexOf(0)));
        log.push(`${name} ${view.getUint16(16, true).toString(16)}`);
        bytes.set([...name.replace('%d', '3')].map((c) => c.charCodeAt(0)));
        if (name.includes('%d')) bytes[name.length - 1] = 0;
        return error('setInterface');
      },
      setHeaderBytes: (_fd, { view }) => {
        log.push(`header ${view.getInt32(0, true)}`);
        return error('setHeaderBytes');
      },
      setOffloads: (_fd, flags) => {
        log.push(`offloads ${flags}`);
        return error('setOffloads');
      },
      allocate: memory.allocate,
    };
    return { calls, log };
  }

  it('asks for headers, checksums and both kinds of TCP segments', () => {
    const { calls, log } = fakeCalls();
    expect(openTun(calls, 'vcl%d', true)).toEqual({ fd: FD, name: 'vcl3', offloads: true });
    expect(log).toEqual(['open', 'vcl%d 5001', 'header 10', 'offloads 7']);
  });

  it('asks for nothing where nothing is wanted', () => {
    const { calls, log } = fakeCalls();
    expect(openTun(calls, 'vcl0', false)).toEqual({ fd: FD, name: 'vcl0', offloads: false });
    expect(log).toEqual(['open', 'vcl0 1001']);
  });

  it('makes a plain interface where offloads are refused', () => {
    const { calls, log } = fakeCalls({ setOffloads: 'EINVAL' });
    expect(openTun(calls, 'vcl0', true).offloads).toBe(false);
    expect(log.slice(3)).toEqual(['offloads 7', 'close', 'open', 'vcl0 1001']);
  });

  it.each([
    ['EPERM', /CAP_NET_ADMIN.*\(EPERM\)/],
    ['EBUSY', /another name/],
    ['EINVAL', /another kind/],
    ['EIO', /\(EIO\)/],
  ])('says how to go on after %s, and keeps nothing open', (code, text) => {
    const { calls, log } = fakeCalls({ setInterface: code });
    expect(() => openTun(calls, 'vcl0', true)).toThrow(text);
    expect(log.filter((line) => line === 'open')).toHaveLength(
      log.filter((line) => line === 'close').length,
    );
  });

  it.each([
    ['ENOENT', /modprobe tun/],
    ['EACCES', /root/],
    ['EMFILE', /ulimit/],
  ])('says how to go on when /dev/net/tun gives %s', (code, text) => {
    const { calls } = fakeCalls({ open: Object.assign(new Error(code), { code }) });
    expect(() => openTun(calls, 'vcl0', true)).toThrow(text);
  });
});
