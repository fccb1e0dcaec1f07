import { ReliabilityMode, type SendOptions, VCLError } from '@vcl-protocol/core';

/** What `send` takes beside the data. What is absent comes from the configuration. */
export interface MessageOptions extends SendOptions {
  /** Gives up waiting for room in the send buffer; then nothing is sent. */
  readonly signal?: AbortSignal;
}

/**
 * The bytes to send, as a copy.
 *
 * @throws TypeError when it is neither bytes nor text
 */
export function toPayload(data: Uint8Array | string): Uint8Array {
  if (typeof data === 'string') return utf8.encode(data);
  if (data instanceof Uint8Array) return new Uint8Array(data);
  throw new TypeError(`send takes a Uint8Array or a string: got ${typeof data}`);
}

/** @throws VCLError `InvalidConfig` that names the option, what it may be and what it was */
export function checkMessageOptions(options: MessageOptions): void {
  const { reliability, deadlineMs, priority, kind } = options;
  if (reliability !== undefined && !RELIABILITIES.includes(reliability)) {
    throw badOption('reliability', `one of ${RELIABILITIES.join(', ')}`, reliability);
  }
  if (deadlineMs !== undefined && !(Number.isFinite(deadlineMs) && deadlineMs >= 0)) {
    throw badOption('deadlineMs', 'a number of milliseconds, 0 for none', deadlineMs);
  }
  if (priority !== undefined && !Number.isFinite(priority)) {
    throw badOption('priority', 'a number', priority);
  }
  if (kind !== undefined && !(Number.isInteger(kind) && kind >= 0 && kind <= MAX_KIND)) {
    throw badOption('kind', `a whole number from 0 to ${MAX_KIND}`, kind);
  }
}

const utf8 = new TextEncoder();
const RELIABILITIES: readonly unknown[] = Object.values(ReliabilityMode);
const MAX_KIND = 65_535;

function badOption(name: string, allowed: string, value: unknown): VCLError {
  return new VCLError('InvalidConfig', `${name} must be ${allowed}: got ${String(value)}`);
}
