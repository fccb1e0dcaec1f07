import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { domainToASCII } from 'node:url';
import { VCLError } from '@vcl-protocol/core';
import { formatAddress, type HostPort } from '../../carrier-address.js';
import { connectError } from './connect-error.js';
import { loadSocks } from './load-optional.js';
import { openSocket, openTls } from './open-socket.js';

const FORMS = 'a proxy is http://user:password@host:port or socks5://host:port';
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'socks:': 1080,
  'socks5:': 1080,
  'socks5h:': 1080,
};
/** No reply of a proxy is worth waiting for longer; whoever connects usually gives up before, ms. */
const SOCKS_TIMEOUT_MS = 60_000;

/**
 * Connects to `target` through a proxy: HTTP CONNECT (RFC 9110, 9.3.6) or SOCKS5 (RFC 1928). The
 * proxy resolves the name.
 *
 * @param written `http://`, `https://` or `socks5://`, with user and password if it wants them
 * @throws VCLError `IoError` that names the proxy, `InvalidConfig` when it is written wrongly or the
 * package `socks` is missing; the reason of `signal`
 */
export async function openThroughProxy(
  written: string,
  target: HostPort,
  signal: AbortSignal,
): Promise<Socket> {
  const proxy = parseProxy(written);
  const at = `the proxy ${formatAddress({ address: proxy.host, port: proxy.port })}`;
  const socket = await openSocket(proxy, signal).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw connectError(at, cause);
  });
  try {
    if (proxy.protocol.startsWith('socks'))
      return await throughSocks(proxy, target, socket, signal);
    return await throughConnect(proxy, target, socket, signal);
  } catch (cause) {
    socket.on('error', () => undefined);
    socket.destroy();
    signal.throwIfAborted();
    if (VCLError.is(cause)) throw cause;
    const to = formatAddress({ address: target.host, port: target.port });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new VCLError('IoError', `${at} did not connect to ${to}: ${why}`, { cause });
  }
}

interface Proxy extends HostPort {
  readonly protocol: string;
  readonly user: string;
  readonly password: string;
}

function parseProxy(written: string): Proxy {
  if (!URL.canParse(written)) throw badProxy(FORMS);
  const url = new URL(written);
  const port = url.port === '' ? DEFAULT_PORTS[url.protocol] : Number(url.port);
  if (port === undefined || url.hostname === '') throw badProxy(FORMS);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const [user, password] = [decoded(url.username), decoded(url.password)];
  return { protocol: url.protocol, host, port, user, password };
}

/** Of a user or a password, which SOCKS5 limits to 255 bytes. */
function decoded(part: string): string {
  try {
    const text = decodeURIComponent(part);
    if (Buffer.byteLength(text) <= 255) return text;
  } catch {
    // What it should be is said below.
  }
  throw badProxy('user and password are percent-encoded, and at most 255 bytes long');
}

/** The address is not repeated, as there may be a password in it. */
function badProxy(advice: string): VCLError {
  return new VCLError('InvalidConfig', `the address of the proxy cannot be read: ${advice}`);
}

async function throughConnect(
  proxy: Proxy,
  target: HostPort,
  raw: Socket,
  signal: AbortSignal,
): Promise<Socket> {
  const socket = proxy.protocol === 'https:' ? await openTls(raw, proxy.host, {}, signal) : raw;
  const to = formatAddress({ address: target.host, port: target.port });
  const asking = request({
    method: 'CONNECT',
    path: to,
    headers: { host: to, ...authorization(proxy) },
    createConnection: () => socket,
    signal,
  });
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    asking.on('error', reject);
    asking.once('response', resolve);
    asking.once('connect', (response, _socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve(response);
    });
    asking.end();
  });
  const status = answer.statusCode ?? 0;
  if (status >= 200 && status < 300) return socket;
  throw new Error(refusal(status, answer.statusMessage));
}

function refusal(status: number, message = ''): string {
  const advice = status === 407 ? ': give it the right user and password' : '';
  return `it answered ${status} ${message}`.trimEnd() + advice;
}

function authorization({ user, password }: Proxy): Record<string, string> {
  if (user === '') return {};
  const pair = Buffer.from(`${user}:${password}`).toString('base64');
  return { 'proxy-authorization': `Basic ${pair}` };
}

async function throughSocks(
  proxy: Proxy,
  target: HostPort,
  socket: Socket,
  signal: AbortSignal,
): Promise<Socket> {
  const { SocksClient } = await loadSocks();
  const client = new SocksClient({
    command: 'connect',
    destination: { host: domainToASCII(target.host) || target.host, port: target.port },
    existing_socket: socket,
    timeout: SOCKS_TIMEOUT_MS,
    proxy: {
      host: proxy.host,
      port: proxy.port,
      type: 5,
      ...(proxy.user === '' ? {} : { userId: proxy.user, password: proxy.password }),
    },
  });
  const stopped = new AbortController();
  const until = AbortSignal.any([signal, stopped.signal]);
  client.on('error', (error) => stopped.abort(error));
  const isEstablished = once(client, 'established', { signal: until });
  client.connect(socket);
  await isEstablished.catch((error: unknown) => {
    throw until.aborted ? until.reason : error;
  });
  // In the next turn the library sets the socket flowing: nothing must be read before that.
  await new Promise((resolve) => setImmediate(resolve));
  return socket.pause();
}
