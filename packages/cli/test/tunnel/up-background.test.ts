import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePublicKey, KeyPair } from 'vcl-protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeIo, vcl } from '../support/fake-io.js';
import { runtimeDirectory } from '../support/runtime-directory.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const CONNECTED = {
  kind: 'client',
  state: 'connected',
  device: 'vcl7',
  server: '192.0.2.1:51820',
  carrier: 'udp',
};

interface Stage {
  /** The configuration. */
  readonly config: string;
  /** What the program in the background wrote about itself: its number, then its arguments. */
  started(): string[];
}

/** A program in the place of `vcl`, for as long as the test runs. */
function programOf(script: string): Stage {
  const directory = temporaryDirectory();
  const [config, program, trace] = ['client.toml', 'vcl.cjs', 'trace'].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  const key = encodePublicKey(KeyPair.generate().publicKey);
  writeFileSync(config, `server = "192.0.2.1:51820"\nserver_key = "${key}"\ndevice = "vcl7"\n`);
  const traced = `[process.pid, ...process.argv.slice(2)].join('\\n')`;
  writeFileSync(
    program,
    `require('node:fs').writeFileSync(${JSON.stringify(trace)}, ${traced});\n${script}`,
  );
  const before = process.argv[1]!;
  process.argv[1] = program;
  const started = (): string[] => readFileSync(trace, 'utf8').split('\n');
  onTestFinished(() => {
    process.argv[1] = before;
  });
  return { config, started };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('vcl up --background', () => {
  it('starts itself without --background, and returns when that is connected', async () => {
    const socket = join(runtimeDirectory(), 'vcl7.sock');
    const { config, started } = programOf(`
      require('node:fs').mkdirSync(require('node:path').dirname(${JSON.stringify(socket)}));
      require('node:net').createServer((socket) => {
        socket.on('error', () => {});
        socket.on('data', () => socket.end(${JSON.stringify(JSON.stringify(CONNECTED))}));
      }).listen(${JSON.stringify(socket)});`);
    const { exitCode, out, err } = await vcl(['up', config, '-b', '--log-level', 'info']);
    const [pid, ...args] = started();
    onTestFinished(() => void process.kill(Number(pid), 'SIGKILL'));
    expect([exitCode, err]).toEqual([0, '']);
    expect(out).toBe(
      'up: vcl7 is connected to 192.0.2.1:51820 over udp\n' +
        'vcl status tells more, vcl down takes it down\n',
    );
    expect(args).toEqual(['up', config, '--log-level', 'info']);
    expect(isAlive(Number(pid))).toBe(true);
  });

  it('tells why it did not come up, with the exit code of that', async () => {
    runtimeDirectory();
    const { config } = programOf(
      "console.error('vcl: the tunnel was given up: this key is not known (AuthRefused)');",
    );
    expect(await vcl(['up', config, '--background'])).toEqual({
      exitCode: 77,
      out: '',
      err:
        'vcl: the tunnel did not come up: the tunnel was given up: this key is not known ' +
        '(AuthRefused)\n',
    });
  });

  it('leaves no process when it is interrupted', async () => {
    runtimeDirectory();
    const { config, started } = programOf('setInterval(() => {}, 1000);');
    const io = new FakeIo();
    const running = vcl(['up', config, '--background'], io);
    await eventually(() => started().length > 1);
    io.interrupt();
    expect(await running).toEqual({ exitCode: 130, out: '', err: 'vcl: interrupted\n' });
    const pid = Number(started()[0]);
    await eventually(() => !isAlive(pid));
    expect(io.interruptListeners).toBe(0);
  });
});

async function eventually(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 2_000; i++) {
    try {
      if (holds()) return;
    } catch {
      // Not yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('it never came about');
}
