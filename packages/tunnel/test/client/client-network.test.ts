import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClientNetwork, type ClientNetworkOptions } from '../../src/client/client-network.js';
import { parseIp } from '../../src/core/ip/ip-address.js';
import { IpPrefix } from '../../src/core/ip/ip-prefix.js';
import type { ConfiguredMessage, TunnelPrefix } from '../../src/core/wire/tunnel-message.js';
import { createMemoryTun } from '../../src/device/memory-tun.js';
import { SystemJournal } from '../../src/system/journal.js';
import { FakeMachine } from '../system/fake-machine.js';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcl-network-'));
  mkdirSync(join(folder, 'ipv6/conf/vcl0'), { recursive: true });
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function networkOf(machine: FakeMachine, more: Partial<ClientNetworkOptions> = {}) {
  const { run } = machine;
  const journal = await SystemJournal.open({ path: join(folder, 'vcl0.journal'), run });
  const { device } = createMemoryTun({ name: 'vcl0' });
  const network = new ClientNetwork({
    device,
    journal,
    mtu: 1_420,
    routes: 'all',
    excluded: [],
    run,
    settings: folder,
    ...more,
  });
  return { journal, network };
}

function prefix(text: string): TunnelPrefix {
  const { address, bits } = IpPrefix.parse(text);
  return { address, bits };
}

function place(addresses: readonly string[], routes: readonly string[] = []): ConfiguredMessage {
  return {
    type: 'configured',
    version: 1,
    mtu: 1_380,
    addresses: addresses.map(prefix),
    routes: routes.map(prefix),
    gateways: [parseIp('10.8.0.1')!],
    resolvers: [],
  };
}

const BOTH = ['10.8.0.2/24', 'fd08::2/64'];
/** As the interface has them. */
const OWN = ['10.8.0.2/32', 'fd08::2/128'];

describe('a client’s network', () => {
  it('is as the server says, changes only where that changes, and is undone', async () => {
    const machine = new FakeMachine();
    const before = machine.system.state;
    const { network, journal } = await networkOf(machine);
    await network.prepare('203.0.113.7');
    await network.apply(place(BOTH));
    expect([...machine.addresses]).toEqual(OWN);
    const devices = ['1.1.1.1', '2606::1', '203.0.113.7'].map((address) =>
      machine.system.deviceFor(address),
    );
    expect(devices).toEqual(['vcl0', 'vcl0', 'eth0']);
    const commands = machine.commands;
    await network.apply(place(BOTH));
    expect(machine.commands).toBe(commands);
    await network.apply(place(['10.8.0.9/24']));
    expect([...machine.addresses]).toEqual(['10.8.0.9/32']);
    expect(machine.system.deviceFor('1.1.1.1')).toBe('vcl0');
    expect(machine.system.deviceFor('2606::1')).toBe('unreachable');
    await journal.close();
    expect(machine.system.state).toBe(before);
  });

  it('is changed by one call after the other', async () => {
    const machine = new FakeMachine();
    const { network } = await networkOf(machine);
    const places = [place(BOTH), place(['10.8.0.9/24']), place(['10.8.0.7/24', 'fd08::7/64'])];
    await Promise.all([...places.map((one) => network.apply(one)), network.prepare('192.0.2.1')]);
    expect([...machine.addresses]).toEqual(['10.8.0.7/32', 'fd08::7/128']);
    const devices = ['1.1.1.1', '2606::1'].map((one) => machine.system.deviceFor(one));
    expect(devices).toEqual(['vcl0', 'vcl0']);
  });

  it('keeps each address of the server outside, from before it is used', async () => {
    const machine = new FakeMachine();
    const { network } = await networkOf(machine);
    await network.prepare('203.0.113.7');
    network.useEndpoint('203.0.113.7');
    await network.apply(place(BOTH));
    await network.prepare('::ffff:198.51.100.8');
    const devices = ['203.0.113.7', '198.51.100.8', '198.51.100.9'].map((address) =>
      machine.system.deviceFor(address),
    );
    expect(devices).toEqual(['eth0', 'eth0', 'vcl0']);
  });

  it.each([
    ['another address has shown the key', '203.0.113.7', 'vcl0'],
    ['the attempt has failed', '198.51.100.1', 'eth0'],
  ])('leaves nothing outside that only a name led to, once %s', async (_, used, device) => {
    const machine = new FakeMachine();
    const { network } = await networkOf(machine);
    network.useEndpoint('198.51.100.1');
    await network.apply(place(BOTH));
    await network.prepare('192.0.2.9');
    expect(machine.system.deviceFor('192.0.2.9')).toBe('eth0');
    if (used === '198.51.100.1') await network.forgetAttempt();
    network.useEndpoint(used);
    await network.apply(place(BOTH));
    const devices = ['192.0.2.9', '198.51.100.1', used].map((one) => machine.system.deviceFor(one));
    expect(devices).toEqual(['vcl0', device, 'eth0']);
  });

  it('does without IPv6 where packets are too short for it', async () => {
    const machine = new FakeMachine();
    const { network } = await networkOf(machine, { mtu: 1_000 });
    await network.apply(place(BOTH));
    expect([...machine.addresses].filter((text) => text.includes(':'))).toEqual([]);
    expect(machine.system.deviceFor('2606::1')).toBe('unreachable');
  });

  it('takes the networks that the server assigns, or those of this side', async () => {
    for (const [routes, inside] of [
      ['assigned', '10.20.0.1'],
      [['172.16.0.0/12'], '172.16.0.1'],
    ] as const) {
      const machine = new FakeMachine();
      const { network, journal } = await networkOf(machine, { routes });
      await network.apply(place(BOTH, ['10.20.0.0/16']));
      const devices = ['10.20.0.1', '172.16.0.1'].filter(
        (address) => machine.system.deviceFor(address) === 'vcl0',
      );
      expect(devices).toEqual([inside]);
      await journal.close();
    }
  });

  it('that was set up in part is completed by the next attempt', async () => {
    const machine = new FakeMachine();
    const before = machine.system.state;
    const { network, journal } = await networkOf(machine);
    await network.prepare('203.0.113.7');
    machine.refused = /suppress_prefixlength/;
    await expect(network.apply(place(BOTH))).rejects.toThrow('refused');
    machine.refused = /^$/;
    await network.apply(place(BOTH));
    expect(machine.system.deviceFor('1.1.1.1')).toBe('vcl0');
    await journal.close();
    expect(machine.system.state).toBe(before);
  });

  it('does without IPv6 on a machine that has none', async () => {
    rmSync(join(folder, 'ipv6'), { recursive: true });
    const machine = new FakeMachine();
    const { network } = await networkOf(machine);
    await network.apply(place(BOTH));
    expect([...machine.addresses]).toEqual(['10.8.0.2/32']);
    expect(machine.system.commands.filter((text) => text.includes('-6'))).toEqual([]);
  });

  it('does without IPv6 where the interface may not have it, and leaks none', async () => {
    writeFileSync(join(folder, 'ipv6/conf/vcl0/disable_ipv6'), '1\n');
    const machine = new FakeMachine();
    const { network } = await networkOf(machine);
    await network.apply(place(BOTH));
    expect([...machine.addresses]).toEqual(['10.8.0.2/32']);
    expect(['1.1.1.1', '2606::1'].map((one) => machine.system.deviceFor(one))).toEqual([
      'vcl0',
      'unreachable',
    ]);
  });
});
