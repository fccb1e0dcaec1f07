import type { ChunkClaim } from '../files/chunks.js';
import type { SourceItem } from '../files/source-tree.js';
import { type TransferEntry, TransferLimits, type TransferMessage } from '../wire/messages.js';
import { endedEarly, type TransferChannel, unexpected } from './channel.js';
import { ContentsWriter } from './contents-writer.js';
import { type Offered, Offers } from './offers.js';
import type { SettledPaths } from './settled-paths.js';
import type { Tally } from './tally.js';
import { WakeUp } from './wake-up.js';

/** Something to send whose end is not known, such as standard input. */
export interface SourceStream {
  readonly type: 'stream';
  /** What the other side calls it. */
  readonly path: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** What {@link supply} needs. */
export interface SupplyOptions {
  readonly channel: TransferChannel;
  readonly items: AsyncIterable<SourceItem | SourceStream>;
  readonly tally: Tally;
  readonly settled?: SettledPaths;
  /** Something is left out on purpose. */
  readonly onNote?: (path: string, reason: string) => void;
}

/**
 * Gives files to the peer: offers them, sends what it wants, and resolves when it has settled all.
 *
 * @throws VCLError of the connection; StoppedError
 */
export async function supply(options: SupplyOptions): Promise<void> {
  await new Supplier(options).run();
}

/** Small files and comparisons side by side: what costs time with them is waiting for the disk. */
const SIDE_WORKERS = 8;

type Job = () => Promise<void>;

class Supplier {
  readonly #options: SupplyOptions;
  readonly #offers: Offers;
  readonly #writer: ContentsWriter;
  /** One file after the other: the taker has to know which one is written. */
  readonly #largeFiles: Job[] = [];
  readonly #sideJobs: Job[] = [];
  readonly #news = new WakeUp();
  #isOver = false;

  constructor(options: SupplyOptions) {
    const { channel, tally } = options;
    this.#options = options;
    this.#offers = new Offers(channel);
    this.#writer = new ContentsWriter({ channel, tally, offers: this.#offers });
  }

  async run(): Promise<void> {
    const side = Array.from({ length: SIDE_WORKERS }, () => this.#work(this.#sideJobs));
    try {
      await Promise.all([this.#offerAll(), this.#listen(), this.#work(this.#largeFiles), ...side]);
    } finally {
      this.#finish();
    }
  }

  #finish(): void {
    this.#isOver = true;
    this.#offers.end();
    this.#news.wake();
  }

  async #offerAll(): Promise<void> {
    const { items, tally, channel } = this.#options;
    for await (const item of items) {
      if (this.#isOver) return;
      await this.#offer(item);
    }
    await this.#offers.flush();
    if (this.#isOver) return;
    const { offeredFiles: files, offeredBytes: bytes } = tally;
    tally.allOffered();
    await channel.send({ type: 'offered', files, bytes });
  }

  async #offer(item: SourceItem | SourceStream): Promise<void> {
    const { tally, channel, settled, onNote } = this.#options;
    if (item.type === 'problem') {
      const { path, reason } = item;
      tally.problem(path, reason);
      await channel.send({ type: 'problem', path, reason });
    } else if (item.type === 'note') {
      onNote?.(item.path, item.reason);
    } else if (item.type === 'stream') {
      await this.#offers.add(streamEntry(item.path), '', item.chunks);
    } else if (settled?.has(item.entry.path) !== true) {
      tally.offered(await this.#offers.add(item.entry, item.absolute));
    }
  }

  async #listen(): Promise<void> {
    while (!this.#isOver) {
      const message = await this.#options.channel.receive();
      if (message === undefined) throw endedEarly();
      this.#onMessage(message);
      this.#news.wake();
    }
  }

  #onMessage(message: TransferMessage): void {
    switch (message.type) {
      case 'want': {
        const claim = this.#offers.want(message);
        if (claim !== undefined) this.#queue(this.#offers.ask(message.id), claim);
        return;
      }
      case 'compare': {
        const offered = this.#offers.ask(message.id);
        if (offered.chunks !== undefined || offered.isCompared) {
          throw unexpected('a comparison out of place');
        }
        offered.isCompared = true;
        this.#sideJobs.push(() => this.#writer.compare(offered, message.sha256));
        return;
      }
      case 'result':
        this.#onResult(message);
        return;
      case 'settled':
        if (!this.#options.tally.isAllOffered || this.#offers.size > 0) {
          throw unexpected('its end too early');
        }
        this.#finish();
        return;
      default:
        throw unexpected(`a message ${message.type} out of place`);
    }
  }

  #onResult({ id, status, reason }: Extract<TransferMessage, { type: 'result' }>): void {
    const { entry, sentBytes } = this.#offers.settle(id);
    const { tally, settled } = this.#options;
    tally.result(entry, status, reason, entry.kind === 'stream' ? sentBytes : entry.bytes);
    settled?.add(entry.path);
  }

  #queue(offered: Offered, claim: ChunkClaim): void {
    const { chunks, entry } = offered;
    if (chunks !== undefined) {
      this.#largeFiles.push(() => this.#writer.sendStream(offered, chunks));
      return;
    }
    const isInOneMessage = entry.bytes <= TransferLimits.DATA_BYTES;
    const queue = isInOneMessage ? this.#sideJobs : this.#largeFiles;
    queue.push(() => this.#writer.sendFile(offered, claim));
  }

  async #work(queue: Job[]): Promise<void> {
    while (!this.#isOver) {
      const job = queue.shift();
      if (job === undefined) await this.#news.wait();
      else await job();
    }
  }
}

function streamEntry(path: string): Omit<TransferEntry, 'id'> {
  return { kind: 'stream', mode: 0o644, mtimeMs: Date.now(), bytes: 0, path, target: '' };
}
