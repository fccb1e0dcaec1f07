import type { Pointer } from 'vcl-protocol/native';
import { describe, expect, it } from 'vitest';
import { ifconfigCommands } from '../../src/device/macos/ifconfig.js';
import { createUtunTun } from '../../src/device/macos/open-utun.js';
import type { UtunCalls } from '../../src/device/macos/utun-calls.js';
import { unitOf, writeFamily, writeSockaddrCtl } from '../../src/device/macos/utun-structs.js';
import { FakeMemory } from './fake-memory.js';
import { hex, packet, Recorder, until } from './recorder.js';

const FD = 9;
const ERRORS = { EPERM: 1, EINTR: 4, ENXIO: 6, ENOMEM: 12, EBUSY: 16, EAGAIN: 35, ENOBUFS: 55 };
const IPV4_FAMILY = [0, 0, 0, 2];
const IPV6_FAMILY = [0, 0, 0, 30];

/** macOS in JavaScript, as far as utun goes. */
class FakeMacos implements UtunCalls {
  readonly memory = new FakeMemory();
  readonly allocate = this.memory.allocate;
  readonly errors = ERRORS;
  readonly incoming: number[][] = [];
  readonly written: Uint8Array[] = [];
  readonly log: string[] = [];
  failing = '';
  error: number = ERRORS.EAGAIN;
  pending: (() => void) | undefined;
  polled = '';

  socket(...args: number[]): number {
    return this.#call('socket', args.join(' '), FD);
  }
  ioctl(fd: number, request: number, argument: Pointer): number {
    const info = this.memory.at(argument, 100);
    const name = Buffer.from(info.subarray(4)).toString('latin1').replace(/\0+$/, '');
    info.set([0x15, 0, 0, 0]);
    return this.#call('ioctl', `${fd} ${request.toString(16)} ${name}`, 0);
  }
  connect(fd: number, address: Pointer, bytes: number): number {
    return this.#call('connect', `${fd} ${hex(this.memory.at(address, bytes))}`, 0);
  }
  getsockopt(fd: number, level: number, name: number, value: Pointer): number {
    this.memory.at(value, 6).set(Buffer.from('utun4\0'));
    return this.#call('getsockopt', `${fd} ${level} ${name}`, 0);
  }
  fcntl(fd: number, command: number, value: number): number {
    return this.#call('fcntl', `${fd} ${command} ${value}`, command === 3 ? 2 : 0);
  }
  read(_fd: number, out: Pointer, bytes: number): number {
    const data = this.incoming.shift();
    if (data === undefined) return -1;
    this.memory.at(out, bytes).set(data);
    return data.length;
  }
  write(_fd: number, data: Pointer, bytes: number): number {
    if (this.failing === 'write') return -1;
    this.written.push(this.memory.at(data, bytes).slice());
    return bytes;
  }
  close(fd: number): number {
    return this.#call('close', String(fd), 0);
  }
  poll(fds: Pointer, count: number, timeoutMs: number, done: () => void): void {
    this.polled = `${hex(this.memory.at(fds, 8))} ${count} ${timeoutMs}`;
    this.pending = done;
  }
  errno(): number {
    return this.error;
  }
  /** Ends the poll. */
  ready(): void {
    const done = this.pending;
    this.pending = undefined;
    done?.();
  }

  #call(name: string, args: string, result: number): number {
    this.log.push(`${name} ${args}`);
    return this.failing === name ? -1 : result;
  }
}

const open = (macos: FakeMacos, name = 'vcl0') => createUtunTun(macos, { name, mtu: 1420 });

describe('a device of utun', () => {
  it('connects to the control of utun without blocking, and learns its name', () => {
    const macos = new FakeMacos();
    const device = open(macos, 'utun4');
    expect(device.name).toBe('utun4');
    expect(macos.log).toEqual([
      'socket 32 2 2',
      'ioctl 9 c0644e03 com.apple.net.utun_control',
      `connect 9 2020020015000000${'05000000'}${'00'.repeat(20)}`,
      'fcntl 9 3 0',
      'fcntl 9 4 6',
      'fcntl 9 2 1',
      'getsockopt 9 2 2',
    ]);
  });

  it('reads packets without their family, and waits when nothing is left', async () => {
    const macos = new FakeMacos();
    const recorder = new Recorder();
    recorder.releases = false;
    const device = open(macos);
    macos.incoming.push(
      [...IPV4_FAMILY, ...packet(40)],
      [...IPV6_FAMILY, 0x60, 1, 2],
      [0, 0, 0, 2],
    );
    device.start(recorder);
    await until(() => macos.pending !== undefined);
    expect(macos.polled).toBe('0900000001000000 1 250');
    expect(recorder.packets).toEqual([hex(packet(40)), '600102']);
    expect(recorder.frames[1]!.bytes.subarray(0, 10)).toEqual(new Uint8Array(10));
    macos.incoming.push([...IPV4_FAMILY, ...packet(21)]);
    macos.ready();
    expect(recorder.packets).toHaveLength(3);
  });

  it('writes packets behind their family', () => {
    const macos = new FakeMacos();
    const device = open(macos);
    device.reserve().set(packet(30, 5), 10);
    expect(device.write(40)).toBe(true);
    device.reserve()[10] = 0x6f;
    expect(device.write(40)).toBe(true);
    expect(macos.written[0]).toEqual(Uint8Array.of(...IPV4_FAMILY, ...packet(30, 5)));
    expect([...macos.written[1]!.subarray(0, 5)]).toEqual([...IPV6_FAMILY, 0x6f]);
    device.reserve()[10] = 0x15;
    expect(device.write(40)).toBe(false);
    macos.failing = 'write';
    device.reserve()[10] = 0x45;
    expect(device.write(40)).toBe(false);
  });

  it('says once that it is lost when reading fails for good', async () => {
    const macos = new FakeMacos();
    const recorder = new Recorder();
    macos.error = ERRORS.ENXIO;
    open(macos).start(recorder);
    await until(() => recorder.lost.length > 0);
    expect(recorder.lost[0]!.message).toContain('error 6');
    expect(macos.pending).toBeUndefined();
  });

  it('closes the socket only when no thread waits for it', async () => {
    const macos = new FakeMacos();
    const device = open(macos);
    device.start(new Recorder());
    await until(() => macos.pending !== undefined);
    const closed = device.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(macos.log).not.toContain('close 9');
    macos.ready();
    await closed;
    expect(macos.log.filter((line) => line === 'close 9')).toHaveLength(1);
    expect(macos.pending).toBeUndefined();
  });

  it('has memory of its own to give once another device may have that of its pool', async () => {
    const macos = new FakeMacos();
    const device = open(macos);
    const memory = device.reserve();
    await device.close();
    expect(open(macos).reserve()).toBe(memory);
    expect(device.reserve()).not.toBe(memory);
    expect(device.reserve().length).toBe(memory.length);
  });

  it.each([
    ['socket', ERRORS.EPERM, /root.*socket/],
    ['ioctl', 2, /ioctl, error 2/],
    ['connect', ERRORS.EPERM, /root/],
    ['connect', ERRORS.EBUSY, /another utun/],
    ['fcntl', 5, /fcntl/],
  ])('says what is missing when %s fails with %d', (failing, error, text) => {
    const macos = Object.assign(new FakeMacos(), { failing, error });
    expect(() => open(macos)).toThrow(text);
    expect(macos.log.includes('close 9')).toBe(failing !== 'socket');
  });
});

describe('the structs of utun', () => {
  it('counts units from 1, and asks for any where no utun is named', () => {
    expect(['utun0', 'utun12', 'vcl0', 'utun', 'utun1x'].map(unitOf)).toEqual([1, 13, 0, 0, 0]);
  });

  it('writes struct sockaddr_ctl over whatever was there', () => {
    const bytes = new Uint8Array(32).fill(255);
    writeSockaddrCtl({ bytes, view: new DataView(bytes.buffer) }, 0x01020304, 7);
    expect(hex(bytes)).toBe(`2020020004030201${'07000000'}${'00'.repeat(20)}`);
  });

  it('knows families of IP alone', () => {
    const bytes = Uint8Array.of(9, 9, 9, 9, 0x50);
    expect(writeFamily(bytes, 0)).toBe(false);
    expect(bytes).toEqual(Uint8Array.of(9, 9, 9, 9, 0x50));
  });
});

describe('ifconfigCommands', () => {
  it('gives addresses with their networks, the peer, the MTU, and brings it up', () => {
    const settings = { addresses: ['10.0.0.1/24', 'fd00::1/64'], peer: '10.0.0.2', mtu: 1400 };
    expect(ifconfigCommands('utun4', settings).map((command) => command.join(' '))).toEqual([
      '/sbin/ifconfig utun4 inet 10.0.0.1/24 10.0.0.2 alias',
      '/sbin/ifconfig utun4 inet6 fd00::1 prefixlen 64 alias',
      '/sbin/ifconfig utun4 mtu 1400 up',
    ]);
  });

  it('is its own peer without one', () => {
    const [command] = ifconfigCommands('utun4', { addresses: ['10.0.0.1'], mtu: 1400 });
    expect(command).toEqual([
      '/sbin/ifconfig',
      'utun4',
      'inet',
      '10.0.0.1/32',
      '10.0.0.1',
      'alias',
    ]);
  });
});
