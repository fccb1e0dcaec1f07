import type { Fifo } from '../fifo.js';
import { LocalCids, PeerCids } from '../path/connection-ids.js';
import { Path } from '../path/path.js';
import type { RemoteAddress } from '../path/remote-address.js';
import type { StateCarrier } from '../state-carrier.js';
import { CloseCode } from '../wire/close-codes.js';
import type { ConnectionEvent } from './connection-event.js';
import type { ConnectionOptions } from './connection-options.js';
import type { KeyRing } from './key-ring.js';
import type { LossEffects } from './loss-effects.js';
import { PathSet } from './path-set.js';

/** Ids issued ahead, so that the peer can move. */
const SPARE_CIDS = 4;
/** A datagram is at most this much longer than the payload in it (SPEC 6.1). */
const DATAGRAM_OVERHEAD_BYTES = 32;

/** What the paths need of their connection. */
export interface PathHost {
  readonly options: ConnectionOptions;
  readonly loss: LossEffects;
  readonly events: Fifo<ConnectionEvent>;
  readonly keys: KeyRing;
}

/** The paths of a session and how it moves between them (SPEC 6.8, 6.9). */
export class PathMoves {
  readonly paths: PathSet;
  readonly localCids: LocalCids;
  readonly peerCids: PeerCids;
  /** Connection ids of the peer that are given up and have to be reported. */
  readonly retired: number[] = [];
  readonly #host: PathHost;

  constructor(host: PathHost) {
    const { handshake, localParams, cids, remote } = host.options;
    this.#host = host;
    this.localCids = new LocalCids(cids);
    this.peerCids = new PeerCids(handshake.peerCid, localParams.maxCids);
    this.paths = new PathSet(this.#make(0, handshake.peerCid, remote, true, handshake.rttSampleMs));
  }

  /** Keeps ids ready for the peer's moves. */
  fillCids(): void {
    this.localCids.fill(Math.min(SPARE_CIDS, this.#host.options.handshake.peerParams.maxCids));
  }

  /** The peer uses path `id` for the first time. @returns undefined when it gave no id for it */
  accept(id: number, from: RemoteAddress, now: number): Path | undefined {
    const cid = this.peerCids.get(id);
    if (cid === undefined) return undefined;
    this.#retireSkipped(id);
    const remote = { address: from.address, port: from.port };
    const path = this.#make(id, cid, remote, false, undefined);
    this.paths.add(path);
    path.validation.challenge(now, path.ptoMs);
    return path;
  }

  /**
   * Moves to a path of our own under a fresh connection id; the client only.
   *
   * @returns whether both sides have one that the other knows, and the peer bears one more path
   */
  migrate(now: number): boolean {
    const old = this.paths.active;
    const spare = this.peerCids.above(old.id);
    const { role, peerParams } = this.#host.options.handshake;
    if (role !== 'client' || spare === undefined) return false;
    if (!this.localCids.isKnown(spare.sequence)) return false;
    // What was given up counts until the peer says that it has heard of it.
    if (this.localCids.countThrough(old.id) >= peerParams.maxPaths) return false;
    this.#retireSkipped(spare.sequence);
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
    this.#host.events.push({ type: 'pathChanged', remote: path.remote });
  }

  /** PATH_RESPONSE: when it proves the address, whoever moved there needs the older paths no more. */
  onResponse(path: Path, data: Uint8Array): void {
    const proof = path.validation.handleResponse(data);
    if (proof === 'none') return;
    if (proof === 'elsewhere') path.resetMeasurements();
    if (this.#host.options.handshake.role === 'server' || path !== this.paths.active) return;
    for (const other of [...this.paths.all()]) {
      if (other !== path) this.#giveUp(other);
    }
  }

  /** RETIRE_CONNECTION_ID, come on path `via`: the peer will not use path `id` again. @returns 0 or a close code */
  retire(id: number, via: Path, now: number): number {
    const path = this.paths.get(id);
    if (path === via) return CloseCode.PROTOCOL_VIOLATION;
    const violation = this.localCids.retire(id);
    if (path !== undefined) {
      if (path === this.paths.active) this.activate(via, now);
      path.loss.discardAll(now);
      this.#giveUp(path);
    }
    this.fillCids();
    return violation;
  }

  /** With one path at rest: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.localCids.carry(state);
    this.peerCids.carry(state);
    const { remote } = this.paths.active;
    this.paths.carry(state, (id) =>
      this.#make(id, this.peerCids.get(id)!, remote, true, undefined),
    );
  }

  /** Path numbers only rise: ids below that no path uses are of no use any more. */
  #retireSkipped(below: number): void {
    for (const sequence of this.peerCids.below(below)) {
      if (this.paths.has(sequence)) continue;
      this.retired.push(sequence);
      this.peerCids.retire(sequence);
    }
  }

  #giveUp(path: Path): void {
    this.retired.push(path.id);
    this.peerCids.retire(path.id);
    this.paths.remove(path.id);
    this.#host.keys.forgetPath(path.id);
  }

  #make(
    id: number,
    cid: Uint8Array,
    remote: RemoteAddress,
    validated: boolean,
    rttMs: number | undefined,
  ): Path {
    const { crypto, config, handshake, localParams } = this.#host.options;
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
      handler: this.#host.loss,
      rttMs,
    });
  }
}
