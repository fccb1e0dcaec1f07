import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { DemoParts } from '../../src/demo/run-demo.js';
import type { ReceivedFile, SentFile } from '../../src/demo/transfer.js';
import { TestSession } from '../support/test-session.js';

/** What goes wrong in a transfer that did not happen. */
export interface FakeTransferOptions {
  /** The receiver has another SHA-256. */
  readonly damaged?: boolean;
  /** The log lacks the last message. */
  readonly incomplete?: boolean;
  /** The log has no FINAL. */
  readonly unfinished?: boolean;
  /** Sending fails with this. */
  readonly failure?: Error;
  /** Nothing ever arrives. */
  readonly stuck?: boolean;
}

/** Both sides of a transfer without a connection: the log is written as the specification says. */
export class FakeParts implements DemoParts {
  stopped = 0;
  readonly #options: FakeTransferOptions;
  #logFile = '';
  #onProgress: (bytes: number) => void = () => {};
  #receive: (received: ReceivedFile) => void = () => {};

  constructor(options: FakeTransferOptions = {}) {
    this.#options = options;
  }

  readonly startReceiver: DemoParts['startReceiver'] = async ({ logFile, onProgress }) => {
    this.#logFile = logFile;
    this.#onProgress = onProgress;
    const received = new Promise<ReceivedFile>((resolve) => {
      this.#receive = resolve;
    });
    return {
      address: { address: '127.0.0.1', port: 9 },
      publicKey: 'vcl-ed25519:key',
      received,
      stop: () => void this.stopped++,
    };
  };

  readonly sendFile: DemoParts['sendFile'] = async ({ source }) => {
    const { damaged, incomplete, unfinished, failure, stuck } = this.#options;
    if (failure !== undefined) throw failure;
    if (stuck) return new Promise<never>(() => {});
    const session = new TestSession();
    const hash = createHash('sha256');
    let bytes = 0;
    let messages = 0;
    for await (const piece of source.pieces(1_000)) {
      session.send(0, 0, piece);
      hash.update(piece);
      bytes += piece.length;
      messages++;
      this.#onProgress(bytes);
    }
    session.sign(0);
    if (!unfinished) session.finish();
    writeFileSync(this.#logFile, session.file());
    const sha256 = hash.digest('hex');
    this.#receive({ bytes, sha256: damaged ? '00' : sha256 });
    if (incomplete) messages++;
    return { ...SENT, messages, payloadBytes: bytes, sha256, receipt: sha256 };
  };
}

const SENT: Omit<SentFile, 'messages' | 'payloadBytes' | 'sha256' | 'receipt'> = {
  handshakeMs: 2,
  transferMs: 500,
  packetsSent: 20,
  packetsRetransmitted: 3,
  rttMs: 0.5,
};
