import { Connection } from '../connection/connection.js';
import type { ConnectionOptions } from '../connection/connection-options.js';
import type { OuterKeys } from '../handshake/outer-keys.js';
import type { CidIssuer } from '../path/connection-ids.js';
import type { RemoteAddress } from '../path/remote-address.js';
import { CID_BYTES } from '../wire/record-header.js';
import type { CidTable, RecordSink } from './cid-table.js';
import { packedHandshake } from './packed-handshake.js';
import type { Timed } from './timer-heap.js';

/** Room for connection ids is made for so many at a time. */
const ROOM_STEP = 4;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** What a slot asks of its endpoint. */
export interface SlotOwner {
  readonly cids: CidTable;
  /** The slot has something to send, to report or to wait for. */
  wake(slot: SessionSlot): void;
}

/** One session of an endpoint: its connection, ids and place among the timers. */
export class SessionSlot implements RecordSink, Timed, CidIssuer {
  readonly connection: Connection;
  readonly outer: OuterKeys;
  deadline: number = Number.POSITIVE_INFINITY;
  heapIndex = -1;
  /** Whether it waits in the endpoint's list of sessions that may have something to send. */
  isQueued = false;
  /** Whether it waits in the list of sessions that may have something to report. */
  isTouched = false;
  readonly #owner: SlotOwner;
  /** The ids that lead here and the paths that they name, in the same order. */
  #cids: Uint8Array = NO_BYTES;
  #paths: readonly number[] = [];

  /** @param localCid the id of path 0, issued during the handshake; it leads here from now on */
  constructor(
    owner: SlotOwner,
    localCid: Uint8Array,
    options: Omit<ConnectionOptions, 'cids' | 'wake'>,
  ) {
    this.#owner = owner;
    this.outer = options.outer;
    this.#add(0, localCid);
    // Spelled out, as an object made by spreading gets a hidden class of its own.
    this.connection = new Connection({
      crypto: options.crypto,
      config: options.config,
      handshake: packedHandshake(options.handshake),
      outer: options.outer,
      identity: options.identity,
      remote: options.remote,
      localParams: options.localParams,
      cids: this,
      memory: options.memory,
      now: options.now,
      unixOffsetMs: options.unixOffsetMs,
      ownCheckpointRate: options.ownCheckpointRate,
      signingBudget: options.signingBudget,
      inlineSignatures: options.inlineSignatures,
      record: options.record,
      keyLog: options.keyLog,
      restAfterMs: options.restAfterMs,
      early: options.early,
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
    this.#paths.forEach((_, index) => {
      this.#owner.cids.remove(this.#cid(index));
    });
    this.#paths = [];
    this.#cids = NO_BYTES;
  }

  issue(sequence: number): Uint8Array {
    const cid = this.#owner.cids.issue(this, sequence);
    this.#add(sequence, cid);
    return cid;
  }

  retire(sequence: number): void {
    const index = this.#paths.indexOf(sequence);
    if (index < 0) return;
    this.#owner.cids.remove(this.#cid(index));
    this.#cids.copyWithin(CID_BYTES * index, CID_BYTES * (index + 1));
    this.#paths = this.#paths.filter((path) => path !== sequence);
  }

  #add(sequence: number, cid: Uint8Array): void {
    const start = CID_BYTES * this.#paths.length;
    if (start === this.#cids.length) {
      const grown = new Uint8Array(start + CID_BYTES * ROOM_STEP);
      grown.set(this.#cids);
      this.#cids = grown;
    }
    this.#cids.set(cid, start);
    this.#paths = this.#paths.concat(sequence);
  }

  #cid(index: number): Uint8Array {
    return this.#cids.subarray(CID_BYTES * index, CID_BYTES * (index + 1));
  }
}
