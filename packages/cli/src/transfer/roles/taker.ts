import { isDiskFull, reasonOf } from '../files/reason.js';
import { TaskPool } from '../files/task-pool.js';
import {
  type DataMessage,
  HASH_BYTES,
  type TransferEntry,
  TransferLimits,
  type TransferMessage,
} from '../wire/messages.js';
import { endedEarly, StoppedError, type TransferChannel, unexpected } from './channel.js';
import { type Answer, failed, type Intake, type Outcome, refused } from './intake.js';
import type { SettledPaths } from './settled-paths.js';
import type { Tally } from './tally.js';

/** What a peer may ask for in one session. */
export interface TakeLimits {
  /** Files, directories and links. */
  readonly maxEntries: number;
  /** Bytes of files and streams. */
  readonly maxBytes: number;
}

/** What {@link take} needs. */
export interface TakeOptions {
  readonly channel: TransferChannel;
  readonly intake: Intake;
  readonly tally: Tally;
  readonly limits: TakeLimits;
  readonly settled?: SettledPaths;
}

/**
 * Takes files from the peer: answers its offers, stores what comes, and resolves when all is settled
 * and on the disk.
 *
 * @throws VCLError of the connection; StoppedError also when the disk is full
 */
export async function take(options: TakeOptions): Promise<void> {
  const taker = new Taker(options);
  try {
    await taker.run();
  } finally {
    await taker.release();
  }
}

/** An entry without its result. */
interface Incoming {
  readonly entry: TransferEntry;
  /** Busy with the disk; else what the peer was asked for. */
  state: 'busy' | 'compared' | 'wanted';
  /** Where the next piece belongs. */
  bytes: number;
  /** What the peer may pass over, as it was claimed: all before this. */
  claimedBytes: number;
}

/** Files that are stored side by side: what costs time is waiting for the disk. */
const MAX_TASKS = 32;
const MAX_TASK_BYTES = 8 * 2 ** 20;

class Taker {
  readonly #options: TakeOptions;
  readonly #incoming = new Map<number, Incoming>();
  readonly #pool = new TaskPool({ maxTasks: MAX_TASKS, maxWeight: MAX_TASK_BYTES });
  #nextId = 0;
  #bytes = 0;
  #isAllOffered = false;
  /** The file that comes in pieces: one at a time. */
  #current: Incoming | undefined;
  /** What went wrong in the background. */
  #failure: unknown;

  constructor(options: TakeOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    while (!this.#isAllOffered || this.#incoming.size > 0) {
      const message = await this.#options.channel.receive();
      if (message === undefined) throw endedEarly();
      await this.#onMessage(message);
      if (this.#isAllOffered && this.#isOnlyBusy()) await this.#pool.drain();
      if (this.#failure !== undefined) throw this.#failure;
    }
    await this.#options.intake.finish();
    await this.#options.channel.send({ type: 'settled' });
  }

  async release(): Promise<void> {
    await this.#pool.drain();
    await this.#options.intake.release();
  }

  async #onMessage(message: TransferMessage): Promise<void> {
    switch (message.type) {
      case 'offer':
        for (const entry of message.entries) await this.#onOffer(entry);
        return;
      case 'offered':
        this.#isAllOffered = true;
        this.#options.tally.allOffered();
        return;
      case 'problem':
        return this.#options.tally.problem(message.path, message.reason);
      case 'compared':
        return this.#onCompared(message.id, message.isSame);
      case 'data':
        return this.#onData(message);
      case 'lost':
        return this.#onLost(message.id, message.reason);
      default:
        throw unexpected(`a message ${message.type} out of place`);
    }
  }

  async #onOffer(entry: TransferEntry): Promise<void> {
    const { limits, tally, settled, intake } = this.#options;
    const isInOrder = entry.id === this.#nextId && !this.#isAllOffered;
    if (!isInOrder || this.#incoming.size >= TransferLimits.UNSETTLED) {
      throw unexpected('an offer out of place');
    }
    this.#nextId++;
    this.#bytes += entry.bytes;
    if (this.#nextId > limits.maxEntries) throw tooMuch(`${limits.maxEntries} entries`);
    this.#requireRoom();
    if (settled?.has(entry.path)) {
      await this.#options.channel.send(resultOf(entry, { status: 'identical', reason: '' }));
      return;
    }
    tally.offered(entry);
    const incoming: Incoming = { entry, state: 'wanted', bytes: 0, claimedBytes: 0 };
    this.#incoming.set(entry.id, incoming);
    await this.#answer(incoming, await this.#guarded(() => intake.consider(entry)));
  }

  async #onCompared(id: number, isSame: boolean): Promise<void> {
    const incoming = this.#incoming.get(id);
    if (incoming?.state !== 'compared') throw unexpected('a comparison that was not asked for');
    if (isSame) return this.#settle(incoming, { status: 'identical', reason: '' });
    incoming.state = 'wanted';
    const { intake } = this.#options;
    await this.#answer(incoming, await this.#guarded(() => intake.onDifferent(incoming.entry)));
  }

  async #answer(incoming: Incoming, answer: Answer): Promise<void> {
    const { channel } = this.#options;
    const { id } = incoming.entry;
    if (answer.type === 'outcome') return this.#settle(incoming, answer.outcome);
    if (answer.type === 'compare') return this.#compare(incoming, answer.sha256);
    const { chunkBytes, hashes } = answer.claim;
    incoming.claimedBytes = chunkBytes * (hashes.length / HASH_BYTES);
    const step = TransferLimits.HASHES * HASH_BYTES;
    let at = 0;
    do {
      const part = hashes.subarray(at, at + step);
      at += step;
      const more = at < hashes.length;
      await channel.send({ type: 'want', id, chunkBytes, more, hashes: part });
    } while (at < hashes.length);
  }

  /** Hashes beside others what is there. */
  async #compare(incoming: Incoming, hash: () => Promise<Uint8Array>): Promise<void> {
    const { id, bytes } = incoming.entry;
    incoming.state = 'busy';
    await this.#inBackground(bytes, async () => {
      try {
        const sha256 = await hash();
        incoming.state = 'compared';
        await this.#options.channel.send({ type: 'compare', id, sha256 });
      } catch (error) {
        await this.#settle(incoming, failed(reasonOf(error)));
      }
    });
  }

  async #onData(data: DataMessage): Promise<void> {
    const incoming = this.#incoming.get(data.id);
    // What was settled while it was under way.
    if (incoming === undefined && data.id < this.#nextId) return;
    if (incoming?.state !== 'wanted') throw unexpected('contents that were not asked for');
    const { entry } = incoming;
    const bytes = data.bytes.length + data.zeroBytes;
    this.#options.tally.received(data.bytes.length);
    if (data.zeroBytes > 0) this.#options.tally.kept(data.zeroBytes);
    this.#requireFits(incoming, data, bytes);
    const isWhole = data.sha256 !== undefined && data.offset === 0 && bytes === entry.bytes;
    if (entry.kind === 'file' && isWhole && this.#current !== incoming) {
      return this.#store(incoming, bytes, () => this.#options.intake.storeWhole(entry, data));
    }
    await this.#onPiece(incoming, data, bytes);
  }

  async #onPiece(incoming: Incoming, data: DataMessage, bytes: number): Promise<void> {
    const { intake } = this.#options;
    const { entry } = incoming;
    if (this.#current !== undefined && this.#current !== incoming) {
      throw unexpected('two files at a time');
    }
    this.#current = incoming;
    try {
      await intake.write(entry, data);
      incoming.bytes = data.offset + bytes;
    } catch (error) {
      this.#requireRoomOnDisk(error);
      await intake.abandon(entry);
      return this.#settle(incoming, failed(reasonOf(error)));
    }
    const { sha256 } = data;
    if (sha256 === undefined) return;
    this.#current = undefined;
    const length = entry.kind === 'file' ? entry.bytes : incoming.bytes;
    await this.#store(incoming, 0, () => intake.complete(entry, length, sha256));
  }

  async #onLost(id: number, reason: string): Promise<void> {
    const incoming = this.#incoming.get(id);
    if (incoming === undefined && id < this.#nextId) return;
    if (incoming === undefined || incoming.state === 'busy') {
      throw unexpected('news of a file that was not asked for');
    }
    await this.#options.intake.abandon(incoming.entry);
    await this.#settle(incoming, failed(reason));
  }

  /** Stores a file beside others. */
  async #store(incoming: Incoming, bytes: number, store: () => Promise<Outcome>): Promise<void> {
    incoming.state = 'busy';
    await this.#inBackground(bytes, async () => {
      await this.#settle(incoming, await this.#outcomeOf(store));
    });
  }

  async #inBackground(bytes: number, task: () => Promise<void>): Promise<void> {
    await this.#pool.add(bytes, async () => {
      try {
        await task();
      } catch (error) {
        this.#failure ??= error;
      }
    });
  }

  async #outcomeOf(store: () => Promise<Outcome>): Promise<Outcome> {
    try {
      return await store();
    } catch (error) {
      this.#requireRoomOnDisk(error);
      return failed(reasonOf(error));
    }
  }

  async #guarded(ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (error) {
      this.#requireRoomOnDisk(error);
      return { type: 'outcome', outcome: refused(reasonOf(error)) };
    }
  }

  async #settle(incoming: Incoming, outcome: Outcome): Promise<void> {
    const { entry, bytes } = incoming;
    if (this.#current === incoming) this.#current = undefined;
    this.#incoming.delete(entry.id);
    const { tally, settled, channel } = this.#options;
    tally.result(
      entry,
      outcome.status,
      outcome.reason,
      entry.kind === 'stream' ? bytes : undefined,
    );
    settled?.add(entry.path);
    await channel.send(resultOf(entry, outcome));
  }

  #isOnlyBusy(): boolean {
    for (const { state } of this.#incoming.values()) if (state !== 'busy') return false;
    return true;
  }

  /** A gap costs the peer nothing, and this side the reading of it: only what was claimed may be one. */
  #requireFits(incoming: Incoming, { offset, sha256 }: DataMessage, bytes: number): void {
    const { entry, bytes: at, claimedBytes } = incoming;
    if (entry.kind === 'file' && offset + bytes > entry.bytes) {
      throw unexpected('more of a file than it has');
    }
    if (offset !== at && (offset < at || offset > claimedBytes)) {
      throw unexpected('contents out of order');
    }
    if (entry.kind === 'stream') {
      this.#bytes += bytes;
      this.#requireRoom();
    } else if (sha256 !== undefined && offset + bytes < entry.bytes) {
      throw unexpected('the end of a file too early');
    }
  }

  #requireRoom(): void {
    const { maxBytes } = this.#options.limits;
    if (this.#bytes > maxBytes) throw tooMuch(`${maxBytes} bytes`);
  }

  /** All further files would fail like this one, so the session ends; what is there is kept. */
  #requireRoomOnDisk(error: unknown): void {
    if (!isDiskFull(error)) return;
    const reason = `${reasonOf(error)} where the files go: make room, and repeat the command to go on`;
    throw new StoppedError(reason, { cause: error });
  }
}

function resultOf({ id }: TransferEntry, { status, reason }: Outcome): TransferMessage {
  return { type: 'result', id, status, reason };
}

function tooMuch(limit: string): StoppedError {
  return new StoppedError(`more than ${limit} are not taken in one session: send less at a time`);
}
