import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askControl } from '../../src/tunnel/control/control-client.js';
import { ControlServer } from '../../src/tunnel/control/control-server.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const STATUS = { kind: 'client', state: 'connected' };

async function listening(
  path: string = join(temporaryDirectory(), 'vcl7.sock'),
  status: () => object = () => STATUS,
) {
  const stops: string[] = [];
  const control = await ControlServer.listen(path, { status, stop: () => stops.push('stop') });
  onTestFinished(() => control.close());
  return { path, control, stops };
}

/** What comes back for these bytes, and for some more after an answer, until the connection ends. */
function talk(path: string, request?: string | Uint8Array, then?: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    let answer = '';
    socket.on('data', (text) => {
      answer += String(text);
      if (then !== undefined) socket.write(then);
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
    socket.on('connect', () => {
      if (request !== undefined) socket.write(request);
    });
  });
}

describe('the control socket', () => {
  it('is open to its owner alone, in a directory that is made', async () => {
    const { path } = await listening(join(temporaryDirectory(), 'run', 'vcl', 'vcl7.sock'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is so from the first moment, whatever the process gives to files', async () => {
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const { path } = await listening();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(process.umask()).toBe(0);
  });

  it('answers what it is asked, and goes away when it is closed', async () => {
    const { path, control } = await listening();
    expect(await askControl(path, 'status')).toEqual(STATUS);
    await control.close();
    expect(existsSync(path)).toBe(false);
    expect(await askControl(path, 'status')).toBeUndefined();
  });

  it('answers before it stops', async () => {
    const { path, stops } = await listening();
    expect(await askControl(path, 'stop')).toEqual({ stopping: true });
    expect(stops).toEqual(['stop']);
  });

  it('takes the place of one that a process has left', async () => {
    const path = join(temporaryDirectory(), 'vcl7.sock');
    writeFileSync(path, '');
    await listening(path);
    expect(await askControl(path, 'status')).toEqual(STATUS);
  });

  it('leaves one that answers where it is', async () => {
    const { path } = await listening();
    await expect(listening(path)).rejects.toMatchObject({
      code: 'IoError',
      message: `a tunnel answers at ${path} already: stop it with vcl down`,
    });
    expect(await askControl(path, 'status')).toEqual(STATUS);
  });

  it('says where it cannot be', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'file'), '');
    const path = join(directory, 'file', 'vcl7.sock');
    await expect(listening(path)).rejects.toMatchObject({ code: 'IoError' });
    const taken = join(directory, 'vcl8.sock');
    mkdirSync(taken);
    await expect(listening(taken)).rejects.toThrow(`cannot listen at ${taken}`);
  });
});

describe('the control socket and a client that is odd', () => {
  it.each([
    ['no JSON', 'status\n'],
    ['JSON that is no object', 'null\n'],
    ['a list', '[1]\n'],
    ['another command', '{"command":"reboot"}\n'],
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe, 0x00, 0x0a)],
    ['an empty line', '\n'],
  ])('answers %s with an error, and nothing else', async (_, request) => {
    const { path, stops } = await listening();
    expect(JSON.parse(await talk(path, request))).toEqual({ error: 'unknown command' });
    expect(await askControl(path, 'status')).toEqual(STATUS);
    expect(stops).toEqual([]);
  });

  it('does not read a line that is too long, whatever stands in it', async () => {
    const { path, stops } = await listening();
    const padding = ' '.repeat(5_000);
    expect(await talk(path, padding)).toBe('');
    expect(await talk(path, `${padding}{"command":"stop"}\n`)).toBe('');
    expect(stops).toEqual([]);
    expect(await askControl(path, 'status')).toEqual(STATUS);
  });

  it('does one thing for each connection', async () => {
    const { path, stops } = await listening();
    const [status, stop] = ['{"command":"status"}\n', '{"command":"stop"}\n'];
    expect(JSON.parse(await talk(path, status + stop))).toEqual(STATUS);
    expect(JSON.parse(await talk(path, status, stop))).toEqual(STATUS);
    expect(await askControl(path, 'status')).toEqual(STATUS);
    expect(stops).toEqual([]);
  });

  it('bears clients that leave in the middle', async () => {
    const { path } = await listening();
    for (const request of ['', '{"comm', '{"command":"status"}\n']) {
      await new Promise<void>((resolve) => {
        const socket = createConnection(path, () => {
          socket.write(request, () => socket.destroy());
        });
        socket.on('close', () => resolve());
      });
    }
    expect(await askControl(path, 'status')).toEqual(STATUS);
  });

  it('closes while clients say nothing', async () => {
    const { path, control } = await listening();
    const silent = talk(path);
    await askControl(path, 'status');
    await control.close();
    expect(await silent).toBe('');
  });

  it('tells what is wrong when there is no status to give', async () => {
    const { path } = await listening(undefined, () => {
      throw new Error('the device is gone');
    });
    await expect(askControl(path, 'status')).rejects.toMatchObject({
      code: 'IoError',
      message: `the tunnel at ${path} says: the device is gone`,
    });
    expect(await askControl(path, 'stop')).toEqual({ stopping: true });
  });
});

describe('asking a tunnel', () => {
  async function answering(answer: string | undefined): Promise<string> {
    const path = join(temporaryDirectory(), 'odd.sock');
    const server = createServer((socket) => {
      socket.on('error', () => {});
      if (answer !== undefined) socket.end(answer);
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    onTestFinished(() => void server.close());
    return path;
  }

  it.each(['hello\n', '"text"\n', '[]\n', 'null\n'])('does not believe %j', async (answer) => {
    const path = await answering(answer);
    await expect(askControl(path, 'status')).rejects.toThrow('something else than a JSON object');
  });

  it('takes one that ends without a word for gone', async () => {
    expect(await askControl(await answering(''), 'status')).toBeUndefined();
  });

  it('does not wait for ever for one that hangs', async () => {
    const path = await answering(undefined);
    await expect(askControl(path, 'status', { timeoutMs: 10 })).rejects.toThrow('does not answer');
  });
});
