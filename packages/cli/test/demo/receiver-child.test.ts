import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startReceiverProcess } from '../../src/demo/receiver-child.js';
import type { ReceiverMessage } from '../../src/demo/receiver-messages.js';
import type { DemoReceiver } from '../../src/demo/transfer.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const READY: ReceiverMessage = { type: 'ready', address: '127.0.0.1', port: 7, publicKey: 'k' };
const DONE: ReceiverMessage = { type: 'done', received: { bytes: 5, sha256: 'ab' } };

/** Starts a process that says these messages and then runs `rest`. */
function start(
  messages: readonly ReceiverMessage[],
  rest = 'process.disconnect()',
  onProgress: (bytes: number) => void = () => {},
): Promise<DemoReceiver> {
  const program = join(temporaryDirectory(), 'program.mjs');
  const lines = messages.map((message) => `process.send(${JSON.stringify(message)});`);
  writeFileSync(program, [...lines, rest].join('\n'));
  return startReceiverProcess({ logFile: 'x.vcllog', logLevel: 'warn', onProgress, program });
}

describe("the receiver's process", () => {
  it('tells its address, its progress and what it got', async () => {
    const progress: number[] = [];
    const receiver = await start(
      [READY, { type: 'progress', bytes: 2 }, { type: 'progress', bytes: 4 }, DONE],
      undefined,
      (bytes) => progress.push(bytes),
    );
    expect(receiver.address).toEqual({ address: '127.0.0.1', port: 7 });
    expect(receiver.publicKey).toBe('k');
    expect(await receiver.received).toEqual({ bytes: 5, sha256: 'ab' });
    expect(progress).toEqual([2, 4, 5]);
  });

  it('is given its arguments', async () => {
    const echo = `
      const { logFile, logLevel } = JSON.parse(process.argv[2]);
      process.send({ type: 'ready', address: logFile, port: 1, publicKey: logLevel });`;
    const receiver = await start([], echo);
    expect(receiver.address.address).toBe('x.vcllog');
    expect(receiver.publicKey).toBe('warn');
    receiver.stop();
    await expect(receiver.received).rejects.toThrow();
  });

  it('hands on why it failed before it was ready', async () => {
    const starting = start([{ type: 'failed', message: 'address in use', code: 'IoError' }]);
    await expect(starting).rejects.toMatchObject({
      code: 'IoError',
      message: 'the receiver: address in use',
    });
  });

  it('hands on why it failed later', async () => {
    const receiver = await start([
      READY,
      { type: 'failed', message: 'the session is over', code: 'ConnectionClosed' },
    ]);
    await expect(receiver.received).rejects.toMatchObject({ code: 'ConnectionClosed' });
  });

  it('is missed when it ends without a word', async () => {
    await expect(start([], 'process.exit(3)')).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining('ended with exit code 3'),
    });
    const receiver = await start([READY], "process.kill(process.pid, 'SIGKILL')");
    await expect(receiver.received).rejects.toThrow('ended by SIGKILL');
  });

  it('is ended by stop, whatever it does', async () => {
    const receiver = await start([READY], 'for (;;);');
    receiver.stop();
    await expect(receiver.received).rejects.toThrow('ended by SIGKILL');
    expect(() => receiver.stop()).not.toThrow();
  });
});
