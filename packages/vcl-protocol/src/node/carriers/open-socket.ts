import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { HostPort } from '../../carrier-address.js';

/** TLS of a carrier, as whoever connects sees it. */
export interface DialTls {
  /** Authorities to believe instead of the system's, PEM. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** Whether the certificate is checked. Default true. */
  readonly rejectUnauthorized?: boolean;
  /** The name to ask for and to check. Default: the host, unless it is a numeric address. */
  readonly servername?: string;
}

/**
 * Connects over TCP. A name with addresses of both kinds is tried by happy eyeballs (RFC 8305).
 *
 * @throws what the system says; the reason of `signal`
 */
export async function openSocket({ host, port }: HostPort, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const socket = connectTcp({ host, port, autoSelectFamily: true, noDelay: true });
  return await established(socket, 'connect', signal);
}

/**
 * Begins TLS on a connected socket, as the side that connects.
 *
 * @param host whose certificate it should be
 * @throws what the other side or the check says; the reason of `signal`
 */
export async function openTls(
  socket: Socket,
  host: string,
  tls: DialTls,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const { ca, rejectUnauthorized, servername } = tls;
  const secured = connectTls({
    socket,
    host,
    servername: servername ?? (isIP(host) === 0 ? host : ''),
    ALPNProtocols: ['http/1.1'],
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    ...(ca === undefined ? {} : { ca: authorities(ca) }),
  });
  return await established(secured, 'secureConnect', signal);
}

/**
 * Waits until `socket` has emitted `event`. It is destroyed when that fails.
 *
 * @throws the error of the socket; the reason of `signal`
 */
async function established<T extends Socket>(
  socket: T,
  event: string,
  signal: AbortSignal,
): Promise<T> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  // An error is followed by the end, which is what counts; whoever takes the socket over is not there yet.
  socket.on('error', () => undefined);
  const onClose = (): void => over.abort(new Error('the other side ended the connection'));
  socket.once('close', onClose);
  try {
    await once(socket, event, { signal: until });
    return socket;
  } catch (error) {
    socket.destroy();
    throw until.aborted ? until.reason : error;
  } finally {
    socket.off('close', onClose);
  }
}

function authorities(ca: NonNullable<DialTls['ca']>): (string | Buffer)[] {
  const all: readonly (string | Uint8Array)[] =
    typeof ca === 'string' || ca instanceof Uint8Array ? [ca] : ca;
  return all.map((one) => (typeof one === 'string' ? one : Buffer.from(one)));
}
