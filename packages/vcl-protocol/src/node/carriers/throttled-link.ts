import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { CarrierLink } from '../../carrier-link.js';

/** A link whose reading can be held up, so that a peer that sends too fast has to wait. */
export interface ThrottledLink extends CarrierLink {
  /** Reads no more until {@link resume}. Records that were read already may still come. */
  pause(): void;
  /** Reads again. */
  resume(): void;
}

/** The two ends of a connection. */
export interface Endpoints {
  readonly remote: { readonly address: string; readonly port: number };
  readonly local: { readonly address: string; readonly port: number };
}

const MAPPED_PREFIX = '::ffff:';

/** The ends of a connected socket; undefined when it is connected no more. */
export function endpointsOf(socket: Socket): Endpoints | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return {
    remote: { address: unmapped(remoteAddress), port: remotePort },
    local: { address: unmapped(localAddress ?? ''), port: localPort ?? 0 },
  };
}

/** Resolves when `stream` is closed, which it is after `timeoutMs` at the latest. Never rejects. */
export async function endOf(stream: Duplex, timeoutMs: number): Promise<void> {
  if (stream.closed) return;
  const timer = setTimeout(() => stream.destroy(), timeoutMs);
  // An error is followed by the end at once, and whoever reads the stream has heard of it.
  await once(stream, 'close').catch(() => undefined);
  clearTimeout(timer);
}

function unmapped(address: string): string {
  const isMapped = address.startsWith(MAPPED_PREFIX) && address.includes('.');
  return isMapped ? address.slice(MAPPED_PREFIX.length) : address;
}
