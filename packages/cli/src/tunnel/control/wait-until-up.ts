import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { VCLError } from '@vcl-protocol/core';
import { askControl } from './control-client.js';

/** How long a tunnel may take until it is connected, ms: some attempts, each with its own limit. */
const LIMIT_MS = 60_000;
const LOOK_MS = 100;
const MAX_ERROR_CHARACTERS = 4_096;

/**
 * Waits until the tunnel of a child process is connected.
 *
 * @returns its status
 * @throws VCLError `IoError` with what the child said last when it has ended, or after a minute; then
 * it goes on trying
 */
export async function waitUntilUp(
  path: string,
  child: ChildProcess,
): Promise<Record<string, unknown>> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MAX_ERROR_CHARACTERS);
  });
  let last: Record<string, unknown> | undefined;
  for (const endAt = Date.now() + LIMIT_MS; Date.now() < endAt; await delay(LOOK_MS)) {
    if (child.exitCode !== null || child.signalCode !== null) {
      const reason =
        said
          .trim()
          .split('\n')
          .at(-1)
          ?.replace(/^vcl: /, '') || 'it ended at once';
      throw new VCLError('IoError', `the tunnel did not come up: ${reason}`);
    }
    last = await askControl(path, 'status').catch(() => undefined);
    if (last?.state === 'connected') return last;
  }
  const why = typeof last?.lastError === 'string' ? `: ${last.lastError}` : '';
  throw new VCLError(
    'IoError',
    `not connected after a minute${why}; it goes on trying: vcl status`,
  );
}
