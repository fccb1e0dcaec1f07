import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IpPrefix } from '../../src/core/ip/ip-prefix.js';
import { SystemJournal, undoJournal } from '../../src/system/journal.js';
import { planServer } from '../../src/system/server-plan.js';
import { FakeSystem } from './fake-system.js';

const pools = [IpPrefix.parse('10.8.0.1/24'), IpPrefix.parse('fd00:8::1/64')];
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcl-plan-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function put(name: string, value: string): void {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `${value}\n`);
}

function value(name: string): string {
  return readFileSync(join(folder, name), 'utf8').trim();
}

/** A machine that forwards nothing, with a router that announced itself on one of three interfaces. */
function kernel(): void {
  put('ipv4/ip_forward', '0');
  put('ipv6/conf/all/forwarding', '0');
  for (const [name, acceptRa] of [
    ['all', '1'],
    ['default', '1'],
    ['lo', '1'],
    ['eth0', '1'],
    ['eth1', '0'],
    ['vcl0', '1'],
  ]) {
    put(`ipv6/conf/${name}/accept_ra`, acceptRa!);
  }
}

async function scriptOf(device: string): Promise<string> {
  const plan = await planServer({ device, pools, nat: true, settings: folder });
  const last = plan.at(-1)!;
  return 'undo' in last && 'input' in last.apply ? (last.apply.input ?? '') : '';
}

describe('the plan of a server', () => {
  it('translates what leaves by another interface, of each pool, in one step', async () => {
    const script = await scriptOf('vcl0');
    expect(script).toContain('ip saddr 10.8.0.0/24 oifname != "vcl0" masquerade');
    expect(script).toContain('ip6 saddr fd00:8::/64 oifname != "vcl0" masquerade');
    expect(script).toContain('iifname "vcl0" ct state invalid drop');
    expect(script).toMatch(/^table inet vcl_vcl0\ndelete table inet vcl_vcl0\n/);
  });

  it('does not translate unasked', async () => {
    const plan = await planServer({ device: 'vcl0', pools, nat: false, settings: folder });
    expect(plan.every((change) => 'kind' in change && change.kind === 'file')).toBe(true);
  });

  it('has a table for each name that an interface may have', async () => {
    expect(await scriptOf('Br-1.2')).toContain('delete table inet vcl_Br-1.2\n');
    expect(await scriptOf('br_1_2')).toContain('delete table inet vcl_br_1_2\n');
  });

  it('lets nothing through that would be more than a name', async () => {
    for (const device of ['a"; flush ruleset; #', 'x'.repeat(40), 'a\nb', 'a"b']) {
      await expect(scriptOf(device), device).rejects.toMatchObject({ code: 'InvalidConfig' });
    }
  });
});

describe('a server’s settings', () => {
  const serverOf = async (device: string, run = new FakeSystem().run) => {
    const journal = await SystemJournal.open({ path: join(folder, `${device}.journal`), run });
    const plan = await planServer({ device, pools, nat: true, settings: folder });
    await journal.apply(...plan);
    return journal;
  };

  it('forward, and keep the routers that announce themselves', async () => {
    kernel();
    const journal = await serverOf('vcl0');
    expect([value('ipv4/ip_forward'), value('ipv6/conf/all/forwarding')]).toEqual(['1', '1']);
    const accepted = ['all', 'default', 'lo', 'eth0', 'eth1', 'vcl0'].map((name) =>
      value(`ipv6/conf/${name}/accept_ra`),
    );
    expect(accepted).toEqual(['1', '1', '1', '2', '0', '1']);
    await journal.close();
    expect([value('ipv4/ip_forward'), value('ipv6/conf/all/forwarding')]).toEqual(['0', '0']);
    expect(value('ipv6/conf/eth0/accept_ra')).toBe('1');
  });

  it('keep routers before they forward, and the other way round', async () => {
    kernel();
    const plan = await planServer({ device: 'vcl0', pools, nat: false, settings: folder });
    const paths = plan.map((change) => ('path' in change ? change.path : ''));
    const router = paths.findIndex((path) => path.endsWith('eth0/accept_ra'));
    expect(router).toBeGreaterThanOrEqual(0);
    expect(router).toBeLessThan(paths.findIndex((path) => path.endsWith('all/forwarding')));
  });

  it('are those of two servers until the last one ends', async () => {
    for (const order of ['first first', 'second first']) {
      kernel();
      const journals = [await serverOf('vcl0'), await serverOf('vcl1')];
      if (order === 'second first') journals.reverse();
      await journals[0]!.close();
      const between = [value('ipv4/ip_forward'), value('ipv6/conf/eth0/accept_ra')];
      expect(between, order).toEqual(['1', '2']);
      await journals[1]!.close();
      const after = [value('ipv4/ip_forward'), value('ipv6/conf/eth0/accept_ra')];
      expect(after, order).toEqual(['0', '1']);
    }
  });

  it('that had their value before stay', async () => {
    kernel();
    put('ipv4/ip_forward', '1');
    const journal = await serverOf('vcl0');
    await journal.close();
    expect(value('ipv4/ip_forward')).toBe('1');
  });
});

describe('translation', () => {
  /** As if the process that wrote it had died: nobody has this number and this start. */
  function makeOrphan(path: string): void {
    const journal = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...journal, started: 'long ago' }));
  }

  async function killed(system: FakeSystem, path: string): Promise<void> {
    kernel();
    const journal = await SystemJournal.open({ path, run: system.run });
    const plan = await planServer({ device: 'vcl0', pools, nat: true, settings: folder });
    await journal.apply(...plan);
    makeOrphan(path);
    system.commands.length = 0;
  }

  it('of a killed server is replaced without a gap', async () => {
    const system = new FakeSystem();
    const path = join(folder, 'vcl0.journal');
    await killed(system, path);
    const journal = await SystemJournal.open({ path, run: system.run });
    expect(value('ipv4/ip_forward')).toBe('0');
    const plan = await planServer({ device: 'vcl0', pools, nat: true, settings: folder });
    await journal.apply(...plan);
    expect(system.commands).toEqual(['nft -f -']);
    expect(readFileSync(path, 'utf8').match(/delete/g)).toHaveLength(1);
    await journal.close();
    expect(system.commands).toEqual(['nft -f -', 'nft delete table inet vcl_vcl0']);
  });

  it('of a killed server ends when the next one does not want it', async () => {
    const system = new FakeSystem();
    const path = join(folder, 'vcl0.journal');
    await killed(system, path);
    const journal = await SystemJournal.open({ path, run: system.run });
    const plan = await planServer({ device: 'vcl0', pools, nat: false, settings: folder });
    await journal.apply(...plan);
    expect(system.commands).toEqual(['nft delete table inet vcl_vcl0']);
    await journal.close();
    expect(system.commands).toHaveLength(1);
  });

  it('of a killed server is taken back by whoever cleans up, and by a next one that dies early', async () => {
    for (const diesEarly of [false, true]) {
      const system = new FakeSystem();
      const path = join(folder, 'vcl0.journal');
      await killed(system, path);
      if (diesEarly) {
        await SystemJournal.open({ path, run: system.run });
        makeOrphan(path);
      }
      expect(await undoJournal(path, system.run)).toBe(true);
      expect([...system.nftTables, value('ipv4/ip_forward')]).toEqual(['0']);
    }
  });
});
