import { hostname } from 'node:os';
import { VCLError } from '@vcl-protocol/core';
import { VCLConnection } from 'vcl-protocol';
import { formatIp } from '../core/ip/ip-address.js';
import { IpPrefix } from '../core/ip/ip-prefix.js';
import type { TunnelPort } from '../core/port/tunnel-port.js';
import {
  type ConfiguredMessage,
  RefusalCode,
  TUNNEL_VERSION,
  type TunnelMessage,
} from '../core/wire/tunnel-message.js';
import { SESSION_IDLE_MS, sessionConfig } from '../link/session-config.js';
import { TunnelSession } from '../link/tunnel-session.js';
import type { TunnelConfigFields } from './tunnel-config.js';

/** A session in which the server has answered. */
export interface OpenedSession {
  readonly session: TunnelSession;
  /** As the server said it last. */
  readonly place: ConfiguredMessage;
  /** The server has said meanwhile that it refuses this client. */
  readonly refusal: Error | undefined;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What a session tells once it is open. */
export interface OpenedSessionHandler {
  onPlaceChanged(place: ConfiguredMessage): void;
  onRefused(error: Error, isFinal: boolean): void;
  onEnded(error: unknown): void;
}

/** How long the server may take to give a place once the handshake is done, ms. */
const CONFIGURE_TIMEOUT_MS = 8_000;

/** Refusals that another attempt would only meet again. */
const FINAL: ReadonlySet<number> = new Set([RefusalCode.Version, RefusalCode.NotAllowed]);

/**
 * Connects, and asks for a place in the network.
 *
 * @param port has the session's packets from the moment on that the server gives a place
 * @throws VCLError as `connect` does; `AuthRefused` with the server's reason; `Timeout`
 */
export async function openSession(
  config: TunnelConfigFields,
  port: TunnelPort,
  handler: OpenedSessionHandler,
  signal: AbortSignal,
): Promise<OpenedSession> {
  const connection = await bind(config);
  try {
    await connection.connect(config.server, { server: config.peerKey, signal });
  } catch (error) {
    connection.abort();
    throw error;
  }
  return await configure(connection, config, port, handler, signal);
}

function configure(
  connection: VCLConnection,
  config: TunnelConfigFields,
  port: TunnelPort,
  handler: OpenedSessionHandler,
  signal: AbortSignal,
): Promise<OpenedSession> {
  return new Promise((resolve, reject) => {
    let opened: Writable<OpenedSession> | undefined;
    let hasFailed = false;
    const fail = (error: unknown): void => {
      hasFailed = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      void session.close();
      reject(error);
    };
    const onAbort = (): void => fail(signal.reason);
    const onMessage = (message: TunnelMessage): void => {
      if (hasFailed) return;
      if (message.type === 'refused') {
        const isFinal = FINAL.has(message.code);
        const error = refusal(message.reason, isFinal);
        if (opened === undefined) {
          fail(error);
        } else {
          opened.refusal = error;
          handler.onRefused(error, isFinal);
        }
      } else if (message.type === 'configured') {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        if (opened === undefined) {
          const mismatch = checkGateway(message, config.remoteIp);
          if (mismatch !== undefined) {
            fail(mismatch);
            return;
          }
          opened = { session, place: message, refusal: undefined };
          // Before it has a place the server would drop what it sends.
          session.use(port);
          resolve(opened);
        } else {
          opened.place = message;
          handler.onPlaceChanged(message);
        }
      }
    };
    const onEnded = (error: unknown): void => {
      if (opened !== undefined) handler.onEnded(error);
      else fail(error ?? new VCLError('ConnectionClosed', 'the server closed the session at once'));
    };
    const timer = setTimeout(() => {
      fail(new VCLError('Timeout', 'the server is there, but gives no place in its network'));
    }, CONFIGURE_TIMEOUT_MS);
    const session = new TunnelSession(connection, { onMessage, onEnded });
    signal.addEventListener('abort', onAbort, { once: true });
    const { mtu, localIp, invitation } = config;
    session.say({
      type: 'configure',
      version: TUNNEL_VERSION,
      mtu,
      name: config.name ?? hostname().slice(0, 48),
      addresses: localIp === '' ? [] : [IpPrefix.parse(localIp).address],
      invitation,
    });
  });
}

/** Whether the server is who it was expected to be in the tunnel. */
function checkGateway({ gateways }: ConfiguredMessage, remoteIp: string): VCLError | undefined {
  if (remoteIp === '') return undefined;
  const wanted = formatIp(IpPrefix.parse(remoteIp).address);
  const given = gateways.map(formatIp);
  if (given.includes(wanted)) return undefined;
  const text = `remoteIp is ${wanted}, but the server has ${given.join(', ')} in the tunnel`;
  return new VCLError('InvalidConfig', `${text}: leave it empty, or correct it`);
}

/** Of both families where the machine has both. */
async function bind({ identity, mtu }: TunnelConfigFields): Promise<VCLConnection> {
  const options = { identity, config: sessionConfig(mtu), idleTimeoutMs: SESSION_IDLE_MS };
  try {
    return await VCLConnection.bind('[::]:0', options);
  } catch (error) {
    if (!(error instanceof VCLError) || error.code !== 'IoError') throw error;
    return await VCLConnection.bind('0.0.0.0:0', options);
  }
}

/** Whether an attempt that failed so would fail again. */
export function isFinalFailure(error: unknown): boolean {
  if (!(error instanceof VCLError)) return false;
  return error instanceof FinalRefusal || FINAL_CODES.has(error.code);
}

/** Of no use to ask again; who is turned away in the handshake may have been let in by then. */
class FinalRefusal extends VCLError {}

const FINAL_CODES: ReadonlySet<string> = new Set([
  'InvalidConfig',
  'InvalidKey',
  'IdentityChanged',
]);

function refusal(reason: string, isFinal: boolean): VCLError {
  return isFinal
    ? new FinalRefusal('AuthRefused', `the server refuses this client: ${reason}`)
    : new VCLError('AuthRefused', `the server refuses for now: ${reason}`);
}
