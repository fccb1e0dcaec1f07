import { type RemoteAddress, TransportMode, VCLError } from '@vcl-protocol/core';

/** A message of a `VCLTransport`, and where it came from. */
export interface RawMessage {
  /** As it was sent. It belongs to whoever received it. */
  readonly data: Uint8Array;
  readonly from: RemoteAddress;
}

/** What a `VCLTransport` runs on: datagrams, or one carrier that is connected. */
export interface RawCarrier {
  readonly mode: TransportMode;
  readonly local: RemoteAddress;
  /** Who messages go to and come from; undefined while nobody does. */
  readonly peer: RemoteAddress | undefined;
  /** Messages that came and were lost for want of room. */
  readonly drops: number;
  /** The longest message, in bytes. */
  readonly maxBytes: number;
  /** Resolves when there is room for more. @param data neither empty nor too long; copied at once */
  send(data: Uint8Array): Promise<void>;
  /** The next message. @throws VCLError `ConnectionClosed`; the reason of `signal` */
  receive(signal: AbortSignal | undefined): Promise<RawMessage>;
  close(): Promise<void>;
}

/** Messages that wait to be received, at most, bytes. */
export const MAX_QUEUED_BYTES: number = 1024 * 1024;
/** What keeping a message costs beside its bytes. */
export const MESSAGE_OVERHEAD_BYTES = 128;

/** The error of whoever waits at a transport that has ended. @param why the end of the sentence */
export function closedError(mode: TransportMode, why: string, cause?: unknown): VCLError {
  const message = `the ${NAMES[mode]} transport is closed: ${why}`;
  return new VCLError('ConnectionClosed', message, { cause });
}

const NAMES: Readonly<Record<TransportMode, string>> = {
  [TransportMode.Tcp]: 'TCP',
  [TransportMode.Udp]: 'UDP',
  [TransportMode.Auto]: 'automatic',
  [TransportMode.WebSocket]: 'WebSocket',
  [TransportMode.Quic]: 'QUIC',
};
