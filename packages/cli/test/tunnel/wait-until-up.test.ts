import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ControlServer } from '../../src/tunnel/control/control-server.js';
import { waitUntilUp } from '../../src/tunnel/control/wait-until-up.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** A process that runs this script in the place of `vcl up`. */
function child(script: string): ChildProcess {
  const started = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => void started.kill('SIGKILL'));
  return started;
}

const WAITS = 'setInterval(() => {}, 1000)';

function nowhere(): string {
  return join(temporaryDirectory(), 'vcl7.sock');
}

async function answering(path: string, status: () => object): Promise<void> {
  const control = await ControlServer.listen(path, { status, stop: () => {} });
  onTestFinished(() => control.close());
}

describe('a tunnel in the background', () => {
  it('is up when it says that it is connected, not before', async () => {
    const path = nowhere();
    const states = ['connecting', 'reconnecting', 'connected'];
    await answering(path, () => ({ state: states.length > 1 ? states.shift() : states[0] }));
    expect(await waitUntilUp(path, child(WAITS))).toEqual({ state: 'connected' });
    expect(states).toEqual(['connected']);
  });

  it.each([
    ['vcl: the tunnel was given up: no (IoError)', 'IoError', 'the tunnel was given up: no'],
    [
      'vcl: the server refuses this client (AuthRefused)',
      'AuthRefused',
      'the server refuses this client',
    ],
    [
      'vcl: the key file is open to others (InvalidKey)',
      'InvalidKey',
      'the key file is open to others',
    ],
    ['{"level":"warn"}\nvcl: not now (Timeout)\n{"level":"debug"}', 'IoError', 'not now'],
    ['Segmentation fault', 'IoError', 'Segmentation fault'],
  ])('that ends with %j tells why', async (said, code, reason) => {
    const script = `process.stderr.write(${JSON.stringify(`${said}\n`)}); process.exitCode = 74`;
    await expect(waitUntilUp(nowhere(), child(script))).rejects.toMatchObject({
      code,
      message: `the tunnel did not come up: ${reason}`,
    });
  });

  it('that ends without a word tells how', async () => {
    await expect(waitUntilUp(nowhere(), child('process.exitCode = 3'))).rejects.toThrow(
      'the tunnel did not come up: it ended at once, with 3',
    );
    const killed = child('process.kill(process.pid, "SIGKILL")');
    await expect(waitUntilUp(nowhere(), killed)).rejects.toThrow('it was ended by SIGKILL');
  });

  it('is heard to the end, also what comes after it', async () => {
    const late = 'setTimeout(() => console.error("vcl: said late (IoError)"), 100)';
    const heir = "require('node:child_process').spawn(process.execPath, ['-e', LATE], OPTIONS)"
      .replace('LATE', JSON.stringify(late))
      .replace('OPTIONS', "{ stdio: ['ignore', 'ignore', 'inherit'] }");
    await expect(waitUntilUp(nowhere(), child(`${heir}; process.exit(1)`))).rejects.toThrow(
      'the tunnel did not come up: said late',
    );
  });

  it('whose program cannot be started tells why', async () => {
    const missing = spawn(join(temporaryDirectory(), 'node'), {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await expect(waitUntilUp(nowhere(), missing)).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining('ENOENT'),
    });
  });

  it('that takes too long goes on, and its last error is told', async () => {
    const path = nowhere();
    await answering(path, () => ({ state: 'connecting', lastError: 'no answer from the server' }));
    const slow = child(WAITS);
    await expect(waitUntilUp(path, slow, { limitMs: 300 })).rejects.toMatchObject({
      code: 'IoError',
      message:
        'not connected after 0.3 s: no answer from the server; it goes on trying: vcl status tells ' +
        'more, vcl down ends it',
    });
    expect([slow.exitCode, slow.signalCode]).toEqual([null, null]);
  });

  it('is not waited for when the user has enough of it', async () => {
    const waiting = waitUntilUp(nowhere(), child(WAITS), { signal: AbortSignal.abort() });
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});
