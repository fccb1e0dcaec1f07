import { Connection } from '../connection/connection.js';
import type { ConnectionOptions } from '../connection/connection-options.js';
import type { OuterKeys } from '../handshake/outer-keys.js';
import type { RemoteAddress } from '../path/remote-address.js';
import type { CidTable, RecordSink } from './cid-table.js';
import type { Timed } from './timer-heap.js';

/** What a slot asks of its endpoint. */
export interface SlotOwner {
  readonly cids: CidTable;
  /** The slot has something to send, to report or to wait for. */
  wake(slot: SessionSlot): void;
}

/** One session of an endpoint: its connection, ids and place among the timers. */
export class SessionSlot implements RecordSink, Timed {
  readonly connection: Connection;
  readonly outer: OuterKeys;
  deadline: number = Number.POSITIVE_INFINITY;
  heapIndex = -1;
  /** Whether it waits in the endpoint's list of sessions that may have something to send. */
  isQueued = false;
  /** Whether it waits in the list of sessions that may have something to report. */
  isTouched = false;
  readonly #owner: SlotOwner;
  readonly #cids = new Map<number, Uint8Array>();

  /** @param localCid the id of path 0, issued during the handshake; it leads here from now on */
  constructor(
    owner: SlotOwner,
    localCid: Uint8Array,
    options: Omit<ConnectionOptions, 'cids' | 'wake'>,
  ) {
    this.#owner = owner;
    this.outer = options.outer;
    this.#cids.set(0, localCid);
    this.connection = new Connection({
      ...options,
      cids: {
        issue: (sequence) => this.#issue(sequence),
        retire: (sequence) => this.#retire(sequence),
      },
      wake: () => owner.wake(this),
    });
    owner.cids.redirect(localCid, this);
  }

  handleRecord(record: Uint8Array, pathId: number, from: RemoteAddress, now: number): void {
    this.connection.handleRecord(record, pathId, from, now);
    this.#owner.wake(this);
  }

  /** Gives all ids back. */
  release(): void {
    for (const cid of this.#cids.values()) this.#owner.cids.remove(cid);
    this.#cids.clear();
  }

  #issue(sequence: number): Uint8Array {
    const cid = this.#owner.cids.issue(this, sequence);
    this.#cids.set(sequence, cid);
    return cid;
  }

  #retire(sequence: number): void {
    const cid = this.#cids.get(sequence);
    if (cid === undefined) return;
    this.#cids.delete(sequence);
    this.#owner.cids.remove(cid);
  }
}
