import { describe, expect, it } from 'vitest';
import { cliVersion } from '../src/version.js';
import { FakeIo, vcl } from './support/fake-io.js';

const COMMANDS = [
  'init',
  'server',
  'up',
  'down',
  'status',
  'invite',
  'info',
  'keygen',
  'pubkey',
  'verify',
  'demo',
] as const;

describe('vcl', () => {
  it('prints its version', async () => {
    expect(await vcl(['--version'])).toEqual({ exitCode: 0, out: `${cliVersion()}\n`, err: '' });
    expect(cliVersion()).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('lists its commands and environment variables', async () => {
    const { exitCode, out, err } = await vcl(['--help']);
    expect([exitCode, err]).toEqual([0, '']);
    for (const word of [...COMMANDS, 'VCL_HOME', 'VCL_LOG_LEVEL']) expect(out).toContain(word);
  });

  it('without a command shows help and exits with 64', async () => {
    const { exitCode, out, err } = await vcl([]);
    expect([exitCode, out]).toEqual([64, '']);
    expect(err).toContain('Usage: vcl');
    expect(err.trimEnd().split('\n').at(-1)).toBe('vcl: name a command: vcl --help');
  });

  it.each(COMMANDS)('%s --help has options, examples and exit codes', async (name) => {
    const { exitCode, out, err } = await vcl([name, '--help']);
    expect([exitCode, err]).toEqual([0, '']);
    expect(out).toContain(`Usage: vcl ${name}`);
    expect(out).toMatch(new RegExp(`Examples:\n(?:  vcl .*\n)*  vcl ${name}`));
    expect(out).toMatch(/Exit codes:\n {4}0 {2}\w+/);
    expect(out).toContain('64  the command line is not understood');
    expect(out).toContain('--json');
    expect(out).toContain('--log-level');
    expect(await vcl(['help', name])).toEqual({ exitCode, out, err });
  });

  it.each([
    [['xyzzy'], "unknown command 'xyzzy'; see vcl --help"],
    [['verfy'], "unknown command 'verfy' (Did you mean verify?); see vcl --help"],
    [
      ['info', 'x'],
      "too many arguments for 'info'. Expected 0 arguments but got 1; see vcl info --help",
    ],
    [['demo', '--los', '3'], "unknown option '--los' (Did you mean --loss?); see vcl demo --help"],
    [
      ['demo', '--loss', 'all'],
      "option '--loss <percent>' argument 'all' is invalid. Give percent from 0 to 50, such as 2 or 0.5; see vcl demo --help",
    ],
    [['keygen', '--zzz'], "unknown option '--zzz'; see vcl keygen --help"],
    [
      ['info', '--log-level', 'loud'],
      "option '--log-level <level>' argument 'loud' is invalid. Allowed choices are error, warn, info, debug, trace; see vcl info --help",
    ],
  ])('answers %j with one line and exits with 64', async (args, message) => {
    expect(await vcl(args)).toEqual({ exitCode: 64, out: '', err: `vcl: ${message}\n` });
  });

  it('names the environment variable that is wrong', async () => {
    const outcome = await vcl(['info'], new FakeIo({ env: { VCL_LOG_LEVEL: 'loud' } }));
    expect(outcome).toEqual({
      exitCode: 64,
      out: '',
      err:
        "vcl: the environment variable VCL_LOG_LEVEL is 'loud': set it to one of error, warn, " +
        'info, debug, trace (InvalidConfig)\n',
    });
  });

  it('with --log-level debug also logs what went wrong', async () => {
    const { err } = await vcl(['pubkey', '/nowhere/identity', '--log-level', 'debug']);
    const [logged, told] = err.split('\n');
    expect(JSON.parse(logged!)).toMatchObject({ level: 'debug', err: { code: 'IoError' } });
    expect(told).toMatch(/^vcl: there is no identity file \/nowhere\/identity: make one/);
  });
});
