import type { Socket } from 'node:net';
import { VCLError } from '@vcl-protocol/core';
import type { WebSocket } from 'ws';
import { type CarrierAddress, formatCarrierAddress } from '../../carrier-address.js';
import { connectError } from './connect-error.js';
import { loadWs } from './load-optional.js';
import { type DialTls, openSocket, openTls } from './open-socket.js';
import { openThroughProxy } from './proxy.js';
import { TcpLink } from './tcp-link.js';
import { type Endpoints, endpointsOf, type ThrottledLink } from './throttled-link.js';
import { SUB_PROTOCOL, WebSocketLink, WS_SETTINGS } from './websocket-link.js';

/** How {@link dialCarrier} connects. */
export interface DialOptions {
  /** Gives up. */
  readonly signal?: AbortSignal;
  /** `http://user:password@host:port` or `socks5://host:port`. Default: none, whatever the environment says. */
  readonly proxy?: string;
  /** For `wss`. */
  readonly tls?: DialTls;
  /** The origin that a WebSocket names. Default: none, as programs do. */
  readonly origin?: string;
  /** How long it may take in all, ms. Default 10,000. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;

/**
 * Connects a carrier over TCP: `tcp`, `ws` or `wss`. It is ready to be started.
 *
 * @throws VCLError `IoError` that names the address and says what to do, `Timeout`, or
 * `InvalidConfig` when a package is missing or the proxy is written wrongly; the reason of the signal
 */
export async function dialCarrier(
  target: CarrierAddress,
  options: DialOptions = {},
): Promise<ThrottledLink> {
  const { signal, timeoutMs = TIMEOUT_MS } = options;
  const to = formatCarrierAddress(withoutQuery(target));
  const timedOut = new AbortController();
  const timer = setTimeout(() => timedOut.abort(timeoutError(to, timeoutMs)), timeoutMs);
  const until = AbortSignal.any([timedOut.signal, ...(signal === undefined ? [] : [signal])]);
  try {
    return await dial(target, options, until);
  } catch (cause) {
    throw until.aborted ? until.reason : connectError(to, cause);
  } finally {
    clearTimeout(timer);
  }
}

async function dial(
  target: CarrierAddress,
  options: DialOptions,
  signal: AbortSignal,
): Promise<ThrottledLink> {
  signal.throwIfAborted();
  if (target.scheme === 'tcp') {
    const socket = await openRaw(target, options, signal);
    return new TcpLink({ stream: socket, ends: endsOf(socket) });
  }
  if (target.scheme !== 'ws' && target.scheme !== 'wss') {
    const message = `${formatCarrierAddress(target)} is not reached over TCP: use tcp, ws or wss`;
    throw new VCLError('InvalidConfig', message);
  }
  const { WebSocket } = await loadWs();
  const raw = await openRaw(target, options, signal);
  const ends = endsOf(raw);
  const isSecure = target.scheme === 'wss';
  const socket = isSecure ? await openTls(raw, target.host, options.tls ?? {}, signal) : raw;
  // The zone of an address means something on this machine only, and a URL has none.
  const url = formatCarrierAddress({ ...target, host: target.host.replace(/%.*$/, '') });
  const ws = new WebSocket(url, [SUB_PROTOCOL], {
    ...WS_SETTINGS,
    createConnection: () => socket,
    ...(options.origin === undefined ? {} : { origin: options.origin }),
  });
  // A tunnel may have paused it; before the request nothing comes that could be missed.
  if (!isSecure) socket.resume();
  return await opened(ws, target, signal, () => new WebSocketLink({ ws, socket, ends }));
}

function openRaw(
  target: CarrierAddress,
  { proxy }: DialOptions,
  signal: AbortSignal,
): Promise<Socket> {
  return proxy === undefined ? openSocket(target, signal) : openThroughProxy(proxy, target, signal);
}

/** A socket that has just connected has both; it may have been reset since. */
function endsOf(socket: Socket): Endpoints {
  const ends = endpointsOf(socket);
  if (ends !== undefined) return ends;
  socket.destroy();
  throw new Error('the other side ended the connection');
}

/** A query may be a secret, which has no place in messages. */
function withoutQuery(target: CarrierAddress): CarrierAddress {
  const [path = ''] = target.path.split('?', 1);
  return { ...target, path };
}

/**
 * Resolves with what `make` makes of the WebSocket in the moment in which it opens, so that nothing
 * is missed.
 *
 * @throws why it cannot be opened; the reason of `signal`
 */
function opened<T>(
  ws: WebSocket,
  target: CarrierAddress,
  signal: AbortSignal,
  make: () => T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      signal.removeEventListener('abort', stop);
      ws.removeAllListeners();
    };
    const fail = (error: unknown): void => {
      settle();
      // Giving up emits one more error, which nobody needs.
      ws.on('error', () => undefined);
      ws.terminate();
      reject(error);
    };
    const stop = (): void => fail(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    ws.once('error', fail);
    ws.once('unexpected-response', (request, response) => {
      request.destroy();
      fail(new Error(refusal(response.statusCode ?? 0, target)));
    });
    ws.once('open', () => {
      settle();
      resolve(make());
    });
  });
}

function refusal(status: number, target: CarrierAddress): string {
  const { path } = withoutQuery(target);
  const advice: Readonly<Record<number, string>> = {
    403: 'the server does not accept this origin',
    404: `it has no WebSocket at ${path}: check the path`,
    502: 'the proxy before it does not reach the server',
  };
  return `the server answered HTTP ${status} (${advice[status] ?? 'it accepts no WebSocket here'})`;
}

function timeoutError(to: string, timeoutMs: number): VCLError {
  const advice = 'check the address and what filters the network';
  return new VCLError('Timeout', `no connection to ${to} within ${timeoutMs} ms: ${advice}`);
}
