import { VCLError } from '@vcl-protocol/core';
import type { VCLConnection } from 'vcl-protocol';
import { decodeTransferMessage } from '../wire/decode.js';
import { encodeTransferMessage } from '../wire/encode.js';
import type { TransferMessage } from '../wire/messages.js';

/** Messages to the peer and from it, in order. */
export interface TransferChannel {
  /** Resolves when there is room for more. Rejects when the session has ended. */
  send(message: TransferMessage): Promise<void>;
  /**
   * The next message, or undefined when the peer has ended the session in order.
   *
   * @throws StoppedError when the peer stops the transfer
   * @throws VCLError of the connection; `InvalidPacket` for what is no message
   */
  receive(): Promise<TransferMessage | undefined>;
}

/** The transfer is over, and trying again would not help. */
export class StoppedError extends VCLError {
  /** Whether the peer has said so. */
  readonly isFromPeer: boolean;

  constructor(
    reason: string,
    options: { readonly cause?: unknown; readonly isFromPeer?: boolean } = {},
  ) {
    const { cause, isFromPeer = false } = options;
    super('IoError', reason, { cause });
    this.isFromPeer = isFromPeer;
  }

  /** @param reason as the peer has sent it */
  static fromPeer(reason: string): StoppedError {
    return new StoppedError(`the peer says: ${reason}`, { isFromPeer: true });
  }
}

/** The messages of a VCL session. */
export class ConnectionChannel implements TransferChannel {
  readonly #connection: Pick<VCLConnection, 'send' | typeof Symbol.asyncIterator>;
  #packets: AsyncIterator<{ readonly payload: Uint8Array }, undefined> | undefined;

  constructor(connection: Pick<VCLConnection, 'send' | typeof Symbol.asyncIterator>) {
    this.#connection = connection;
  }

  send(message: TransferMessage): Promise<void> {
    return this.#connection.send(encodeTransferMessage(message), RELIABLE);
  }

  async receive(): Promise<TransferMessage | undefined> {
    this.#packets ??= this.#connection[Symbol.asyncIterator]();
    const { value } = await this.#packets.next();
    if (value === undefined) return undefined;
    const message = decodeTransferMessage(value.payload);
    if (message === undefined) throw unexpected('what is no message of this protocol');
    if (message.type === 'stop') throw StoppedError.fromPeer(message.reason);
    return message;
  }
}

/** The peer does not keep to the protocol. */
export function unexpected(what: string): VCLError {
  return new VCLError('InvalidPacket', `the peer sent ${what}: it may have another version of vcl`);
}

/** The peer has closed, in order but too early, as a server that is stopped does. */
export function endedEarly(): VCLError {
  return new VCLError('ConnectionClosed', 'the peer ended the session before all was transferred');
}

const RELIABLE = { reliability: 'reliable' } as const;
