import type { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { processIo } from '../src/cli-io.js';
import { ExitCode } from '../src/exit-codes.js';

describe('writing to standard output', () => {
  afterEach(() => vi.restoreAllMocks());

  it('ends the process with the code of failed output when the disk is full', () => {
    const { exit, stderr } = failWith('ENOSPC', 'no space left on device');
    expect(exit).toHaveBeenCalledExactlyOnceWith(ExitCode.IO);
    expect(stderr).toHaveBeenCalledExactlyOnceWith(
      'vcl: cannot write the result: no space left on device\n',
    );
  });

  it('goes on in silence when the reader has left', () => {
    const { exit, stderr } = failWith('EPIPE', 'broken pipe');
    expect(exit).not.toHaveBeenCalled();
    expect(stderr).not.toHaveBeenCalled();
  });
});

describe('being asked to end', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s is heard until it is no longer wanted', (signal) => {
    const before = process.listenerCount(signal);
    let heard = 0;
    const stop = processIo().onInterrupt(() => heard++);
    process.emit(signal);
    expect(heard).toBe(1);
    stop();
    expect(process.listenerCount(signal)).toBe(before);
  });

  it('every signal is heard until it is no longer wanted, as often as it comes', () => {
    const signals = ['SIGTERM', 'SIGHUP'] as const;
    const before = signals.map((signal) => process.listenerCount(signal));
    const heard: unknown[][] = [];
    const stop = processIo().onSignal(signals, (...given: unknown[]) => heard.push(given));
    const emitter: EventEmitter = process;
    for (const signal of [...signals, ...signals]) emitter.emit(signal, signal, 15);
    expect(heard).toEqual([[], [], [], []]);
    stop();
    expect(signals.map((signal) => process.listenerCount(signal))).toEqual(before);
  });
});

/** Has standard output report an error, with a process that neither ends nor prints. */
function failWith(code: string, message: string) {
  const streams = [process.stdout, process.stderr];
  const before = streams.map((stream) => stream.listeners('error'));
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  processIo();
  process.stdout.emit('error', Object.assign(new Error(message), { code }));
  for (const [i, stream] of streams.entries()) {
    for (const listener of stream.listeners('error')) {
      if (!before[i]?.includes(listener)) stream.off('error', listener as () => void);
    }
  }
  return { exit, stderr };
}
