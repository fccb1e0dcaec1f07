import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import {
  type CarrierName,
  fingerprint,
  loadOrCreateKeyFile,
  type VCLConnection,
} from 'vcl-protocol';
import { defaultIdentityPath } from '../cli-io.js';
import { addCommon, type CommandContext, contextOf, type Run } from '../command.js';
import { ExitCode } from '../exit-codes.js';
import { asLogger } from '../log.js';
import { serverAddress } from '../transfer/session/addresses.js';
import { connectChoice } from '../transfer/session/carrier-flags.js';
import { asCommandError, reach } from '../transfer/session/client.js';
import { followCarrier } from '../transfer/session/follow-carrier.js';
import { parseCount, parseSeconds } from '../transfer/session/parse-options.js';
import { formatPingStatistics, pingStatistics } from '../transfer/session/ping-statistics.js';
import {
  addConnectingOptions,
  type ConnectingOptions,
  knownServerOf,
} from '../transfer/session/run-transfer.js';

interface PingOptions extends ConnectingOptions {
  readonly count?: number;
  readonly interval: number;
  readonly wait: number;
}

/** Adds `vcl ping`. */
export function addPing(program: Command, run: Run): void {
  const command = program
    .command('ping')
    .description('measure authenticated round trips to a server')
    .argument(
      '<address>',
      'the server: host or host:port, or udp://, tcp://, ws://, wss://, quic:// and one',
    )
    .option('-c, --count <count>', 'how many pings (default: until Ctrl-C)', parseCount)
    .option('-i, --interval <seconds>', 'from one ping to the next', parseSeconds, 1)
    .option('-W, --wait <seconds>', 'when a ping counts as lost', parseSeconds, 2);
  addCommon(addConnectingOptions(command), {
    examples: [
      ['vcl ping host', 'until Ctrl-C'],
      ['vcl ping wss://host', 'over a WebSocket with TLS, to port 443'],
      ['vcl ping host:9000 -c 5 -i 0.2 --json', 'five of them, for programs'],
    ],
    exitCodes: [
      [0, 'at least one ping was answered'],
      [1, 'none was answered'],
      [74, 'no session came about'],
      [77, 'one side does not want the other, or a known server has another key'],
    ],
  }).action(async (address: string, options: PingOptions) => {
    run.exitCode = await ping(contextOf(run, options), serverAddress(address), options);
  });
}

async function ping(
  context: CommandContext,
  address: string,
  options: PingOptions,
): Promise<number> {
  const { io, output, log } = context;
  const choice = connectChoice(address, options);
  const server = knownServerOf(context, options);
  const identity = await loadOrCreateKeyFile(options.identity ?? defaultIdentityPath(io));
  const interrupted = new AbortController();
  const ignore = io.onInterrupt(() => interrupted.abort());
  const { signal } = interrupted;
  let connection: VCLConnection | undefined;
  try {
    const logger = asLogger(log);
    const reached = { ...choice, server, identity, record: undefined, logger };
    // Ctrl-C ends the pings and not the connection, which is closed in order.
    const connecting = new AbortController();
    const stop = (): void => connecting.abort();
    signal.addEventListener('abort', stop);
    connection = await reach({ ...reached, signal: connecting.signal }, true);
    signal.removeEventListener('abort', stop);
    const show = (text: string): void => void (output.json || io.stdout.write(`${text}\n`));
    const { peerIdentity } = connection;
    let carrier: CarrierName | undefined;
    followCarrier(connection, (name) => {
      const isFirst = carrier === undefined;
      carrier = name;
      show(
        isFirst ? `${address} is ${fingerprint(peerIdentity!)}, over ${name}` : `over ${name} now`,
      );
    });
    const { timesMs, sent } = await pingAll(connection, options, {
      signal,
      onPing: show,
    });
    const statistics = pingStatistics(timesMs, sent);
    output.result({ address, carrier: connection.carrier(), ...statistics }, () =>
      formatPingStatistics(address, statistics),
    );
    return statistics.received > 0 ? ExitCode.OK : ExitCode.FAILED;
  } catch (error) {
    throw asCommandError(error);
  } finally {
    ignore();
    await connection?.close({ lingerMs: LINGER_MS }).catch(() => {});
    identity.wipe();
  }
}

const LINGER_MS = 1_000;

async function pingAll(
  connection: Pick<VCLConnection, 'ping' | 'isClosed'>,
  { count = Number.POSITIVE_INFINITY, interval, wait }: PingOptions,
  { signal, onPing }: { signal: AbortSignal; onPing: (text: string) => void },
): Promise<{ timesMs: number[]; sent: number }> {
  const timesMs: number[] = [];
  let sent = 0;
  while (sent < count && !signal.aborted) {
    if (sent > 0 && !(await slept(interval * 1000, signal))) break;
    sent++;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(wait * 1000)]);
    try {
      const ms = await connection.ping({ signal: limit });
      timesMs.push(ms);
      onPing(`ping ${sent}: ${ms.toFixed(3)} ms`);
    } catch {
      // One that Ctrl-C has cut off is neither answered nor lost.
      if (signal.aborted) sent--;
      else if (connection.isClosed()) {
        onPing(`ping ${sent}: the session is lost`);
        break;
      } else onPing(`ping ${sent}: no answer within ${wait} s`);
    }
  }
  return { timesMs, sent };
}

/** @returns whether the time has passed, and not the signal come */
async function slept(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(ms, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
