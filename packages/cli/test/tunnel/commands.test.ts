import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePublicKey, KeyPair } from 'vcl-protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { controlPath } from '../../src/tunnel/control/control-path.js';
import { ControlServer } from '../../src/tunnel/control/control-server.js';
import { FakeIo, vcl } from '../support/fake-io.js';
import { runtimeDirectory } from '../support/runtime-directory.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const CLIENT = {
  kind: 'client',
  device: 'vcl7',
  state: 'connected',
  server: '192.0.2.1:51820',
  serverAddress: 'vpn.example.org:51820',
  carrier: 'udp',
  addresses: ['10.8.0.2/24'],
  lossRate: 0,
  lastError: null,
};

/** A tunnel on vcl7 as commands see it, which ends when it is told to. */
async function running(status: () => object): Promise<ControlServer> {
  const control = await ControlServer.listen(controlPath('vcl7', runtimeDirectory()), {
    status,
    stop: () => void control.close(),
  });
  onTestFinished(() => control.close());
  return control;
}

function clientToml(...more: readonly string[]): string {
  const path = join(temporaryDirectory(), 'client.toml');
  const key = encodePublicKey(KeyPair.generate().publicKey);
  const lines = ['server = "127.0.0.1:9"', `server_key = "${key}"`, 'device = "vcl7"', ...more];
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

describe('vcl status', () => {
  it.each([
    ['a client that is connected', CLIENT, 0],
    ['a client that is not', { ...CLIENT, state: 'reconnecting', lastError: 'no answer' }, 1],
    ['a server', { kind: 'server', device: 'vcl7', addresses: [], peers: [] }, 0],
  ])('of %s is JSON as it was answered, and exits with its code', async (_, status, code) => {
    await running(() => status);
    const { exitCode, out, err } = await vcl(['status', 'vcl7', '--json']);
    expect([exitCode, err]).toEqual([code, '']);
    expect(JSON.parse(out)).toEqual(status);
  });

  it('tells people the same', async () => {
    await running(() => ({ ...CLIENT, state: 'connecting', lastError: 'no answer from there' }));
    const { exitCode, out } = await vcl(['status', 'vcl7']);
    expect(exitCode).toBe(1);
    expect(out).toMatch(/^state +connecting\nlast error +no answer from there\n/);
  });

  it('with --watch goes on until Ctrl-C', async () => {
    const io = new FakeIo();
    let asked = 0;
    await running(() => {
      asked++;
      if (asked === 1) setImmediate(() => io.interrupt());
      return CLIENT;
    });
    expect((await vcl(['status', 'vcl7', '--watch', '--json'], io)).exitCode).toBe(0);
    expect(asked).toBeGreaterThan(0);
    expect(io.interruptListeners).toBe(0);
  });

  it('names the tunnels that there are when another is asked for', async () => {
    await running(() => CLIENT);
    const { exitCode, err } = await vcl(['status']);
    expect(exitCode).toBe(74);
    expect(err).toBe(
      'vcl: no tunnel runs on vcl0: name the interface that is meant (there is a socket of vcl7) ' +
        '(IoError)\n',
    );
  });

  it('leaves nothing behind when there is no tunnel', async () => {
    runtimeDirectory();
    const io = new FakeIo();
    expect((await vcl(['status', 'vcl7', '--watch'], io)).exitCode).toBe(74);
    expect(io.interruptListeners).toBe(0);
  });
});

describe('vcl down', () => {
  it('ends a tunnel that runs', async () => {
    await running(() => CLIENT);
    const { exitCode, out } = await vcl(['down', 'vcl7']);
    expect([exitCode, out]).toEqual([0, 'vcl7 is down\n']);
    expect((await vcl(['status', 'vcl7'])).exitCode).toBe(74);
  });
});

describe('vcl up', () => {
  it.each([[], ['--background']])(
    'needs a configuration, and says what makes one %j',
    async (...flags) => {
      runtimeDirectory();
      const path = join(temporaryDirectory(), 'client.toml');
      const io = new FakeIo();
      const { exitCode, out, err } = await vcl(['up', path, ...flags], io);
      expect([exitCode, out]).toEqual([74, '']);
      expect(err).toBe(
        `vcl: ${path}: there is no such file: make one with \`vcl init\` (IoError)\n`,
      );
      expect(io.signalsHeard).toEqual([]);
    },
  );

  it('in the background names a mistake in the configuration', async () => {
    const directory = runtimeDirectory();
    const { exitCode, err } = await vcl(['up', clientToml('mtu = 100'), '--background']);
    expect(exitCode).toBe(64);
    expect(err).toContain('client.toml: mtu: must be 1280 or more');
    expect(existsSync(directory)).toBe(false);
  });

  it('in the background does not take the tunnel of another for its own', async () => {
    await running(() => CLIENT);
    const { exitCode, out, err } = await vcl(['up', clientToml(), '--background']);
    expect([exitCode, out]).toEqual([74, '']);
    expect(err).toBe('vcl: a tunnel runs on vcl7 already: vcl down vcl7 ends it (IoError)\n');
  });
});

describe('vcl server', () => {
  it('needs a configuration, and hears no signals without one', async () => {
    const io = new FakeIo();
    const path = join(temporaryDirectory(), 'server.toml');
    const { exitCode, err } = await vcl(['server', path], io);
    expect(exitCode).toBe(74);
    expect(err).toContain('there is no such file: make one with `vcl init`');
    expect(io.signalsHeard).toEqual([]);
  });
});
