import type { Pointer } from 'vcl-protocol/native';
import { describe, expect, it } from 'vitest';
import { findWintun } from '../../src/device/windows/find-wintun.js';
import { netshCommands } from '../../src/device/windows/netsh.js';
import { createWintunTun } from '../../src/device/windows/open-wintun.js';
import type { WintunLibrary } from '../../src/device/windows/wintun-library.js';
import { FakeMemory } from './fake-memory.js';
import { hex, packet, Recorder, until } from './recorder.js';

const ADAPTER = 1n;
const SESSION = 2n;
const EVENT = 3n;
const ERROR_NO_MORE_ITEMS = 259;

/** A Wintun in JavaScript. */
class FakeWintun implements WintunLibrary {
  readonly memory = new FakeMemory();
  readonly allocate = this.memory.allocate;
  readonly incoming: Uint8Array[] = [];
  readonly sent: Uint8Array[] = [];
  readonly log: string[] = [];
  readonly received = new Set<Pointer>();
  error = ERROR_NO_MORE_ITEMS;
  isFull = false;
  canCreate = true;
  exists = false;
  canStart = true;
  version = 0xe;
  #pending: (() => void) | undefined;

  createAdapter(name: string, kind: string, guid: Pointer): Pointer | null {
    this.log.push(`create ${name} ${kind} ${hex(this.memory.at(guid, 16))}`);
    return this.canCreate ? ADAPTER : null;
  }
  openAdapter(): Pointer | null {
    return this.exists ? ADAPTER : null;
  }
  closeAdapter(adapter: Pointer): void {
    this.log.push(`close ${adapter}`);
  }
  startSession(_adapter: Pointer, ringBytes: number): Pointer | null {
    this.log.push(`start ${ringBytes}`);
    return this.canStart ? SESSION : null;
  }
  endSession(session: Pointer): void {
    this.log.push(`end ${session}`);
    expect(this.#pending, 'a thread still waits').toBeUndefined();
  }
  readWaitEvent(): Pointer {
    return EVENT;
  }
  receivePacket(_session: Pointer, lengthOut: Pointer): Pointer | null {
    const data = this.incoming.shift();
    if (data === undefined) return null;
    const block = this.allocate(Math.max(1, data.length));
    block.bytes.set(data);
    new DataView(this.memory.at(lengthOut, 4).buffer).setUint32(0, data.length, true);
    this.received.add(block.pointer);
    return block.pointer;
  }
  releaseReceivePacket(_session: Pointer, pointer: Pointer): void {
    expect(this.received.delete(pointer)).toBe(true);
  }
  allocateSendPacket(_session: Pointer, bytes: number): Pointer | null {
    if (this.isFull) return null;
    const block = this.allocate(bytes);
    this.sent.push(block.bytes);
    return block.pointer;
  }
  sendPacket(): void {
    this.log.push('send');
  }
  driverVersion(): number {
    return this.version;
  }
  lastError(): number {
    return this.error;
  }
  wait(event: Pointer, timeoutMs: number, done: () => void): void {
    expect([event, timeoutMs]).toEqual([EVENT, 250]);
    this.#pending = done;
  }
  signal(): void {
    const done = this.#pending;
    this.#pending = undefined;
    if (done !== undefined) setImmediate(done);
  }
  copy(to: Pointer, from: Pointer, bytes: number): void {
    this.memory.at(to, bytes).set(this.memory.at(from, bytes));
  }
  get isWaiting(): boolean {
    return this.#pending !== undefined;
  }
}

const open = (library: FakeWintun) => createWintunTun(library, { name: 'vcl%d', mtu: 1420 });

describe('a device of Wintun', () => {
  it('waits, reads until nothing is left, and waits again', async () => {
    const library = new FakeWintun();
    const recorder = new Recorder();
    const device = open(library);
    device.start(recorder);
    await until(() => library.isWaiting);
    for (let i = 0; i < 100; i++) library.incoming.push(packet(40 + i, i));
    library.signal();
    await until(() => library.isWaiting);
    expect(recorder.packets).toEqual(Array.from({ length: 100 }, (_, i) => hex(packet(40 + i, i))));
    expect(library.received.size).toBe(0);
    expect([device.name, device.mtu, device.offloads]).toEqual(['vcl0', 1420, false]);
    await device.close();
  });

  it('puts zeros in front of packets and takes them off again', async () => {
    const library = new FakeWintun();
    const recorder = new Recorder();
    recorder.releases = false;
    const device = open(library);
    device.start(recorder);
    library.incoming.push(packet(30));
    await until(() => recorder.frames.length === 1);
    expect(recorder.frames[0]!.bytes.subarray(0, 10)).toEqual(new Uint8Array(10));
    device.reserve().fill(9, 0, 10);
    device.reserve().set(packet(50, 4), 10);
    expect(device.write(60)).toBe(true);
    expect(library.sent).toEqual([packet(50, 4)]);
    expect(library.log.at(-1)).toBe('send');
    await device.close();
  });

  it('loses a packet when the ring is full, and never a longer one than there can be', async () => {
    const library = new FakeWintun();
    const device = open(library);
    library.isFull = true;
    expect(device.write(60)).toBe(false);
    library.isFull = false;
    expect([10, 65_546].map((bytes) => device.write(bytes))).toEqual([false, false]);
    expect(library.sent).toEqual([]);
    await device.close();
  });

  it('passes over what is no packet', async () => {
    const library = new FakeWintun();
    const recorder = new Recorder();
    const device = open(library);
    library.incoming.push(new Uint8Array(0), new Uint8Array(70_000), packet(40));
    device.start(recorder);
    await until(() => library.isWaiting);
    expect(recorder.packets).toEqual([hex(packet(40))]);
    expect(library.received.size).toBe(0);
    await device.close();
  });

  it('stops reading while the user holds all memory, and goes on when a frame comes back', async () => {
    const library = new FakeWintun();
    const recorder = new Recorder();
    recorder.releases = false;
    const device = open(library);
    for (let i = 0; i < 70; i++) library.incoming.push(packet(4000, i));
    device.start(recorder);
    await until(() => recorder.frames.length === 64);
    await new Promise((resolve) => setImmediate(resolve));
    expect(library.isWaiting).toBe(false);
    expect(library.incoming).toHaveLength(6);
    recorder.releases = true;
    recorder.frames[0]!.release();
    await until(() => library.isWaiting);
    expect(recorder.packets).toHaveLength(70);
    for (const frame of recorder.frames) frame.release();
    await device.close();
  });

  it('goes on when no thread was to be had to wait', async () => {
    const library = new FakeWintun();
    const recorder = new Recorder();
    const wait = library.wait.bind(library);
    let refused = 0;
    library.wait = (...args) => {
      if (refused++ < 2) throw new Error('too many calls are under way');
      wait(...args);
    };
    const device = open(library);
    device.start(recorder);
    library.incoming.push(packet(40));
    await until(() => library.isWaiting);
    expect(recorder.packets).toEqual([hex(packet(40))]);
    expect(refused).toBe(3);
    await device.close();
  });

  it.each([38, 13])('says once that it is lost after error %d', async (error) => {
    const library = new FakeWintun();
    const recorder = new Recorder();
    const device = open(library);
    library.error = error;
    device.start(recorder);
    await until(() => recorder.lost.length > 0);
    expect(recorder.lost[0]!.message).toContain(`error ${error}`);
    await device.close();
    expect(recorder.lost).toHaveLength(1);
  });

  it('ends the wait before the session, the session before the adapter, and each once', async () => {
    const library = new FakeWintun();
    const device = open(library);
    device.start(new Recorder());
    await until(() => library.isWaiting);
    await Promise.all([device.close(), device.close()]);
    expect(library.log.slice(-2)).toEqual(['end 2', 'close 1']);
    expect(library.log.filter((line) => line.startsWith('end'))).toHaveLength(1);
    expect(device.write(60)).toBe(false);
    expect(() => device.start(new Recorder())).toThrow(/closed/);
  });

  it('takes the adapter that is there when it cannot make one', async () => {
    const library = new FakeWintun();
    library.canCreate = false;
    library.exists = true;
    await open(library).close();
    expect(library.log).toContain('start 4194304');
  });

  it('asks for the same adapter under the same name', async () => {
    const logs = await Promise.all(
      ['a', 'a', 'b'].map(async (name) => {
        const library = new FakeWintun();
        await createWintunTun(library, { name, mtu: 1420 }).close();
        return library.log[0]!.split(' ').at(-1);
      }),
    );
    expect(logs[0]).toBe(logs[1]);
    expect(logs[0]).not.toBe(logs[2]);
  });

  it.each([
    ['no administrator', { canCreate: false, error: 5 }, /administrator.*error 5/],
    ['no adapter', { canCreate: false, error: 2 }, /installed.*error 2/],
    ['no session', { canStart: false, error: 8 }, /error 8/],
    ['no driver', { version: 0 }, /installed/],
  ])('says what is missing: %s', (_name, state, text) => {
    const library = Object.assign(new FakeWintun(), state);
    expect(() => open(library)).toThrow(text);
    const opened = library.log.filter((line) => /^start/.test(line)).length;
    expect(library.log.filter((line) => /^close/.test(line))).toHaveLength(opened);
  });
});

describe('findWintun', () => {
  const places = (existing: string[], env: Record<string, string> = {}) => ({
    env,
    execPath: 'C:\\node\\node.exe',
    exists: (path: string) => existing.includes(path),
  });

  it('looks where VCL_WINTUN says, and nowhere else', () => {
    const env = { VCL_WINTUN: 'D:\\w.dll', PATH: 'C:\\bin' };
    expect(findWintun(places(['D:\\w.dll', 'C:\\bin\\wintun.dll'], env))).toBe('D:\\w.dll');
    expect(() => findWintun(places(['C:\\bin\\wintun.dll'], env))).toThrow(/VCL_WINTUN/);
  });

  it('looks beside the program first, then in PATH', () => {
    const env = { PATH: 'C:\\a;C:\\b' };
    const beside = 'C:\\node\\wintun.dll';
    expect(findWintun(places([beside, 'C:\\b\\wintun.dll'], env))).toBe(beside);
    expect(findWintun(places(['C:\\b\\wintun.dll'], env))).toBe('C:\\b\\wintun.dll');
  });

  it('takes nothing from the current folder, and says where to get it', () => {
    const env = { Path: '.;;bin' };
    const near = ['.\\wintun.dll', 'wintun.dll', 'bin\\wintun.dll'];
    expect(() => findWintun(places(near, env))).toThrow(/www\.wintun\.net/);
  });
});

describe('netshCommands', () => {
  it('sets the first IPv4 address, adds the others, and the MTU for each family', () => {
    const addresses = ['10.0.0.1/24', '10.1.0.1/9', 'fd00::1/64'];
    const commands = netshCommands('vcl0', { addresses, mtu: 1400 }, 'C:\\W');
    expect(new Set(commands.map(([file]) => file))).toEqual(
      new Set(['C:\\W\\System32\\netsh.exe']),
    );
    expect(commands.map(([, ...args]) => args.join(' '))).toEqual([
      'interface ipv4 set address name=vcl0 address=10.0.0.1 mask=255.255.255.0 source=static store=active',
      'interface ipv4 add address name=vcl0 address=10.1.0.1 mask=255.128.0.0 store=active',
      'interface ipv6 add address interface=vcl0 address=fd00::1/64 store=active',
      'interface ipv4 set subinterface vcl0 mtu=1400 store=active',
      'interface ipv6 set subinterface vcl0 mtu=1400 store=active',
    ]);
  });

  it.each([
    ['0', '0.0.0.0'],
    ['32', '255.255.255.255'],
    ['1', '128.0.0.0'],
  ])('writes the prefix %s as a mask', (prefix, mask) => {
    const [command] = netshCommands('vcl0', { addresses: [`1.2.3.4/${prefix}`], mtu: 1400 });
    expect(command).toContain(`mask=${mask}`);
  });
});
