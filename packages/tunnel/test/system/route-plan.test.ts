import { describe, expect, it } from 'vitest';
import { parseIp } from '../../src/core/ip/ip-address.js';
import { IpPrefix } from '../../src/core/ip/ip-prefix.js';
import { planRoutes, type RoutePlanInput } from '../../src/system/route-plan.js';
import { performStep, type SystemChange } from '../../src/system/system-change.js';
import { FakeSystem } from './fake-system.js';

const SERVER4 = '203.0.113.7';
const SERVER6 = '2001:db8::7';

function prefixes(...texts: readonly string[]): IpPrefix[] {
  return texts.map((text) => IpPrefix.parse(text));
}

function input(more: Partial<RoutePlanInput> = {}): RoutePlanInput {
  return {
    device: 'vcl0',
    routes: prefixes('0.0.0.0/0', '::/0'),
    excluded: [],
    endpoints: [SERVER4, SERVER6].map((text) => parseIp(text)!),
    families: [4, 6],
    systemFamilies: [4, 6],
    ...more,
  };
}

/** A machine with a default route and a local network of both families. */
function machine(): FakeSystem {
  const system = new FakeSystem();
  system.other('ip -4 route replace default dev eth0');
  system.other('ip -4 route replace 192.168.1.0/24 dev lan0');
  system.other('ip -6 route replace default dev eth0');
  system.other('ip -6 route replace fd01::/64 dev lan0');
  return system;
}

async function apply(system: FakeSystem, changes: readonly SystemChange[]): Promise<void> {
  for (const { apply: step } of changes) await performStep(step, system.run);
}

async function undo(system: FakeSystem, changes: readonly SystemChange[]): Promise<void> {
  for (const { undo: step } of changes.toReversed()) await performStep(step, system.run);
}

describe('a plan for everything', () => {
  it('leads into the tunnel, but for the server and local networks', async () => {
    const system = machine();
    await apply(system, planRoutes(input()));
    const devices = ['1.1.1.1', '2606::1', SERVER4, SERVER6, '192.168.1.9', 'fd01::9'].map(
      (address) => system.deviceFor(address),
    );
    expect(devices).toEqual(['vcl0', 'vcl0', 'eth0', 'eth0', 'lan0', 'lan0']);
  });

  it('leaves out what is excluded', async () => {
    const system = machine();
    await apply(
      system,
      planRoutes(input({ excluded: prefixes('198.51.100.9/24', '198.51.100.1/24', 'fd77::/16') })),
    );
    const devices = ['198.51.100.1', 'fd77::1', '198.51.101.1'].map((address) =>
      system.deviceFor(address),
    );
    expect(devices).toEqual(['eth0', 'eth0', 'vcl0']);
  });

  it('lets the way to the server follow the default route', async () => {
    const system = machine();
    await apply(system, planRoutes(input()));
    system.other('ip -4 route replace default dev wlan0');
    expect([system.deviceFor(SERVER4), system.deviceFor('1.1.1.1')]).toEqual(['wlan0', 'vcl0']);
  });

  it('strands nobody when the interface vanishes with its process', async () => {
    const system = machine();
    await apply(system, planRoutes(input()));
    system.remove('vcl0');
    const devices = ['1.1.1.1', '2606::1', SERVER4].map((address) => system.deviceFor(address));
    expect(devices).toEqual(['eth0', 'eth0', 'eth0']);
  });

  it('lets no IPv6 leak when the tunnel has no address of it (G78)', async () => {
    for (const routes of [prefixes('0.0.0.0/0', '::/0'), prefixes('0.0.0.0/0')]) {
      const system = machine();
      await apply(system, planRoutes(input({ routes, families: [4] })));
      const devices = ['2606::1', SERVER6, 'fd01::9', '1.1.1.1'].map((address) =>
        system.deviceFor(address),
      );
      expect(devices).toEqual(['unreachable', 'eth0', 'lan0', 'vcl0']);
    }
  });

  it.each([
    ['0.0.0.0/0', '2606::1'],
    ['::/0', '1.1.1.1'],
  ])('that names %s alone does not leave the other family outside', async (route, other) => {
    const system = machine();
    await apply(system, planRoutes(input({ routes: prefixes(route) })));
    expect(system.deviceFor(other)).toBe('vcl0');
  });

  it('keeps IPv6 in the tunnel when the tunnel gets an address of it later', async () => {
    const system = machine();
    const before = planRoutes(input({ families: [4] }));
    const later = planRoutes(input());
    await apply(system, before);
    const texts = new Set(before.map((change) => JSON.stringify(change)));
    const laterTexts = new Set(later.map((change) => JSON.stringify(change)));
    await apply(
      system,
      later.filter((change) => !texts.has(JSON.stringify(change))),
    );
    await undo(
      system,
      before.filter((change) => !laterTexts.has(JSON.stringify(change))),
    );
    expect(system.deviceFor('2606::1')).toBe('vcl0');
  });

  it('does nothing to a family that the machine does not have', () => {
    const plan = planRoutes(input({ systemFamilies: [4], families: [4] }));
    expect(JSON.stringify(plan)).not.toContain('"-6"');
  });
});

describe('a plan for some networks', () => {
  const routes = prefixes('10.20.0.0/16', 'fd20::/32');

  it('leads them into the tunnel, and nothing else', async () => {
    const system = machine();
    await apply(system, planRoutes(input({ routes })));
    const devices = ['10.20.3.4', 'fd20::1', '10.21.0.1', 'fd21::1', '1.1.1.1'].map((address) =>
      system.deviceFor(address),
    );
    expect(devices).toEqual(['vcl0', 'vcl0', 'eth0', 'eth0', 'eth0']);
  });

  it('keeps the server outside, also when it is in one of them', async () => {
    const system = machine();
    const endpoints = [parseIp('10.20.0.1')!];
    await apply(system, planRoutes(input({ routes, endpoints })));
    const devices = ['10.20.0.1', '10.20.0.2'].map((address) => system.deviceFor(address));
    expect(devices).toEqual(['eth0', 'vcl0']);
  });

  it('goes around what is excluded in them', async () => {
    const system = machine();
    await apply(system, planRoutes(input({ routes, excluded: prefixes('10.20.128.0/17') })));
    const devices = ['10.20.127.1', '10.20.128.1'].map((address) => system.deviceFor(address));
    expect(devices).toEqual(['vcl0', 'eth0']);
  });

  it('leaves out a family that the tunnel has no address of', () => {
    const plan = planRoutes(input({ routes, families: [4], endpoints: [] }));
    expect(plan).toHaveLength(1);
  });

  it('takes no route away from anybody, and gives all back', async () => {
    const system = machine();
    system.other('ip -4 route replace 10.20.0.0/16 dev lan0');
    const before = system.state;
    const plan = planRoutes(input({ routes }));
    await apply(system, plan);
    expect(system.deviceFor('10.20.0.1')).toBe('lan0');
    await undo(system, plan);
    expect(system.state).toBe(before);
  });
});

describe('several tunnels', () => {
  it('do not share tables, rules or routes', async () => {
    const system = machine();
    const before = system.state;
    const first = planRoutes(input());
    const other = parseIp('192.0.2.1')!;
    const second = planRoutes(
      input({ device: 'vcl1', routes: prefixes('10.20.0.0/16'), endpoints: [other] }),
    );
    const third = planRoutes(
      input({ device: 'office', routes: prefixes('10.20.0.0/16'), endpoints: [other] }),
    );
    await apply(system, first);
    const one = system.state;
    await apply(system, second);
    await apply(system, third);
    const devices = ['10.20.0.1', '1.1.1.1', '192.0.2.1'].map((address) =>
      system.deviceFor(address),
    );
    // What carries another tunnel is traffic like any other for one that takes everything.
    expect(devices).toEqual(['vcl1', 'vcl0', 'vcl0']);
    await undo(system, second);
    expect(system.deviceFor('10.20.0.1')).toBe('office');
    await undo(system, third);
    expect(system.state).toBe(one);
    await undo(system, first);
    expect(system.state).toBe(before);
  });

  it('have tables by their names', () => {
    const tableOf = (device: string) => {
      const text = JSON.stringify(planRoutes(input({ device })));
      return new Set([...text.matchAll(/"table","(\d+)"/g)].map((match) => Number(match[1])));
    };
    expect(['vcl0', 'vcl1', 'vcl99'].map((name) => [...tableOf(name)])).toEqual([
      [7_700],
      [7_701],
      [7_799],
    ]);
    for (const name of ['vcl100', 'office', 'wg0']) {
      const [table, ...others] = tableOf(name);
      expect(others).toEqual([]);
      expect(table).toBeGreaterThanOrEqual(7_800);
      expect(table).toBeLessThan(13_800);
    }
  });
});
