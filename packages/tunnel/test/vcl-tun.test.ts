import { describe, expect, it } from 'vitest';
import type { InterfaceSettings } from '../src/device/interface-settings.js';
import { createMemoryTun } from '../src/device/memory-tun.js';
import type { TunConfig } from '../src/tun-config.js';
import { VCLTun } from '../src/vcl-tun.js';

const packet = (fill: number): Uint8Array => new Uint8Array(40).fill(fill).fill(0x45, 0, 1);

async function create(config: TunConfig = {}) {
  const memory = createMemoryTun({ name: 'vcl3' });
  const calls: unknown[] = [];
  const tun = await VCLTun.create(config, {
    open: (options) => {
      calls.push(options);
      return memory.device;
    },
    configure: async (name: string, settings: InterfaceSettings) => void calls.push(name, settings),
  });
  return { memory, tun, calls };
}

describe('VCLTun', () => {
  it('has the defaults of the guide', async () => {
    const { tun, calls } = await create();
    expect(tun.config).toEqual({
      name: 'vcl0',
      address: '10.0.0.1',
      destination: '10.0.0.2',
      netmask: '255.255.255.0',
      addresses: [],
      mtu: 1420,
    });
    expect(calls).toEqual([
      { name: 'vcl0', mtu: 1420, offloads: false },
      'vcl3',
      { addresses: ['10.0.0.1/24'], peer: '10.0.0.2', mtu: 1420 },
    ]);
    expect([tun.name, tun.mtu, tun.address, tun.destination]).toEqual([
      'vcl3',
      1420,
      '10.0.0.1',
      '10.0.0.2',
    ]);
  });

  it('gives the interface all of its addresses', async () => {
    const { calls } = await create({
      netmask: '255.255.255.255',
      addresses: ['fd00::1/64', '10.9.0.1/8'],
    });
    expect(calls[2]).toMatchObject({ addresses: ['10.0.0.1/32', 'fd00::1/64', '10.9.0.1/8'] });
  });

  it.each([
    ['name', 'a/b'],
    ['address', '10.0.0'],
    ['address', '::1'],
    ['destination', 7],
    ['netmask', '255.0.255.0'],
    ['netmask', 'fd00::'],
    ['addresses', 'fd00::1/64'],
    ['addresses', ['fd00::1/129']],
    ['mtu', 100],
    ['gateway', '10.0.0.1'],
  ])('refuses a wrong %s: %s', async (field, value) => {
    await expect(create({ [field]: value } as TunConfig)).rejects.toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringMatching(new RegExp(`^${field}`)),
    });
  });

  it('refuses IPv6 below its least MTU', async () => {
    await expect(create({ addresses: ['fd00::1/64'], mtu: 1279 })).rejects.toThrow(/^mtu: IPv6/);
    const { tun } = await create({ addresses: ['fd00::1/64'], mtu: 1280 });
    expect(tun.mtu).toBe(1280);
  });

  it('removes the interface when it cannot be set up', async () => {
    const memory = createMemoryTun();
    const parts = {
      open: () => memory.device,
      configure: () => Promise.reject(new Error('no ip')),
    };
    await expect(VCLTun.create({}, parts)).rejects.toThrow('no ip');
    expect(memory.isClosed).toBe(true);
  });

  it('reads packets in order, those that came before and those that come later', async () => {
    const { memory, tun } = await create();
    memory.inject(packet(1), packet(2));
    expect([await tun.readPacket(), await tun.readPacket()]).toEqual([packet(1), packet(2)]);
    const reads = [tun.readPacket(), tun.readPacket()];
    memory.inject(packet(3), packet(4));
    expect(await Promise.all(reads)).toEqual([packet(3), packet(4)]);
    expect(memory.heldFrames).toBe(0);
  });

  it('writes packets behind an empty header, and says when the queue is full', async () => {
    const memory = createMemoryTun({ queueFrames: 1 });
    const tun = await VCLTun.create({}, { open: () => memory.device, configure: async () => {} });
    memory.device.reserve().fill(255);
    expect([tun.writePacket(packet(1)), tun.writePacket(packet(2))]).toEqual([true, false]);
    expect(memory.takeFrames()).toEqual([Uint8Array.of(...new Uint8Array(10), ...packet(1))]);
  });

  it.each([
    [new Uint8Array(0), 'InvalidPacket'],
    [new Uint8Array(40), 'InvalidPacket'],
    [new Uint8Array(1421).fill(0x45), 'MessageTooBig'],
  ])('does not write what is no packet or too long', async (bytes, code) => {
    const { memory, tun } = await create();
    expect(() => tun.writePacket(bytes)).toThrow(expect.objectContaining({ code }));
    expect(memory.takeFrames()).toEqual([]);
  });

  it('gives up waiting when told to, and loses no packet by that', async () => {
    const { memory, tun } = await create();
    const abort = new AbortController();
    const read = tun.readPacket(abort.signal);
    abort.abort(new Error('enough'));
    await expect(read).rejects.toThrow('enough');
    await expect(tun.readPacket(abort.signal)).rejects.toThrow('enough');
    memory.inject(packet(1));
    expect(await tun.readPacket()).toEqual(packet(1));
  });

  it('ends waiting reads when it is closed, and gives all frames back', async () => {
    const { memory, tun } = await create();
    const read = tun.readPacket();
    await Promise.all([tun.close(), tun.close()]);
    await expect(read).rejects.toMatchObject({ code: 'ConnectionClosed' });
    await expect(tun.readPacket()).rejects.toMatchObject({ code: 'ConnectionClosed' });
    expect(() => tun.writePacket(packet(1))).toThrow(/closed/);
    expect(memory.isClosed).toBe(true);
  });

  it('releases what was not read when it is closed', async () => {
    const { memory, tun } = await create();
    memory.inject(packet(1), packet(2));
    expect(memory.heldFrames).toBe(2);
    await tun[Symbol.asyncDispose]();
    expect(memory.heldFrames).toBe(0);
  });

  it('tells that the system removed it, after what had come', async () => {
    const { memory, tun } = await create();
    memory.inject(packet(1));
    memory.lose(new Error('deleted'));
    expect(await tun.readPacket()).toEqual(packet(1));
    await expect(tun.readPacket()).rejects.toMatchObject({ code: 'IoError', message: 'deleted' });
    expect(() => tun.writePacket(packet(1))).toThrow('deleted');
  });

  it('is a sequence of packets that ends when it is closed', async () => {
    const { memory, tun } = await create();
    memory.inject(packet(1), packet(2));
    const seen: Uint8Array[] = [];
    for await (const one of tun) {
      seen.push(one);
      if (seen.length === 2) setImmediate(() => void tun.close());
    }
    expect(seen).toEqual([packet(1), packet(2)]);
  });

  it('is a sequence that fails when the system removes it', async () => {
    const { memory, tun } = await create();
    setImmediate(() => memory.lose(new Error('deleted')));
    const reading = (async () => {
      for await (const one of tun) expect(one).toBeUndefined();
    })();
    await expect(reading).rejects.toThrow('deleted');
  });
});
