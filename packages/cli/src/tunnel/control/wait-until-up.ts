import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { VCLError, type VCLErrorCode } from '@vcl-protocol/core';
import { askControl } from './control-client.js';

/** How long a tunnel may take until it is connected, ms: some attempts, each with its own limit. */
const LIMIT_MS = 60_000;
const LOOK_MS = 100;
const MAX_ERROR_CHARACTERS = 4_096;
/** What a child may have ended for that has an exit code of its own. */
const CODES: readonly VCLErrorCode[] = [
  'InvalidConfig',
  'InvalidKey',
  'AuthRefused',
  'IdentityChanged',
];

/** Options of {@link waitUntilUp}. */
export interface WaitOptions {
  /** Default a minute, in ms. */
  readonly limitMs?: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

/**
 * Waits until the tunnel of a child process is connected.
 *
 * @returns its status
 * @throws VCLError with what the child said last when it has ended; `IoError` after a minute, and then
 * it goes on trying; what `signal` was aborted with
 */
export async function waitUntilUp(
  path: string,
  child: ChildProcess,
  { limitMs = LIMIT_MS, signal }: WaitOptions = {},
): Promise<Record<string, unknown>> {
  let failure: VCLError | undefined;
  const ended = endOf(child).then((error) => {
    failure = error;
  });
  let last: Record<string, unknown> | undefined;
  for (const endAt = performance.now() + limitMs; performance.now() < endAt; ) {
    signal?.throwIfAborted();
    if (failure !== undefined) throw failure;
    last = (await askControl(path, 'status').catch(() => undefined)) ?? last;
    if (last?.state === 'connected') return last;
    await Promise.race([delay(LOOK_MS), ended]);
  }
  const seconds = `${limitMs / 1_000} s`;
  const why = typeof last?.lastError === 'string' ? `: ${last.lastError}` : '';
  throw new VCLError(
    'IoError',
    `not connected after ${seconds}${why}; it goes on trying: vcl status tells more, vcl down ends it`,
  );
}

/** Resolves when the child has ended and all that it said is here. */
function endOf(child: ChildProcess): Promise<VCLError> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MAX_ERROR_CHARACTERS);
  });
  return new Promise((resolve) => {
    child.once('error', (cause) => resolve(notUp(cause.message, 'IoError')));
    child.once('close', (code, signal) => {
      const lines = said.trim().split('\n');
      const told = lines.findLast((line) => line.startsWith('vcl: ')) ?? lines.at(-1);
      const how = signal === null ? `it ended at once, with ${code}` : `it was ended by ${signal}`;
      const [, text = '', name] = /^(?:vcl: )?(.*?)(?: \((\w+)\))?$/.exec(told ?? '') ?? [];
      resolve(notUp(text || how, CODES.find((one) => one === name) ?? 'IoError'));
    });
  });
}

function notUp(reason: string, code: VCLErrorCode): VCLError {
  return new VCLError(code, `the tunnel did not come up: ${reason}`);
}
