import { VCLError } from '@vcl-protocol/core';
import {
  type CarrierName,
  type CarrierOptions,
  type ClientPolicy,
  encodePublicKey,
  fingerprint,
  loadOrCreateKeyFile,
  type VCLConnection,
  VCLListener,
} from 'vcl-protocol';
import { defaultIdentityPath, type TextSink } from '../../cli-io.js';
import type { CommandContext } from '../../command.js';
import { ExitCode } from '../../exit-codes.js';
import { formatBytes, formatDuration, formatNumberOf, printable } from '../../format.js';
import { asLogger } from '../../log.js';
import { Tally, type TransferTotals } from '../roles/tally.js';
import type { TransferAction } from '../wire/messages.js';
import { offeredAddresses } from './carrier-flags.js';
import { asCommandError } from './client.js';
import { SILENCE_MS } from './keep-watch.js';
import { LINK_CONFIG } from './link-config.js';
import { formatProblem } from './report.js';
import { type ServedSession, type ServeOptions, serveClient } from './server.js';

/** What a server is started with. */
export interface ServerPlan {
  readonly address: string;
  readonly carriers: CarrierOptions;
  /** The identity file; undefined for the default one. */
  readonly identity: string | undefined;
  /** A directory for session logs, or undefined. */
  readonly record: string | undefined;
  readonly clients: ClientPolicy;
  /** Whether one transfer is all. */
  readonly once: boolean;
  readonly serve: ServeOptions;
  /** Where news goes: lines, or one JSON document a line. */
  readonly sink: TextSink;
}

/** A line of `vcl listen --json`. */
export type ServerEvent =
  | {
      readonly event: 'listening';
      readonly address: string;
      readonly port: number;
      /** The address by each carrier that is offered. */
      readonly addresses: readonly string[];
      readonly publicKey: string;
      readonly fingerprint: string;
    }
  | ({
      readonly event: 'session';
      readonly from: string;
      readonly publicKey: string;
      readonly action: TransferAction;
      /** What carried it in the end. */
      readonly carrier: CarrierName | undefined;
      readonly elapsedMs: number;
      /** Why it ended early; absent when it did not. */
      readonly error?: string;
    } & TransferTotals);

/**
 * Serves clients until Ctrl-C, or one transfer.
 *
 * @returns the exit code
 * @throws VCLError when the server cannot be started, or with `once` what the transfer failed with
 */
export async function runServer(context: CommandContext, plan: ServerPlan): Promise<number> {
  const { io, log } = context;
  const identity = await loadOrCreateKeyFile(plan.identity ?? defaultIdentityPath(io));
  const { record, clients, address, carriers } = plan;
  const options = {
    identity,
    clients,
    carriers,
    logger: asLogger(log),
    config: LINK_CONFIG,
    allowSelf: true,
    idleTimeoutMs: SILENCE_MS,
    ...(record === undefined ? {} : { record: { directory: record } }),
  };
  const listener = await bindListener(address, options);
  const ignore = io.onInterrupt(() => void listener.close({ lingerMs: STOP_LINGER_MS }));
  try {
    tell(context, plan, listeningEvent(listener, plan));
    return await serveAll(listener, context, plan);
  } catch (error) {
    throw asCommandError(error);
  } finally {
    ignore();
    await listener.close({ lingerMs: STOP_LINGER_MS });
    identity.wipe();
  }
}

const STOP_LINGER_MS = 2_000;

async function bindListener(
  address: string,
  options: Parameters<typeof VCLListener.bind>[1],
): Promise<VCLListener> {
  try {
    return await VCLListener.bind(address, options);
  } catch (error) {
    const isWithoutIpv6 = VCLError.is(error) && error.message.includes('EAFNOSUPPORT');
    if (!isWithoutIpv6 || !/(^|\/)\[::\](:|$)/.test(address)) throw error;
    return await VCLListener.bind(address.replace('[::]', '0.0.0.0'), options);
  }
}

/** Serves clients side by side, until the listener is closed. */
async function serveAll(
  listener: VCLListener,
  context: CommandContext,
  plan: ServerPlan,
): Promise<number> {
  const running = new Set<Promise<void>>();
  let exitCode: number = ExitCode.OK;
  let failure: unknown;
  const serve = async (connection: VCLConnection): Promise<void> => {
    try {
      const totals = await serveAndTell(connection, context, plan);
      // A client that only pings, or whose link is lost, does not count.
      if (totals === undefined || !plan.once) return;
      exitCode = totals.failed === 0 ? ExitCode.OK : ExitCode.FAILED;
    } catch (error) {
      failure = error;
    }
    void listener.close({ lingerMs: STOP_LINGER_MS });
  };
  for await (const connection of listener) {
    const session = serve(connection);
    running.add(session);
    void session.then(() => running.delete(session));
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure;
  return exitCode;
}

/** @returns what was transferred; undefined when nothing was asked for, or the client may come back */
async function serveAndTell(
  connection: VCLConnection,
  context: CommandContext,
  plan: ServerPlan,
): Promise<TransferTotals | undefined> {
  const startedMs = performance.now();
  const from = hostOf(connection);
  const publicKey = encodePublicKey(connection.peerIdentity!);
  const tally = new Tally({
    onProblem: ({ path, reason }) => {
      if (!context.output.json) context.io.stderr.write(`vcl: ${formatProblem(path, reason)}\n`);
    },
  });
  const session: ServedSession = { tally, action: undefined };
  let error: unknown;
  try {
    await serveClient(connection, plan.serve, session);
  } catch (cause) {
    error = cause;
  }
  const { action } = session;
  if (action === undefined) {
    context.log.info({ from, err: error }, 'a session without a transfer');
    return undefined;
  }
  const elapsedMs = Math.round(performance.now() - startedMs);
  const ended = error === undefined ? {} : { error: messageOf(error) };
  tell(context, plan, {
    event: 'session',
    from,
    publicKey,
    action,
    carrier: connection.carrier(),
    elapsedMs,
    ...ended,
    ...tally.totals,
  });
  const isStream = plan.serve.into !== undefined && 'sink' in plan.serve.into;
  // What was written to standard output cannot be gone on with.
  if (error !== undefined && isStream) throw error;
  return error === undefined ? tally.totals : undefined;
}

function tell({ output }: CommandContext, { sink }: ServerPlan, event: ServerEvent): void {
  // What JSON leaves as it is a terminal may still obey; escaped it is the same JSON.
  const lines = output.json ? [printable(JSON.stringify(event))] : linesOf(event);
  for (const line of lines) sink.write(`${line}\n`);
}

function linesOf(event: ServerEvent): string[] {
  if (event.event === 'listening') {
    const { addresses, publicKey, fingerprint: print } = event;
    const places = addresses.map((address) => `listening on ${address}`);
    return [...places, `public key   ${publicKey}`, `fingerprint  ${print}`];
  }
  const { from, action, files, bytes, identical, failed, elapsedMs, carrier, error } = event;
  const verb = action === 'push' ? 'sent' : 'fetched';
  const amount = `${formatNumberOf(files, 'file')}, ${formatBytes(bytes)}`;
  const rest = [
    ...(identical > 0 ? [`${identical} already there`] : []),
    ...(failed > 0 ? [`${failed} not transferred`] : []),
    ...(error === undefined ? [] : [`ended early: ${error}`]),
  ];
  const what = [`${amount} in ${formatDuration(elapsedMs)} over ${carrier}`, ...rest].join('; ');
  return [printable(`${from} has ${verb} ${what}`)];
}

function listeningEvent(listener: VCLListener, plan: ServerPlan): ServerEvent {
  const key = listener.getPublicKey();
  const local = listener.localAddress();
  return {
    event: 'listening',
    ...local,
    addresses: offeredAddresses(plan, local),
    publicKey: encodePublicKey(key),
    fingerprint: fingerprint(key),
  };
}

function hostOf(connection: VCLConnection): string {
  const remote = connection.remoteAddress();
  if (remote === undefined) return 'unknown';
  const { address, port } = remote;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
