import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeIo, vcl } from '../support/fake-io.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

describe('vcl demo', () => {
  it('names what is wrong with --keep', async () => {
    const directory = temporaryDirectory();
    const log = join(directory, 'demo.vcllog');
    writeFileSync(log, '');
    const io = new FakeIo();
    expect(await vcl(['demo', '--keep', directory], io)).toEqual({
      exitCode: 64,
      out: '',
      err: `vcl: --keep: ${log} exists; remove it or name another DIR (InvalidConfig)\n`,
    });
    expect(io.interruptListeners).toBe(0);
  });

  it.each([
    ['--size', '0', 'from 1 to 4G'],
    ['--loss', '99', 'from 0 to 50'],
    ['--seed', '-1', 'from 0 to 4294967295'],
  ])('says what %s may be', async (flag, value, allowed) => {
    const { exitCode, out, err } = await vcl(['demo', `${flag}=${value}`]);
    expect([exitCode, out]).toEqual([64, '']);
    expect(err).toContain(`'${flag} <`);
    expect(err).toContain(allowed);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });

  it('has the program of its second process where it looks for it', () => {
    expect(existsSync(new URL('../../src/demo/receiver-process.ts', import.meta.url))).toBe(true);
  });
});
