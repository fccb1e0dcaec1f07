import { setTimeout as delay } from 'node:timers/promises';
import { VCLError } from '@vcl-protocol/core';
import {
  type CarrierName,
  type CarrierOptions,
  type CommonOptions,
  type KeyPair,
  VCLConnection,
} from 'vcl-protocol';
import { systemCodeOf } from '../../exit-codes.js';
import {
  ConnectionChannel,
  StoppedError,
  type TransferChannel,
  unexpected,
} from '../roles/channel.js';
import { TRANSFER_VERSION, type TransferAction, type TransferMessage } from '../wire/messages.js';
import { followCarrier } from './follow-carrier.js';
import { keepWatch, SILENCE_MS } from './keep-watch.js';
import type { KnownServer } from './known-server.js';
import { LINK_CONFIG } from './link-config.js';
import { stopPeer } from './stop-peer.js';

/** How to reach a server. */
export interface ReachOptions {
  /** `host:port`, with a scheme or without. */
  readonly address: string;
  /** How carriers are reached. */
  readonly carriers?: CarrierOptions;
  readonly server: KnownServer;
  readonly identity: KeyPair;
  /** A file that gets the log of the sessions, or undefined. */
  readonly record: string | undefined;
  /** Ends everything. */
  readonly signal: AbortSignal;
  readonly logger: CommonOptions['logger'];
  readonly network?: CommonOptions['network'];
}

/** What a transfer of a client needs. */
export interface ClientOptions extends ReachOptions {
  readonly action: TransferAction;
  readonly paths: readonly string[];
  /** How long to try to get a session again, in ms; 0 for not at all. */
  readonly giveUpMs: number;
  /** The transfer itself, once for each session. @param peer the key of the server */
  readonly transfer: (channel: TransferChannel, peer: Uint8Array) => Promise<void>;
  /** What carries the session, at its beginning and whenever that changes. */
  readonly onCarrier?: (carrier: CarrierName) => void;
  /** A session was lost; another attempt follows in `waitMs`. */
  readonly onRetry: (reason: string, waitMs: number) => void;
  /** Default a timer. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** A monotonic clock in milliseconds. Default `performance.now()`. */
  readonly now?: () => number;
}

/**
 * Transfers in as many sessions as it takes.
 *
 * @throws VCLError of the first connection; StoppedError; `IoError` when it was given up; the reason
 * of the signal
 */
export async function runClient(options: ClientOptions): Promise<void> {
  const { signal, giveUpMs, onRetry, sleep = sleepFor, now = monotonicMs } = options;
  let lostAt: number | undefined;
  let waitMs = FIRST_WAIT_MS;
  for (let attempt = 0; ; attempt++) {
    const startedAt = now();
    const state = { isWelcome: false };
    try {
      await runSession(options, attempt, state);
      signal.throwIfAborted();
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!state.isWelcome && attempt === 0) throw error;
      if (isFinal(error)) throw error;
      if (giveUpMs === 0) throw lost(options, error);
      const endedAt = now();
      // A server that welcomes and ends the session at once would be asked for ever.
      if (state.isWelcome && endedAt - startedAt >= MIN_SESSION_MS) {
        lostAt = undefined;
        waitMs = FIRST_WAIT_MS;
      }
      lostAt ??= endedAt;
      if (endedAt - lostAt > giveUpMs) throw gaveUp(options, error);
      onRetry(error instanceof Error ? error.message : String(error), waitMs);
      await sleep(waitMs, signal);
      waitMs = Math.min(LAST_WAIT_MS, waitMs * 2);
    }
  }
}

/** An error that ended a link, as one that a command ends with. */
export function asCommandError(error: unknown): unknown {
  if (VCLError.is(error) && CERTIFICATE_ERRORS.includes(systemCodeOf(error) ?? '')) {
    return new VCLError('IoError', `${error.message} (${TLS_ADVICE})`, { cause: error });
  }
  const isOfLink = VCLError.is(error) && LINK_ERRORS.includes(error.code);
  return isOfLink ? new VCLError('IoError', error.message, { cause: error }) : error;
}

const TLS_ADVICE = '--tls-ca FILE names what to trust, --tls-insecure checks no certificate';
const CERTIFICATE_ERRORS: readonly string[] = [
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
];
const LINK_ERRORS: readonly string[] = ['ConnectionClosed', 'HandshakeFailed', 'InvalidPacket'];

/** Binds and connects; asks about a server that is new. */
export async function reach(options: ReachOptions, isFirst: boolean): Promise<VCLConnection> {
  const { address, server } = options;
  const connection = await bind(options, isFirst);
  try {
    await connection.connect(address, { server: server.trust });
    return connection;
  } catch (error) {
    connection.abort();
    if (!(await server.settle(options.signal))) throw error;
  }
  return reach(options, isFirst);
}

const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 10_000;
/** A shorter session was no success. */
const MIN_SESSION_MS = 3_000;

async function bind(options: ReachOptions, isFirst: boolean): Promise<VCLConnection> {
  const { address, identity, record, signal, logger, network, carriers } = options;
  const bound = {
    identity,
    signal,
    ...(logger === undefined ? {} : { logger }),
    ...(network === undefined ? {} : { network }),
    ...(carriers === undefined ? {} : { carriers }),
    ...(record === undefined ? {} : { record: { file: record, append: !isFirst } }),
    config: LINK_CONFIG,
    // Both ends of a copy may be one user's.
    allowSelf: true,
    idleTimeoutMs: SILENCE_MS,
  };
  // Where no datagrams go, none are bound.
  const scheme = /^(tcp|wss?|quic):/i.test(address) ? 'tcp://' : '';
  try {
    return await VCLConnection.bind(`${scheme}[::]:0`, bound);
  } catch (error) {
    if (!VCLError.is(error) || !String(error.message).includes('EAFNOSUPPORT')) throw error;
    return await VCLConnection.bind(`${scheme}0.0.0.0:0`, bound);
  }
}

async function runSession(
  options: ClientOptions,
  attempt: number,
  state: { isWelcome: boolean },
): Promise<void> {
  const { action, paths, transfer, onCarrier = ignore } = options;
  const connection = await reach(options, attempt === 0);
  const unwatch = keepWatch(connection);
  const unfollow = followCarrier(connection, onCarrier);
  const channel = new ConnectionChannel(connection);
  try {
    await channel.send({ type: 'hello', version: TRANSFER_VERSION, action, paths });
    requireWelcome(await channel.receive());
    state.isWelcome = true;
    await transfer(channel, connection.peerIdentity!);
    unwatch();
    await close(connection, options.record !== undefined);
  } catch (error) {
    await stopPeer(error, channel, connection);
    throw error;
  } finally {
    unwatch();
    unfollow();
    connection.abort();
  }
}

function ignore(): void {}

function requireWelcome(message: TransferMessage | undefined): void {
  if (message === undefined) {
    throw new VCLError('ConnectionClosed', 'the server ended the session at once');
  }
  if (message.type !== 'welcome') throw unexpected(`a message ${message.type} out of place`);
  if (message.version === TRANSFER_VERSION) return;
  throw new StoppedError(`the server speaks version ${message.version} of the transfer protocol`);
}

/** All is settled: that the peer does not confirm the end any more changes nothing. */
async function close(connection: VCLConnection, isRecorded: boolean): Promise<void> {
  try {
    await connection.close({ lingerMs: CLOSE_MS });
  } catch (error) {
    if (isRecorded) throw error;
  }
}

const CLOSE_MS = 5_000;

/** Whether another attempt would end in the same way. */
function isFinal(error: unknown): boolean {
  if (error instanceof StoppedError || !VCLError.is(error)) return true;
  return !['ConnectionClosed', 'Timeout', 'HandshakeFailed', 'IoError'].includes(error.code);
}

/** A session that went silent says nothing of where it went. */
function lost({ address }: ClientOptions, cause: unknown): unknown {
  if (!VCLError.is(cause) || cause.code !== 'Timeout') return cause;
  return new VCLError('Timeout', `${address} was lost: ${cause.message}`, { cause });
}

function gaveUp({ address, giveUpMs }: ClientOptions, cause: unknown): VCLError {
  const seconds = Math.round(giveUpMs / 1000);
  const message = `${address} did not come back within ${seconds} s: repeat the command to go on where it stopped`;
  return new VCLError('IoError', message, { cause });
}

function monotonicMs(): number {
  return performance.now();
}

function sleepFor(ms: number, signal: AbortSignal): Promise<unknown> {
  return delay(ms, undefined, { signal });
}
