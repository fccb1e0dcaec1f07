import { VCLError } from '@vcl-protocol/core';
import { type CarrierAddress, formatCarrierAddress } from '../carrier-address.js';
import type { CarrierLink } from '../carrier-link.js';
import type { DialOptions } from '../platform.js';
import { type Page, type PageSocket, page } from './page.js';
import { WebSocketLink } from './websocket-link.js';

/** The sub-protocol that both sides name (SPEC 13). */
const SUB_PROTOCOL = 'vcl1';
const TIMEOUT_MS = 10_000;
/** What is the browser's own matter. */
const NOT_HERE: readonly (keyof DialOptions)[] = ['proxy', 'tls', 'origin'];

/**
 * Connects a WebSocket, which is all that a page can connect. It is ready to be started.
 *
 * @param WebSocket the class to use. Default: the browser's
 * @throws VCLError `InvalidConfig` for another carrier, or an option that the browser decides;
 * `IoError` when it cannot be connected, of which browsers do not say why; `Timeout`; the reason of
 * the signal
 */
export async function dialWebSocket(
  target: CarrierAddress,
  options: DialOptions = {},
  WebSocket: Page['WebSocket'] = page.WebSocket,
): Promise<CarrierLink> {
  requireWebSocket(target, options);
  const { signal, timeoutMs = TIMEOUT_MS } = options;
  signal?.throwIfAborted();
  const to = formatCarrierAddress(target);
  const socket = openSocket(WebSocket, to);
  socket.binaryType = 'arraybuffer';
  return await new Promise<CarrierLink>((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.removeEventListener('open', onOpen);
      socket.removeEventListener('close', onClose);
    };
    const fail = (error: unknown): void => {
      settle();
      socket.close();
      reject(error);
    };
    const onOpen = (): void => {
      settle();
      resolve(new WebSocketLink(socket, target));
    };
    const onClose = (): void => fail(new VCLError('IoError', `cannot connect to ${to}: ${ADVICE}`));
    const onAbort = (): void => fail(signal?.reason);
    const timer = setTimeout(() => fail(timeoutError(to, timeoutMs)), timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.addEventListener('open', onOpen);
    socket.addEventListener('close', onClose);
    // The end follows it, and is told; where errors without a listener are thrown, it needs one.
    socket.addEventListener('error', () => undefined);
  });
}

const ADVICE =
  'check that the server runs and has a WebSocket at this path, that its certificate is valid, and ' +
  'that it accepts the origin of this page';

function requireWebSocket({ scheme, host }: CarrierAddress, options: DialOptions): void {
  if (scheme !== 'ws' && scheme !== 'wss') {
    throw new VCLError('InvalidConfig', `a browser connects to wss://${host}/vcl and ws:// only`);
  }
  const set = NOT_HERE.find((name) => options[name] !== undefined);
  if (set === undefined) return;
  throw new VCLError('InvalidConfig', `the browser itself decides about ${set}: leave it out`);
}

function openSocket(WebSocket: Page['WebSocket'], to: string): PageSocket {
  try {
    return new WebSocket(to, SUB_PROTOCOL);
  } catch (cause) {
    const advice = 'a page that came over https may use wss:// only';
    throw new VCLError('IoError', `cannot connect to ${to}: ${advice}`, { cause });
  }
}

function timeoutError(to: string, timeoutMs: number): VCLError {
  const advice = 'check the address and what filters the network';
  return new VCLError('Timeout', `no connection to ${to} within ${timeoutMs} ms: ${advice}`);
}
