import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askControl } from '../../src/tunnel/control/control-client.js';
import { controlPath, isOfRoot, requireDevice } from '../../src/tunnel/control/control-path.js';
import { ControlServer } from '../../src/tunnel/control/control-server.js';
import { endTunnel } from '../../src/tunnel/control/end-tunnel.js';
import { vcl } from '../support/fake-io.js';
import { runtimeDirectory } from '../support/runtime-directory.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const DEVICE = 'vcl7';

/** What a process leaves that is killed while it listens. */
function leaveSocket(path: string): void {
  const listen = `require('node:net').createServer().listen(${JSON.stringify(path)}, die)`;
  const die = 'const die = () => process.kill(process.pid, "SIGKILL");';
  const { signal } = spawnSync(process.execPath, ['-e', `${die} ${listen}`]);
  expect([signal, existsSync(path)]).toEqual(['SIGKILL', true]);
}

/** A journal of this process, or of one that is gone, with a setting to be put back. */
function writeJournal(directory: string, setting: string, pid: number = process.pid): string {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  const undo = [{ kind: 'file', path: setting, content: 'before' }];
  const path = join(directory, `${DEVICE}.journal`);
  writeFileSync(path, JSON.stringify({ version: 1, pid, started, undo }));
  return path;
}

/** A tunnel that runs, as far as commands see it. */
async function listening(directory: string, stop: () => void): Promise<ControlServer> {
  const control = await ControlServer.listen(controlPath(DEVICE, directory), {
    status: () => ({ kind: 'server' }),
    stop,
  });
  onTestFinished(() => control.close());
  return control;
}

describe('ending a tunnel', () => {
  it('finds nothing where nothing was', async () => {
    const directory = temporaryDirectory();
    expect(await endTunnel(DEVICE, { directory })).toEqual({ stopped: false, cleaned: false });
  });

  it('removes the socket of a process that was killed', async () => {
    const directory = temporaryDirectory();
    const socket = controlPath(DEVICE, directory);
    leaveSocket(socket);
    expect(await endTunnel(DEVICE, { directory })).toEqual({ stopped: false, cleaned: true });
    expect(existsSync(socket)).toBe(false);
    expect(await endTunnel(DEVICE, { directory })).toEqual({ stopped: false, cleaned: false });
  });

  it('leaves the sockets of other tunnels', async () => {
    const directory = temporaryDirectory();
    const other = controlPath('vcl8', directory);
    leaveSocket(other);
    await endTunnel(DEVICE, { directory });
    expect(existsSync(other)).toBe(true);
  });

  it('tells one that runs to stop, and waits until it is gone', async () => {
    const directory = temporaryDirectory();
    let stops = 0;
    const control = await listening(directory, () => {
      stops++;
      void control.close();
    });
    expect(await endTunnel(DEVICE, { directory })).toEqual({ stopped: true, cleaned: false });
    expect(stops).toBeGreaterThan(0);
    expect(existsSync(controlPath(DEVICE, directory))).toBe(false);
  });

  it('says when one does not go', async () => {
    const directory = temporaryDirectory();
    await listening(directory, () => {});
    await expect(endTunnel(DEVICE, { directory, limitMs: 0 })).rejects.toMatchObject({
      code: 'IoError',
      message: 'vcl7 was told to stop, and is held after 0 s',
    });
    expect(await askControl(controlPath(DEVICE, directory), 'status')).toEqual({ kind: 'server' });
  });
});

describe.skipIf(process.platform !== 'linux')('ending a tunnel with a journal', () => {
  it('takes back what a process has left that was killed, and removes its socket', async () => {
    const directory = temporaryDirectory();
    const setting = join(directory, 'setting');
    writeFileSync(setting, 'during');
    const journal = writeJournal(directory, setting, 2 ** 22 + 1);
    leaveSocket(controlPath(DEVICE, directory));
    expect(await endTunnel(DEVICE, { directory })).toEqual({ stopped: false, cleaned: true });
    expect(readFileSync(setting, 'utf8').trim()).toBe('before');
    expect([journal, controlPath(DEVICE, directory)].map(existsSync)).toEqual([false, false]);
  });

  it('waits for one that is just taking everything back, and does not listen any more', async () => {
    const directory = temporaryDirectory();
    const journal = writeJournal(directory, join(directory, 'setting'));
    const ending = endTunnel(DEVICE, { directory });
    setTimeout(() => rmSync(journal), 20);
    expect(await ending).toEqual({ stopped: true, cleaned: false });
  });

  it('names the process that holds on to it, and touches nothing of it', async () => {
    const directory = temporaryDirectory();
    const setting = join(directory, 'setting');
    writeFileSync(setting, 'during');
    const journal = writeJournal(directory, setting);
    await expect(endTunnel(DEVICE, { directory, limitMs: 0 })).rejects.toThrow(
      `vcl7 was told to stop, and is held by process ${process.pid} after 0 s`,
    );
    expect(existsSync(journal)).toBe(true);
    expect(readFileSync(setting, 'utf8')).toBe('during');
  });
});

describe('the interface that a command is given', () => {
  it.each(['down', 'status'])('is a name, for vcl %s', async (command) => {
    const { exitCode, out, err } = await vcl([command, '/etc/vcl/client.toml']);
    expect([exitCode, out]).toEqual([64, '']);
    expect(err).toBe(
      "vcl: '/etc/vcl/client.toml' is no name of an interface: give the one in the configuration, " +
        'such as vcl0 (InvalidConfig)\n',
    );
    expect(() => requireDevice('../vcl0')).toThrow('no name of an interface');
  });

  it('may belong to a tunnel that only root may ask', () => {
    const directory = temporaryDirectory();
    writeFileSync(controlPath(DEVICE, directory), '');
    expect(isOfRoot(DEVICE, 1000, directory)).toBe(true);
    expect(isOfRoot(DEVICE, 0, directory)).toBe(false);
    expect(isOfRoot('vcl8', 1000, directory)).toBe(false);
  });
});

describe('when nothing runs', () => {
  const device = 'vcl7';

  it('vcl status says so, and exits with 74', async () => {
    runtimeDirectory();
    const { exitCode, out, err } = await vcl(['status', device]);
    expect([exitCode, out]).toEqual([74, '']);
    expect(err).toBe(
      `vcl: no tunnel runs on ${device}: vcl up, or vcl server, starts one (IoError)\n`,
    );
  });

  it('vcl down is content', async () => {
    runtimeDirectory();
    const { exitCode, out, err } = await vcl(['down', device]);
    expect([exitCode, out, err]).toEqual([0, `${device} was not up\n`, '']);
    const json = await vcl(['down', device, '--json']);
    expect(JSON.parse(json.out)).toEqual({ device, stopped: false, cleaned: false });
  });
});
