import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DemoFiles } from '../../src/demo/demo-files.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

describe('the files of a demo', () => {
  it('go away with their directory', async () => {
    const files = await DemoFiles.create(undefined);
    expect(dirname(files.log)).toBe(dirname(files.altered));
    expect(existsSync(dirname(files.log))).toBe(true);
    writeFileSync(files.log, '');
    await files.cleanUp();
    expect(existsSync(dirname(files.log))).toBe(false);
  });

  it('stay in a directory of the user, which is made', async () => {
    const directory = join(temporaryDirectory(), 'a', 'b');
    const files = await DemoFiles.create(directory);
    writeFileSync(files.log, '');
    await files.cleanUp();
    expect(files.kept).toBe(true);
    expect(existsSync(join(directory, 'demo.vcllog'))).toBe(true);
  });

  it.each(['demo.vcllog', 'demo-altered.vcllog'])('never replace %s', async (name) => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, name), '');
    await expect(DemoFiles.create(directory)).rejects.toMatchObject({
      code: 'InvalidConfig',
      message: `--keep: ${join(directory, name)} exists; remove it or name another DIR`,
    });
  });

  it('say when the directory cannot be made', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    await expect(DemoFiles.create(file)).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining('--keep'),
    });
  });
});
