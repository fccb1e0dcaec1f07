import { VCLError } from '@vcl-protocol/core';
import { StoppedError, type TransferChannel } from '../../../src/transfer/roles/channel.js';
import { decodeTransferMessage } from '../../../src/transfer/wire/decode.js';
import { encodeTransferMessage } from '../../../src/transfer/wire/encode.js';
import type { TransferMessage } from '../../../src/transfer/wire/messages.js';

/** One end of a session without a network. Messages travel as bytes. */
export class MemoryChannel implements TransferChannel {
  /** All that was sent from this end. */
  readonly sent: TransferMessage[] = [];
  /** Called before a message leaves; may throw. */
  onSend: (message: TransferMessage) => void = () => {};
  readonly #arrived: (Uint8Array | undefined)[] = [];
  #wake: () => void = () => {};
  #peer: MemoryChannel | undefined;
  #isCut = false;

  /** Two ends. */
  static pair(): readonly [MemoryChannel, MemoryChannel] {
    const ends = [new MemoryChannel(), new MemoryChannel()] as const;
    ends[0].#peer = ends[1];
    ends[1].#peer = ends[0];
    return ends;
  }

  async send(message: TransferMessage): Promise<void> {
    this.onSend(message);
    if (this.#isCut) throw lost();
    this.sent.push(message);
    const bytes = encodeTransferMessage(message);
    // Others get their turn, as they do when a network is in between.
    await new Promise((resolve) => setImmediate(resolve));
    const peer = this.#peer;
    if (peer !== undefined) peer.#arrive(bytes);
  }

  async receive(): Promise<TransferMessage | undefined> {
    while (this.#arrived.length === 0) {
      if (this.#isCut) throw lost();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const bytes = this.#arrived.shift();
    if (bytes === undefined) return undefined;
    const message = decodeTransferMessage(bytes);
    if (message === undefined) throw new Error('what was sent does not decode');
    if (message.type === 'stop') throw StoppedError.fromPeer(message.reason);
    return message;
  }

  /** Ends the session in order: the other side reads to its end. */
  end(): void {
    const peer = this.#peer;
    if (peer !== undefined) peer.#arrive(undefined);
  }

  /** The link is gone, at both ends. */
  cut(): void {
    for (const end of [this, this.#peer]) {
      if (end === undefined) continue;
      end.#isCut = true;
      end.#wake();
    }
  }

  #arrive(bytes: Uint8Array | undefined): void {
    this.#arrived.push(bytes);
    this.#wake();
  }
}

function lost(): VCLError {
  return new VCLError('ConnectionClosed', 'the link was cut');
}
