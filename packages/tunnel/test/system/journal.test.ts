import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseIp } from '../../src/core/ip/ip-address.js';
import { IpPrefix } from '../../src/core/ip/ip-prefix.js';
import { SystemJournal, undoJournal } from '../../src/system/journal.js';
import { journalDirectory, journalOwner, journalPath } from '../../src/system/journal-file.js';
import { planRoutes } from '../../src/system/route-plan.js';
import {
  commandChange,
  type FileStep,
  type SystemChange,
  setting,
} from '../../src/system/system-change.js';
import { FakeSystem } from './fake-system.js';

let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcl-journal-'));
  path = journalPath('vcl7', join(folder, 'new', 'folder'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function machine(): FakeSystem {
  const system = new FakeSystem();
  system.other('ip -4 route replace default dev eth0');
  system.other('ip -6 route replace default dev eth0');
  return system;
}

/** Everything into the tunnel, translation, and a setting in a file. */
function changes(): (SystemChange | FileStep)[] {
  const plan = planRoutes({
    device: 'vcl7',
    routes: [IpPrefix.parse('0.0.0.0/0'), IpPrefix.parse('10.0.0.0/8')],
    excluded: [IpPrefix.parse('172.16.0.0/12')],
    endpoints: [parseIp('203.0.113.7')!],
    families: [4],
    systemFamilies: [4, 6],
  });
  const script = 'table inet vcl_vcl7 {\n}\n';
  const nat = commandChange(
    { program: 'nft', args: ['-f', '-'], input: script },
    { program: 'nft', args: ['delete', 'table', 'inet', 'vcl_vcl7'] },
  );
  return [...plan, setting(join(folder, 'ip_forward'), '1'), nat];
}

function forward(): string {
  return readFileSync(join(folder, 'ip_forward'), 'utf8').trim();
}

beforeEach(() => {
  writeFileSync(join(folder, 'ip_forward'), '0\n');
});

/** As if the process that wrote it had died: nobody has this number and this start. */
function makeOrphan(): void {
  const journal = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify({ ...journal, started: 'long ago' }));
}

describe('a journal', () => {
  it('takes everything back', async () => {
    const system = machine();
    const before = system.state;
    const journal = await SystemJournal.open({ path, run: system.run });
    await journal.apply(...changes());
    expect([system.state === before, forward()]).toEqual([false, '1']);
    await journal.close();
    expect([system.state, forward()]).toEqual([before, '0']);
    expect(() => statSync(path)).toThrow('ENOENT');
    await journal.close();
    await journal.apply(...changes());
    expect(system.state).toBe(before);
  });

  it('takes back first what was done last', async () => {
    const done: string[] = [];
    const run = async ({ program }: { readonly program: string }) => {
      done.push(program);
      return '';
    };
    const change = (name: string) =>
      commandChange({ program: name, args: [] }, { program: `undo ${name}`, args: [] });
    const journal = await SystemJournal.open({ path, run });
    await journal.apply(change('one'), change('two'));
    await journal.apply(change('three'));
    await journal.close();
    expect(done).toEqual(['one', 'two', 'three', 'undo three', 'undo two', 'undo one']);
  });

  it('takes back what is under way when it is closed, and begins nothing more', async () => {
    const done: string[] = [];
    let finish: (() => void) | undefined;
    const run = async ({ program }: { readonly program: string }) => {
      if (program === 'slow') {
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
      }
      done.push(program);
      return '';
    };
    const change = (name: string) =>
      commandChange({ program: name, args: [] }, { program: `undo ${name}`, args: [] });
    const journal = await SystemJournal.open({ path, run });
    const applying = journal.apply(change('slow'), change('never'));
    await vi.waitFor(() => expect(finish).toBeDefined());
    const closing = journal.close();
    const reverting = journal.revert(change('slow'));
    finish!();
    await Promise.all([applying, closing, reverting]);
    expect(done).toEqual(['slow', 'undo slow']);
    expect(() => statSync(path)).toThrow('ENOENT');
  });

  it('is nobody else’s to read', async () => {
    const system = machine();
    const journal = await SystemJournal.open({ path, run: system.run });
    await journal.apply(...changes());
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('leaves nothing of a process that was killed at any step', async () => {
    const count = changes().length;
    expect(count).toBeGreaterThan(6);
    for (let step = 0; step < count; step++) {
      for (const afterwards of [false, true]) {
        const system = machine();
        const before = system.state;
        const journal = await SystemJournal.open({ path, run: system.run });
        system.crashAt = step;
        system.crashesAfterwards = afterwards;
        await journal.apply(...changes()).catch(() => {});
        system.crashAt = -1;
        expect(await undoJournal(path, system.run)).toBe(true);
        expect([system.state, forward()], `step ${step}`).toEqual([before, '0']);
        expect(await undoJournal(path, system.run)).toBe(false);
      }
    }
  });

  it('leaves nothing of a process that was killed while it took things back', async () => {
    const count = changes().length;
    for (let step = 0; step < count - 1; step++) {
      const system = machine();
      const before = system.state;
      const journal = await SystemJournal.open({ path, run: system.run });
      await journal.apply(...changes());
      // What a death in the middle leaves: the first undone, the journal as it was.
      const { undo } = JSON.parse(readFileSync(path, 'utf8')) as { undo: { kind: string }[] };
      for (const one of undo.slice(0, step)) {
        if (one.kind === 'command') await system.run(one as never);
      }
      makeOrphan();
      await SystemJournal.open({ path, run: system.run });
      expect([system.state, forward()], `step ${step}`).toEqual([before, '0']);
    }
  });

  it('of a dead process is undone by the next one, that of a living one is not', async () => {
    const system = machine();
    const before = system.state;
    const first = await SystemJournal.open({ path, run: system.run });
    await first.apply(...changes());
    const during = system.state;
    expect(await journalOwner(path)).toBe(process.pid);
    await expect(SystemJournal.open({ path, run: system.run })).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    expect(system.state).toBe(during);
    makeOrphan();
    expect(await journalOwner(path)).toBeUndefined();
    await SystemJournal.open({ path, run: system.run });
    expect([system.state, await journalOwner(path)]).toEqual([before, undefined]);
  });

  it.runIf(process.platform === 'linux')('of a zombie is that of a dead process', async () => {
    const system = machine();
    const journal = await SystemJournal.open({ path, run: system.run });
    await journal.apply(...changes());
    // A shell that becomes a program which never asks for the child it has.
    const parent = spawn('sh', ['-c', 'true & echo $!; exec sleep 20'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [pid] = (await once(parent.stdout, 'data')) as [Buffer];
    const stat = () => readFileSync(`/proc/${String(pid).trim()}/stat`, 'utf8');
    await vi.waitFor(() => expect(stat()).toMatch(/\) Z /));
    const started = stat().split(') ')[1]!.split(' ')[19];
    const file = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...file, pid: Number(pid), started }));
    const owner = await journalOwner(path);
    parent.kill('SIGKILL');
    expect(owner).toBeUndefined();
  });

  it('forgets what is taken back on its way', async () => {
    const system = machine();
    const before = system.state;
    const [first, ...rest] = changes() as [SystemChange, ...SystemChange[]];
    const journal = await SystemJournal.open({ path, run: system.run });
    await journal.apply(first, ...rest);
    const commands = system.commands.length;
    await journal.revert(first);
    expect(system.commands).toHaveLength(commands + 1);
    expect(readFileSync(path, 'utf8')).not.toContain(JSON.stringify(first.undo));
    await journal.close();
    expect(system.state).toBe(before);
    const again = await SystemJournal.open({ path, run: system.run });
    await again.apply(first);
    await again.close();
    expect(system.state).toBe(before);
  });

  it('goes on with the others when something cannot be taken back, and keeps them', async () => {
    const system = machine();
    const journal = await SystemJournal.open({ path, run: system.run });
    await journal.apply(...changes());
    const refusing = async (command: Parameters<typeof system.run>[0]) => {
      if (command.program === 'nft') throw new Error('Operation not permitted');
      return await system.run(command);
    };
    await expect(undoJournal(path, refusing)).rejects.toThrow('Operation not permitted');
    expect(system.deviceFor('1.1.1.1')).toBe('eth0');
    expect(system.nftTables.size).toBe(1);
    expect(await undoJournal(path, system.run)).toBe(true);
    expect(system.nftTables.size).toBe(0);
  });

  it('says so when it cannot be read or written', async () => {
    const run = machine().run;
    const broken = join(folder, 'broken.journal');
    writeFileSync(broken, '{"version":1');
    await expect(SystemJournal.open({ path: broken, run })).rejects.toThrow('cannot be read');
    writeFileSync(broken, '{"version":2,"undo":[]}');
    await expect(undoJournal(broken, run)).rejects.toThrow('cannot be read');
    const nowhere = join(folder, 'ip_forward', 'x.journal');
    const journal = await SystemJournal.open({ path: nowhere, run });
    await expect(journal.apply(...changes())).rejects.toThrow('cannot be written');
    expect(forward()).toBe('0');
  });

  it('is in a directory of the user', () => {
    expect(journalPath('vcl0')).toBe(`${journalDirectory()}/vcl0.journal`);
    expect(journalDirectory()).toMatch(/vcl/);
  });
});
