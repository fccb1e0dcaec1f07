import type { CliIo } from '../cli-io.js';

/** What people and service managers end a tunnel with. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** What is to end when the user, a service manager or `vcl down` says so. */
export interface StopSignal {
  /** Resolves when it is to end. */
  readonly stopped: Promise<void>;
  /** Says so. */
  readonly stop: () => void;
  /** What SIGHUP does: at first the same, as when a terminal is closed. */
  onHangUp: () => void;
}

/**
 * Runs something that takes back what it has changed before it ends. Until then no signal ends the
 * process: a second one, in the middle of that, would leave half of it.
 */
export async function runUntilStopped<T>(
  io: Pick<CliIo, 'onSignal'>,
  work: (signal: StopSignal) => Promise<T>,
): Promise<T> {
  let stop = (): void => {};
  const stopped = new Promise<void>((resolve) => {
    // With nothing: a signal that came with it would pass for the reason of an end that was not wanted.
    stop = () => resolve();
  });
  const signal: StopSignal = { stopped, stop, onHangUp: stop };
  const ignore = io.onSignal(SIGNALS, stop);
  const ignoreHangUp = io.onSignal(['SIGHUP'], () => signal.onHangUp());
  try {
    return await work(signal);
  } finally {
    ignore();
    ignoreHangUp();
  }
}
