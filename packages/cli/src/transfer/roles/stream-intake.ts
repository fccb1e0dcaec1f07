import { createHash } from 'node:crypto';
import { NO_CHUNKS } from '../files/chunks.js';
import type { DataMessage, TransferEntry } from '../wire/messages.js';
import { StoppedError } from './channel.js';
import {
  type Answer,
  failed,
  type Intake,
  type Outcome,
  refused,
  STORED,
  settledBy,
} from './intake.js';

/** Where bytes go one after the other, such as standard output. Resolves when there is room. */
export type ByteSink = (bytes: Uint8Array) => Promise<void>;

/**
 * Writes one file to a stream, as it comes. What was written cannot be taken back, so only the
 * outcome tells whether all of it came.
 */
export class StreamIntake implements Intake {
  readonly #sink: ByteSink;
  readonly #hash = createHash('sha256');
  #accepted: number | undefined;
  #bytes = 0;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  async consider({ id, kind }: TransferEntry): Promise<Answer> {
    const isContents = kind === 'file' || kind === 'stream';
    if (!isContents) return settledBy(refused('standard output takes one file and nothing else'));
    if (this.#accepted !== undefined) return settledBy(refused('standard output takes one file'));
    this.#accepted = id;
    return { type: 'want', claim: NO_CHUNKS };
  }

  async onDifferent(): Promise<Answer> {
    return settledBy(refused('nothing was compared'));
  }

  async storeWhole(entry: TransferEntry, data: DataMessage): Promise<Outcome> {
    await this.write(entry, data);
    return data.sha256 === undefined ? failed(CUT) : this.#verdict(data.sha256);
  }

  async write(_entry: TransferEntry, data: DataMessage): Promise<void> {
    if (data.offset !== this.#bytes) throw new StoppedError('the peer sent contents out of order');
    const bytes = data.zeroBytes > 0 ? new Uint8Array(data.zeroBytes) : data.bytes;
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    if (bytes.length > 0) await this.#sink(bytes);
  }

  async complete(_entry: TransferEntry, _bytes: number, sha256: Uint8Array): Promise<Outcome> {
    return this.#verdict(sha256);
  }

  async abandon(): Promise<void> {}

  async finish(): Promise<void> {}

  async release(): Promise<void> {}

  #verdict(sha256: Uint8Array): Outcome {
    return this.#hash.digest().compare(sha256) === 0 ? STORED : failed(CUT);
  }
}

const CUT = 'what was written is not what was sent: throw it away and repeat the command';
