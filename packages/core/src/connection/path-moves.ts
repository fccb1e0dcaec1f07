import type { Fifo } from '../fifo.js';
import { LocalCids, PeerCids } from '../path/connection-ids.js';
import { Path } from '../path/path.js';
import type { RemoteAddress } from '../path/remote-address.js';
import type { ConnectionEvent } from './connection-event.js';
import type { ConnectionOptions } from './connection-options.js';
import type { LossEffects } from './loss-effects.js';
import { PathSet } from './path-set.js';

/** Ids issued ahead, so that the peer can move. */
const SPARE_CIDS = 4;
/** A datagram is at most this much longer than the payload in it (SPEC 6.1). */
const DATAGRAM_OVERHEAD_BYTES = 32;

/** The paths of a session and how it moves between them (SPEC 6.8, 6.9). */
export class PathMoves {
  readonly paths: PathSet;
  readonly localCids: LocalCids;
  readonly peerCids: PeerCids;
  /** Connection ids of the peer that are given up and have to be reported. */
  readonly retired: number[] = [];
  readonly #options: ConnectionOptions;
  readonly #loss: LossEffects;
  readonly #events: Fifo<ConnectionEvent>;

  constructor(options: ConnectionOptions, loss: LossEffects, events: Fifo<ConnectionEvent>) {
    const { handshake, localParams, cids, remote } = options;
    this.#options = options;
    this.#loss = loss;
    this.#events = events;
    this.localCids = new LocalCids(cids);
    this.peerCids = new PeerCids(handshake.peerCid, localParams.maxCids);
    this.paths = new PathSet(this.#make(0, handshake.peerCid, remote, true, handshake.rttSampleMs));
  }

  /** Keeps ids ready for the peer's moves. */
  fillCids(): void {
    this.localCids.fill(Math.min(SPARE_CIDS, this.#options.handshake.peerParams.maxCids));
  }

  /** The peer uses path `id` for the first time. */
  accept(id: number, from: RemoteAddress, now: number): Path | undefined {
    const cid = this.peerCids.get(id);
    if (cid === undefined) return undefined;
    const remote = { address: from.address, port: from.port };
    const path = this.#make(id, cid, remote, false, undefined);
    this.paths.add(path);
    path.validation.challenge(now, path.ptoMs);
    return path;
  }

  /** Moves to a path of our own under a fresh connection id. @returns whether the peer gave one */
  migrate(now: number): boolean {
    const spare = this.peerCids.unused((sequence) => this.paths.has(sequence));
    if (spare === undefined || !this.localCids.isActive(spare.sequence)) return false;
    const old = this.paths.active;
    const path = this.#make(spare.sequence, spare.cid, old.remote, true, old.rtt.smoothed);
    path.attach = true;
    path.validation.challenge(now, old.ptoMs);
    this.paths.add(path);
    this.activate(path, now);
    return true;
  }

  /** Data takes this path from here on; what is outstanding on the old one goes again. */
  activate(path: Path, now: number): void {
    const old = this.paths.active;
    this.paths.active = path;
    old.loss.discardAll(now);
    this.moved(path);
  }

  /** The address of a path changed. */
  moved(path: Path): void {
    this.#events.push({ type: 'pathChanged', remote: path.remote });
  }

  /** The address of the active path proved itself: whoever moved needs the older paths no more. */
  validated(path: Path): void {
    if (this.#options.handshake.role === 'server' || path !== this.paths.active) return;
    for (const other of [...this.paths.all()]) {
      if (other !== path) this.#giveUp(other);
    }
  }

  /** RETIRE_CONNECTION_ID, come on path `via`: the peer will not use path `id` again. @returns 0 or a close code */
  retire(id: number, via: Path, now: number): number {
    const violation = this.localCids.retire(id);
    const path = this.paths.get(id);
    if (path !== undefined && path !== via) {
      if (path === this.paths.active) this.activate(via, now);
      path.loss.discardAll(now);
      this.#giveUp(path);
    }
    this.fillCids();
    return violation;
  }

  #giveUp(path: Path): void {
    this.retired.push(path.id);
    this.peerCids.retire(path.id);
    this.paths.remove(path.id);
  }

  #make(
    id: number,
    cid: Uint8Array,
    remote: RemoteAddress,
    validated: boolean,
    rttMs: number | undefined,
  ): Path {
    const { crypto, config, handshake, localParams } = this.#options;
    const wanted = config.fragmentSize + DATAGRAM_OVERHEAD_BYTES;
    return new Path({
      id,
      cid,
      remote,
      validated,
      crypto,
      congestion: config.congestion,
      maxDatagramBytes: Math.min(wanted, handshake.peerParams.maxDatagramBytes),
      peerMaxAckDelayMs: handshake.peerParams.maxAckDelayMs,
      maxAckDelayMs: localParams.maxAckDelayMs,
      handler: this.#loss,
      rttMs,
    });
  }
}
