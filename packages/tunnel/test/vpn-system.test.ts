import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { KeyPair } from 'vcl-protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryPeerStore, type SystemParts } from '../src/index.js';
import type { Command, Runner } from '../src/system/command.js';
import { FakeMachine } from './system/fake-machine.js';
import { peer, type ServerSide, startClient, startServer, until } from './vpn-support.js';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcl-vpn-'));
  // A machine's settings: it has both families, and forwards neither.
  for (const file of ['ipv4/ip_forward', 'ipv6/conf/all/forwarding']) {
    const path = join(folder, 'net', file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '0\n');
  }
});

/** What a tunnel gets of that machine. */
function partsOf(run: Runner, device: string): SystemParts {
  return { run, journal: join(folder, 'run', `${device}.journal`), settings: join(folder, 'net') };
}

function journals(): string[] {
  const run = join(folder, 'run');
  return existsSync(run) ? readdirSync(run) : [];
}

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A machine whose commands wait until they may go on. */
class SlowMachine extends FakeMachine {
  readonly #waiting: (() => void)[] = [];
  isSlow = true;

  readonly slowly = async (command: Command): Promise<string> => {
    if (this.isSlow) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return await this.run(command);
  };

  get waiting(): number {
    return this.#waiting.length;
  }

  go(): void {
    this.isSlow = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** A client of everything on a machine, whose key the server knows. */
async function clientOn(machine: SlowMachine, side: ServerSide) {
  const identity = KeyPair.generate();
  await side.store.putPeer(peer(identity));
  return await startClient(side, { identity }, partsOf(machine.slowly, 'cli0'));
}

describe('a client that changes the system', () => {
  it('sends everything through the tunnel, and takes that back', async () => {
    const [side, machine] = [await startServer(), new SlowMachine()];
    const before = machine.system.state;
    machine.isSlow = false;
    const { tunnel } = await clientOn(machine, side);
    await until(() => tunnel.state === 'connected');
    expect(machine.system.deviceFor('1.1.1.1')).toBe('cli0');
    expect(machine.system.deviceFor('127.0.0.1')).toBe('eth0');
    await tunnel.stop();
    expect([machine.system.state, journals()]).toEqual([before, []]);
  });

  it('leaves neither a session nor a change when it is stopped while it sets up', async () => {
    const [side, machine] = [await startServer(), new SlowMachine()];
    const before = machine.system.state;
    const { tunnel } = await clientOn(machine, side);
    await until(() => machine.waiting > 0 && side.server.status().peers.length === 1);
    const stopping = tunnel.stop();
    machine.go();
    await stopping;
    await until(() => side.server.status().peers.length === 0);
    expect([machine.system.state, journals()]).toEqual([before, []]);
    expect(tunnel.state).toBe('stopped');
  });

  it('does not take a session for connected that ended while it set up', async () => {
    const [side, machine] = [await startServer(), new SlowMachine()];
    const { tunnel, events } = await clientOn(machine, side);
    await until(() => machine.waiting > 0);
    await side.server.stop();
    machine.go();
    await until(() => events.length > 0);
    expect(events[0]).toMatchObject({ type: 'attemptFailed' });
    expect(tunnel.stats().server).toBeUndefined();
  });

  it('does not go on when it is refused while it sets up', async () => {
    const [side, machine] = [await startServer(), new SlowMachine()];
    const { tunnel, key } = await clientOn(machine, side);
    await until(() => machine.waiting > 0);
    await side.store.removePeer(key);
    await until(() => side.server.status().peers.length === 0);
    machine.go();
    await until(() => tunnel.state === 'failed');
    expect(tunnel.lastError?.message).toMatch(/not allowed/);
  });

  it('tells when the system refuses, and tries again', async () => {
    const [side, machine] = [await startServer(), new SlowMachine()];
    machine.go();
    machine.refused = /rule add/;
    const { tunnel, events } = await clientOn(machine, side);
    await until(() => events.some(({ type }) => type === 'attemptFailed'));
    expect(tunnel.lastError?.message).toMatch(/refused/);
    machine.refused = /^$/;
    await until(() => tunnel.state === 'connected');
    expect(machine.system.deviceFor('1.1.1.1')).toBe('cli0');
    await until(() => side.server.status().peers.length === 1);
  });
});

describe('a server that changes the system', () => {
  it('leads to the networks behind peers, while they are let in, but never everything', async () => {
    const machine = new FakeMachine();
    const side = await startServer({ nat: false }, undefined, partsOf(machine.run, 'srv0'));
    const deviceFor = (address: string) => machine.system.deviceFor(address);
    const key = KeyPair.generate();
    await side.store.putPeer(
      peer(key, { allowedIps: ['192.168.7.0/24', 'fd77::/48', '0.0.0.0/0'] }),
    );
    await until(() => deviceFor('192.168.7.1') === 'srv0' && deviceFor('fd77::1') === 'srv0');
    expect(deviceFor('1.1.1.1')).toBe('eth0');
    const forwards = () => readFileSync(join(folder, 'net/ipv4/ip_forward'), 'utf8').trim();
    expect(forwards()).toBe('1');
    await side.store.removePeer(peer(key).publicKey);
    await until(() => deviceFor('192.168.7.1') === 'eth0' && deviceFor('fd77::1') === 'eth0');
    await side.server.stop();
    expect(forwards()).toBe('0');
  });

  it('knows what has changed in its store while it started', async () => {
    const [machine, store, identity] = [
      new SlowMachine(),
      new MemoryPeerStore(),
      KeyPair.generate(),
    ];
    await store.putPeer(peer(identity));
    const starting = startServer({ nat: false }, store, partsOf(machine.slowly, 'srv0'));
    await until(() => machine.waiting > 0);
    await store.removePeer(peer(identity).publicKey);
    machine.go();
    const client = await startClient(await starting, { identity });
    await until(() => client.events.length > 0);
    expect(client.tunnel.lastError?.message).toMatch(/refuse/);
  });
});
