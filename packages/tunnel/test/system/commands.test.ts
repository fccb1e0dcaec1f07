import { describe, expect, it } from 'vitest';
import { type Command, runCommand } from '../../src/system/command.js';
import { configureInterface, removeAddresses } from '../../src/system/interfaces.js';

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
