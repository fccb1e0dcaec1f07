import { type EventEmitter, once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { processIo } from '../../src/cli-io.js';
import { runUntilStopped } from '../../src/tunnel/run-until-stopped.js';
import { FakeIo } from '../support/fake-io.js';

/** Something that waits to be stopped, and then takes back what it did when it is let. */
function undoing() {
  const steps: string[] = [];
  let undo = (): void => {};
  const mayUndo = new Promise<void>((resolve) => {
    undo = resolve;
  });
  const work = async ({ stopped }: { readonly stopped: Promise<void> }): Promise<string> => {
    await stopped;
    steps.push('undoing');
    await mayUndo;
    steps.push('undone');
    return 'result';
  };
  return { steps, undo, work };
}

async function turns(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('what runs until it is stopped', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends by %s', async (signal) => {
    const io = new FakeIo();
    const { steps, undo, work } = undoing();
    const result = runUntilStopped(io, work);
    await turns();
    expect(steps).toEqual([]);
    io.signal(signal);
    await turns();
    expect(steps).toEqual(['undoing']);
    undo();
    expect(await result).toBe('result');
  });

  it('hears every signal until all is undone, and none afterwards', async () => {
    const io = new FakeIo();
    const { steps, undo, work } = undoing();
    const result = runUntilStopped(io, work);
    for (let i = 0; i < 3; i++) io.signal('SIGTERM');
    await turns();
    expect(steps).toEqual(['undoing']);
    expect([...io.signalsHeard].sort()).toEqual(['SIGHUP', 'SIGINT', 'SIGTERM']);
    undo();
    await result;
    expect(steps).toEqual(['undoing', 'undone']);
    expect(io.signalsHeard).toEqual([]);
  });

  it('stops without a reason, which would be one to fail', async () => {
    const ended = runUntilStopped(processIo(), ({ stopped }) => stopped);
    const emitter: EventEmitter = process;
    emitter.emit('SIGTERM', 'SIGTERM', 15);
    expect(await ended).toBeUndefined();
  });

  it('is left alone by signals also when it fails', async () => {
    const io = new FakeIo();
    const failing = runUntilStopped(io, async () => {
      throw new Error('no interface');
    });
    await expect(failing).rejects.toThrow('no interface');
    expect(io.signalsHeard).toEqual([]);
  });

  it('may have another use for a hang-up', async () => {
    const io = new FakeIo();
    let reloads = 0;
    let isStopped = false;
    const running = runUntilStopped(io, async (signal) => {
      signal.onHangUp = () => {
        reloads++;
      };
      await signal.stopped;
      isStopped = true;
    });
    io.signal('SIGHUP');
    io.signal('SIGHUP');
    await turns();
    expect([reloads, isStopped]).toEqual([2, false]);
    io.signal('SIGTERM');
    await running;
  });

  it('can stop by itself', async () => {
    await runUntilStopped(new FakeIo(), async ({ stop, stopped }) => {
      stop();
      await stopped;
    });
  });

  it('survives real signals, the second and the third as well', async () => {
    const before = process.listenerCount('SIGTERM');
    const { steps, undo, work } = undoing();
    const result = runUntilStopped(processIo(), work);
    for (let i = 1; i <= 3; i++) {
      // A handler of its own would hide that there is no other.
      expect(process.listenerCount('SIGTERM')).toBe(before + 1);
      const arrived = once(process, 'SIGTERM');
      process.kill(process.pid, 'SIGTERM');
      await arrived;
    }
    await turns();
    expect(steps).toEqual(['undoing']);
    undo();
    await result;
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});
