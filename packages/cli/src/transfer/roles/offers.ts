import { type ChunkClaim, isPlausibleClaim } from '../files/chunks.js';
import { entryBytes } from '../wire/encode.js';
import { type TransferEntry, TransferLimits, type TransferMessage } from '../wire/messages.js';
import { type TransferChannel, unexpected } from './channel.js';
import { WakeUp } from './wake-up.js';

/** An entry that was offered and is not settled. */
export interface Offered {
  readonly entry: TransferEntry;
  /** Where it is on this machine. */
  readonly absolute: string;
  /** The contents of a stream. */
  readonly chunks: AsyncIterable<Uint8Array> | undefined;
  /** Hashes that came in messages with more to come. */
  claimed: readonly Uint8Array[];
  /** Whether the taker has asked for it, and waits. */
  isAsked: boolean;
  /** Whether the taker has had it compared, which it may once. */
  isCompared: boolean;
  /** Of a stream: how much of it was sent. */
  sentBytes: number;
}

/** Keeps an OFFER far below what a message may hold. */
const OFFER_BYTES = 65_536;

/** The offers of a session: several in a message, and not more at a time than the taker must know. */
export class Offers {
  readonly #channel: TransferChannel;
  readonly #unsettled = new Map<number, Offered>();
  readonly #room = new WakeUp();
  #batch: TransferEntry[] = [];
  #batchBytes = 0;
  #batchLimit = 1;
  #nextId = 0;
  #isEnded = false;

  constructor(channel: TransferChannel) {
    this.#channel = channel;
  }

  /** How many have no result. */
  get size(): number {
    return this.#unsettled.size;
  }

  /** Offers an entry, sooner or later; waits while too many are not settled. */
  async add(
    source: Omit<TransferEntry, 'id'>,
    absolute: string,
    chunks?: AsyncIterable<Uint8Array>,
  ): Promise<TransferEntry> {
    const entry = { ...source, id: this.#nextId++ };
    while (this.#unsettled.size >= TransferLimits.UNSETTLED && !this.#isEnded) {
      await this.flush();
      await this.#room.wait();
    }
    const offered = {
      entry,
      absolute,
      chunks,
      claimed: [],
      isAsked: false,
      isCompared: false,
      sentBytes: 0,
    };
    this.#unsettled.set(entry.id, offered);
    this.#batch.push(entry);
    this.#batchBytes += entryBytes(entry);
    if (this.#batch.length >= this.#batchLimit || this.#batchBytes >= OFFER_BYTES) {
      // The first entries leave at once, so that there is something to do meanwhile.
      this.#batchLimit = Math.min(TransferLimits.ENTRIES, this.#batchLimit * 2);
      await this.flush();
    }
    return entry;
  }

  /** Sends what waits for company. */
  async flush(): Promise<void> {
    if (this.#batch.length === 0 || this.#isEnded) return;
    const entries = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    await this.#channel.send({ type: 'offer', entries });
  }

  /** Whether the taker still waits for the entry. */
  isOpen(id: number): boolean {
    return !this.#isEnded && this.#unsettled.has(id);
  }

  /** Marks what the taker asks for, which it does once at a time. @throws VCLError `InvalidPacket` */
  ask(id: number): Offered {
    const offered = this.#find(id);
    const { kind } = offered.entry;
    if (offered.isAsked || kind === 'directory' || kind === 'link') {
      throw unexpected('a second answer to an offer');
    }
    offered.isAsked = true;
    return offered;
  }

  /**
   * Takes a message WANT.
   *
   * @returns the whole claim, or undefined when more of it follows
   * @throws VCLError `InvalidPacket`
   */
  want(message: Extract<TransferMessage, { type: 'want' }>): ChunkClaim | undefined {
    const { id, chunkBytes, more, hashes } = message;
    const offered = this.#find(id);
    if (more && hashes.length === 0) throw unexpected('an empty claim');
    const claim = { chunkBytes, hashes: Buffer.concat([...offered.claimed, hashes]) };
    if (!isPlausibleClaim(claim, offered.entry.bytes)) throw unexpected('hashes of other chunks');
    offered.claimed = more ? [...offered.claimed, hashes] : [];
    return more ? undefined : claim;
  }

  /** The entry has its result. @throws VCLError `InvalidPacket` */
  settle(id: number): Offered {
    const offered = this.#find(id);
    this.#unsettled.delete(id);
    this.#room.wake();
    return offered;
  }

  /** Nothing is waited for any more. */
  end(): void {
    this.#isEnded = true;
    this.#room.wake();
  }

  #find(id: number): Offered {
    const offered = this.#unsettled.get(id);
    if (offered === undefined) throw unexpected('an answer to no offer');
    return offered;
  }
}
