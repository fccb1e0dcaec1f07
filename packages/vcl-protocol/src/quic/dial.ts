import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { rootCertificates } from 'node:tls';
import { VCLError } from '@vcl-protocol/core';
import { abortable } from '../abortable.js';
import { formatAddress } from '../carrier-address.js';
import { connectError } from '../node/carriers/connect-error.js';
import { QuicChild } from './child-process.js';
import { describeQuic } from './describe.js';
import { DialAttempt, type DialedQuicLink } from './dial-attempt.js';
import { DIAL_TIMEOUT_MS, type DialQuicOptions } from './options.js';

/** Where to connect to. */
export interface QuicTarget {
  /** A name or a numeric address, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** How long an address has before the next one is tried beside it, ms (RFC 8305, 5). */
const STAGGER_MS = 250;
const KEY_BYTES = 32;

/**
 * Connects over QUIC. The link is there when the server has proved who it is, or at once if
 * {@link DialQuicOptions.early} and a session allow that.
 *
 * @throws VCLError `InvalidConfig` when the options say nobody to believe, or QUIC cannot be used
 * here; `HandshakeFailed` when the server is not the one that is wanted; `IoError` that names the
 * address; `Timeout`; the reason of the signal
 */
export async function dialQuic(
  target: QuicTarget,
  options: DialQuicOptions,
): Promise<DialedQuicLink> {
  checkTrust(options);
  requireQuic();
  const { signal, timeoutMs = DIAL_TIMEOUT_MS } = options;
  const to = `quic://${formatAddress({ address: target.host, port: target.port })}`;
  const timedOut = new AbortController();
  const timer = globalThis.setTimeout(() => timedOut.abort(timeoutError(to, timeoutMs)), timeoutMs);
  const until = AbortSignal.any([timedOut.signal, ...(signal === undefined ? [] : [signal])]);
  try {
    return await dialAny(target, options, until);
  } catch (cause) {
    throw until.aborted ? until.reason : connectError(to, cause);
  } finally {
    clearTimeout(timer);
  }
}

/** @throws VCLError `InvalidConfig` that says why QUIC cannot be used here */
export function requireQuic(): void {
  const { available, reason } = describeQuic();
  if (!available) throw new VCLError('InvalidConfig', reason ?? 'there is no QUIC here');
}

async function dialAny(
  target: QuicTarget,
  options: DialQuicOptions,
  signal: AbortSignal,
): Promise<DialedQuicLink> {
  signal.throwIfAborted();
  const addresses = await abortable(addressesOf(target.host), signal);
  const decided = new AbortController();
  const until = AbortSignal.any([signal, decided.signal]);
  const attempts = addresses.map(async (address, i) => {
    if (i > 0) await setTimeout(i * STAGGER_MS, undefined, { signal: until });
    const attempt = new DialAttempt({
      child: QuicChild.shared(options.heartbeat),
      target,
      peer: { address, port: target.port },
      ca: options.ca === 'system' ? rootCertificates.join('\n') : options.ca,
      options,
    });
    const link = await attempt.run(until);
    if (decided.signal.aborted) {
      link.destroy();
      throw new VCLError('ConnectionClosed', 'another address was faster');
    }
    decided.abort();
    return link;
  });
  try {
    return await Promise.any(attempts);
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  } finally {
    decided.abort();
  }
}

async function addressesOf(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}

/** @throws VCLError `InvalidConfig` */
function checkTrust({ serverKey, ca, isIdentityCheckedLater }: DialQuicOptions): void {
  if (serverKey !== undefined && serverKey.length !== KEY_BYTES) {
    throw new VCLError('InvalidConfig', `serverKey has ${serverKey.length} bytes: it needs 32`);
  }
  if (serverKey !== undefined || ca !== undefined || isIdentityCheckedLater === true) return;
  const message =
    'QUIC believes nobody unasked: set serverKey or ca, or compare claimedIdentity and say isIdentityCheckedLater';
  throw new VCLError('InvalidConfig', message);
}

function timeoutError(to: string, timeoutMs: number): VCLError {
  const message = `cannot connect to ${to}: nothing answers within ${timeoutMs} ms: check the address and what filters the network`;
  return new VCLError('Timeout', message);
}
