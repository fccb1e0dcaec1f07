import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryTun } from '../../src/device/memory-tun.js';
import { openInterface } from '../../src/link/open-interface.js';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcl-interface-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('an interface', () => {
  it.each(['../x', 'a b', '', 'more-than-fifteen-letters', 'vcl%d'])(
    'with a name that is none touches no file: %s',
    async (name) => {
      const journal = join(folder, 'x.journal');
      writeFileSync(journal, 'somebody else’s');
      await expect(openInterface(name, 1_420, { journal })).rejects.toThrow(/device|name/);
      expect(readdirSync(folder)).toEqual(['x.journal']);
    },
  );

  it('that is open already has a journal when there is one for it', async () => {
    const { device } = createMemoryTun({ name: 'mem0' });
    expect((await openInterface('mem0', 1_420, { tun: device })).journal).toBeUndefined();
    const parts = { tun: device, journal: join(folder, 'mem0.journal') };
    expect((await openInterface('mem0', 1_420, parts)).journal).toBeDefined();
  });
});
