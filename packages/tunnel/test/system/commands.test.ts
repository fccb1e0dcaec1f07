import { describe, expect, it } from 'vitest';
import { IpPrefix } from '../../src/core/ip/ip-prefix.js';
import { type Command, runCommand } from '../../src/system/command.js';
import { configureInterface, removeAddresses } from '../../src/system/interfaces.js';
import { planServer } from '../../src/system/server-plan.js';

/** Remembers commands; those that `refuses` fail. */
function recorder(refuses: RegExp = /^$/) {
  const commands: string[] = [];
  const run = async ({ program, args }: Command) => {
    const text = [program, ...args].join(' ');
    if (refuses.test(text)) throw new Error('refused');
    commands.push(text);
    return '';
  };
  return { commands, run };
}

describe('a program', () => {
  const program = process.execPath;

  it('gets its arguments as they are, and its input', async () => {
    const args = ['-e', 'process.stdin.pipe(process.stdout); console.log(process.argv[1])'];
    const said = await runCommand({ program, args: [...args, '$(id); "x" *'], input: 'to it' });
    expect(said).toBe('$(id); "x" *\nto it');
  });

  it('that fails is named with what it said', async () => {
    const script = 'console.error("no such thing\\nmore"); process.exit(3)';
    await expect(runCommand({ program, args: ['-e', script] })).rejects.toMatchObject({
      code: 'IoError',
      message: `${program} -e ${script}: no such thing`,
    });
  });

  it('that is missing is named with its package', async () => {
    const missing = runCommand({ program: 'vcl-no-such-program', args: [] });
    await expect(missing).rejects.toThrow(/vcl-no-such-program is missing: install/);
  });

  it('that does not read its input is no fault', async () => {
    const input = 'x'.repeat(1_000_000);
    expect(await runCommand({ program, args: ['-e', ''], input })).toBe('');
  });
});

describe('an interface', () => {
  const settings = { addresses: ['10.8.0.2/24', 'fd00::2/64'], mtu: 1_400 };

  it('gets its length of packets and its addresses', async () => {
    const { commands, run } = recorder();
    await configureInterface('vcl0', { ...settings, gsoMaxSegments: 45 }, run);
    expect(commands).toEqual([
      'ip link set dev vcl0 mtu 1400 up',
      'ip link set dev vcl0 gso_max_segs 45',
      'ip address replace 10.8.0.2/24 dev vcl0',
      'ip address replace fd00::2/64 dev vcl0 nodad',
    ]);
  });

  it('does without what an older program does not know, and not without the rest', async () => {
    const old = recorder(/gso_max_segs/);
    await configureInterface('vcl0', { ...settings, gsoMaxSegments: 45 }, old.run);
    expect(old.commands).toHaveLength(3);
    const refused = configureInterface('vcl0', settings, recorder(/address/).run);
    await expect(refused).rejects.toThrow('refused');
  });

  it('loses addresses that it may not have any more', async () => {
    const { commands, run } = recorder(/10\.8/);
    await removeAddresses('vcl0', settings.addresses, run);
    expect(commands).toEqual(['ip address delete fd00::2/64 dev vcl0']);
  });
});

describe('the plan of a server', () => {
  const pools = [IpPrefix.parse('10.8.0.1/24'), IpPrefix.parse('fd00:8::1/64')];

  it('translates what leaves by another interface, of each pool, and takes that back', async () => {
    const plan = await planServer({ device: 'vcl0', pools, nat: true });
    const { apply, undo } = plan.at(-1)!;
    expect(apply).toMatchObject({ kind: 'command', program: 'nft', args: ['-f', '-'] });
    const script = 'input' in apply ? apply.input : '';
    expect(script).toContain('ip saddr 10.8.0.0/24 oifname != "vcl0" masquerade');
    expect(script).toContain('ip6 saddr fd00:8::/64 oifname != "vcl0" masquerade');
    expect(script).toMatch(/^table inet vcl_vcl0\ndelete table inet vcl_vcl0\n/);
    expect(undo).toMatchObject({ args: ['delete', 'table', 'inet', 'vcl_vcl0'] });
  });

  it('does not translate unasked', async () => {
    const plan = await planServer({ device: 'vcl0', pools, nat: false });
    expect(plan.every(({ apply }) => apply.kind === 'file')).toBe(true);
  });

  it('makes plain names of all that interfaces may be called', async () => {
    const plan = await planServer({ device: 'Br-1.2', pools, nat: true });
    expect(plan.at(-1)!.undo).toMatchObject({ args: ['delete', 'table', 'inet', 'vcl_br_1_2'] });
  });

  it('lets nothing through that would be more than a name', async () => {
    for (const device of ['a"; flush ruleset; #', 'x'.repeat(40), 'a\nb', 'a"b']) {
      const planned = planServer({ device, pools, nat: true });
      await expect(planned, device).rejects.toMatchObject({ code: 'InvalidConfig' });
    }
  });
});
