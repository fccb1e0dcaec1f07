import { createHash, type Hash } from 'node:crypto';
import type { ChunkClaim } from '../files/chunks.js';
import { reasonOf } from '../files/reason.js';
import { SourceFile } from '../files/source-file.js';
import { TransferLimits } from '../wire/messages.js';
import type { TransferChannel } from './channel.js';
import type { Offered, Offers } from './offers.js';
import type { Tally } from './tally.js';

/** What a {@link ContentsWriter} needs. */
export interface ContentsWriterOptions {
  readonly channel: TransferChannel;
  readonly tally: Tally;
  readonly offers: Offers;
}

/** Sends what is in files and streams. What goes wrong with one is told to the taker. */
export class ContentsWriter {
  readonly #options: ContentsWriterOptions;

  constructor(options: ContentsWriterOptions) {
    this.#options = options;
  }

  /** Sends a file but for the chunks that the taker has. @throws VCLError of the connection */
  async sendFile(offered: Offered, claim: ChunkClaim): Promise<void> {
    const { id } = offered.entry;
    await this.#withFile(offered, (file) =>
      file.send(claim, {
        onKept: (bytes) => this.#options.tally.kept(bytes),
        onPiece: (piece) => this.#sendPiece({ id, ...piece }),
      }),
    );
  }

  /** Tells the taker whether the file is the one it has. @throws VCLError of the connection */
  async compare(offered: Offered, sha256: Uint8Array): Promise<void> {
    await this.#withFile(offered, async (file) => {
      const isSame = Buffer.compare(await file.sha256(), sha256) === 0;
      offered.isAsked = false;
      const { id } = offered.entry;
      await this.#sending({ type: 'compared', id, isSame });
    });
  }

  /** Sends a stream to its end. @throws VCLError of the connection; what the stream fails with */
  async sendStream(offered: Offered, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      await this.#sendChunks(offered, chunks, createHash('sha256'));
    } catch (error) {
      if (error instanceof LinkError) throw error.cause;
      if (!(error instanceof NotWantedError)) throw error;
    }
  }

  async #sendChunks(
    offered: Offered,
    chunks: AsyncIterable<Uint8Array>,
    hash: Hash,
  ): Promise<void> {
    const { id } = offered.entry;
    for await (const chunk of chunks) {
      hash.update(chunk);
      for (let at = 0; at < chunk.length; at += TransferLimits.DATA_BYTES) {
        const bytes = chunk.subarray(at, at + TransferLimits.DATA_BYTES);
        await this.#sendPiece({ id, offset: offered.sentBytes, bytes, sha256: undefined });
        offered.sentBytes += bytes.length;
      }
    }
    const offset = offered.sentBytes;
    await this.#sendPiece({ id, offset, bytes: NO_BYTES, sha256: hash.digest() });
  }

  /** Errors of the file are told to the taker, those of the link thrown. */
  async #withFile(offered: Offered, use: (file: SourceFile) => Promise<void>): Promise<void> {
    let file: SourceFile | undefined;
    try {
      file = await SourceFile.open(offered.absolute, offered.entry);
      await use(file);
    } catch (error) {
      if (error instanceof LinkError) throw error.cause;
      const { id } = offered.entry;
      if (error instanceof NotWantedError || !this.#options.offers.isOpen(id)) return;
      await this.#options.channel.send({ type: 'lost', id, reason: reasonOf(error) });
    } finally {
      await file?.close();
    }
  }

  async #sendPiece(piece: {
    readonly id: number;
    readonly offset: number;
    readonly bytes: Uint8Array;
    readonly sha256: Uint8Array | undefined;
  }): Promise<void> {
    const { bytes } = piece;
    const { tally, offers } = this.#options;
    if (!offers.isOpen(piece.id)) throw new NotWantedError();
    if (bytes.length >= MIN_ZEROS && isAllZeros(bytes)) {
      await this.#sending({ type: 'data', ...piece, bytes: NO_BYTES, zeroBytes: bytes.length });
      tally.kept(bytes.length);
    } else {
      await this.#sending({ type: 'data', ...piece, zeroBytes: 0 });
      tally.sent(bytes.length);
    }
  }

  async #sending(message: Parameters<TransferChannel['send']>[0]): Promise<void> {
    try {
      await this.#options.channel.send(message);
    } catch (cause) {
      throw new LinkError('the link failed', { cause });
    }
  }
}

/** The taker has settled the file in the middle: it cannot write it. */
class NotWantedError extends Error {}

/** Tells what the connection fails with from what a file does. */
class LinkError extends Error {}

const NO_BYTES = new Uint8Array(0);
/** Shorter zeros are sent as they are. */
const MIN_ZEROS = 4096;
const ZEROS = Buffer.alloc(TransferLimits.DATA_BYTES);

function isAllZeros(bytes: Uint8Array): boolean {
  return ZEROS.compare(bytes, 0, bytes.length, 0, bytes.length) === 0;
}
