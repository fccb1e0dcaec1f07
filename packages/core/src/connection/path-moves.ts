import type { Fifo } from '../fifo.js';
import { CarrierRemote, keptRemote } from '../path/carrier-remote.js';
import { LocalCids, PeerCids } from '../path/connection-ids.js';
import { Path } from '../path/path.js';
import { pathLimits } from '../path/path-limits.js';
import type { RemoteAddress } from '../path/remote-address.js';
import { INITIAL_RTT_MS } from '../recovery/constants.js';
import type { StateCarrier } from '../state-carrier.js';
import { CloseCode } from '../wire/close-codes.js';
import type { ConnectionEvent } from './connection-event.js';
import type { ConnectionOptions } from './connection-options.js';
import type { KeyRing } from './key-ring.js';
import type { LossEffects } from './loss-effects.js';
import { PathSet } from './path-set.js';

/** Ids issued ahead, so that the peer can move. */
const SPARE_CIDS = 4;

/** What the paths need of their connection. */
export interface PathHost {
  readonly options: ConnectionOptions;
  readonly loss: LossEffects;
  readonly events: Fifo<ConnectionEvent>;
  readonly keys: KeyRing;
  /** The time of the verb that is running. */
  readonly now: number;
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
    // Lower ones may be of paths whose first record is still on its way, over a slower carrier.
    const path = this.#make(id, cid, keptRemote(from), false, undefined);
    this.paths.add(path);
    path.validation.challenge(now, path.ptoMs);
    return path;
  }

  /**
   * Moves to a path of our own under a fresh connection id; the client only.
   *
   * @param remote where the path leads; default: to the same address, from another one of ours
   * @returns whether both sides have an id that the other knows, and the peer bears one more path
   */
  migrate(now: number, remote: RemoteAddress = this.paths.active.remote): boolean {
    if (remote instanceof CarrierRemote && remote.orderedSide !== undefined) return false;
    // The last id is for a way back to datagrams, where no path can be led on to.
    const isLast = this.peerCids.countAbove(this.#newest) <= 1;
    const mayOpen = !isLast || !this.paths.active.canRestartOn(remote);
    const path = mayOpen ? this.#open(remote, now) : undefined;
    if (path === undefined) return this.#restart(remote, now);
    this.activate(path, now);
    // Whatever it is that leaves first, the peer has to see that the session has moved.
    path.probes = 1;
    return true;
  }

  /**
   * Opens a path beside the active one; the client only. The event `pathReady` tells that it works.
   * One that stands by already is tried on, or told of again.
   *
   * @returns whether it could, as {@link migrate} says; false when the active path leads there
   */
  probe(now: number, remote: RemoteAddress): boolean {
    const { active } = this.paths;
    const known = this.paths.leadingTo(remote);
    if (known === active) return false;
    if (known === undefined) return this.#open(remote, now) !== undefined;
    if (!known.validation.isPending) this.#ready(known);
    return true;
  }

  /**
   * Moves to the path that leads to `remote` and has proved itself; the server follows to newer paths
   * only.
   *
   * @returns whether there is one
   */
  use(remote: RemoteAddress, now: number): boolean {
    const path = this.paths.leadingTo(remote);
    if (path === undefined || path.validation.isPending || path.isLossySide) return false;
    if (path === this.paths.active) return true;
    this.activate(path, now);
    path.probes = 1;
    this.#giveUpOthers();
    return true;
  }

  /** Data takes this path from here on; what is outstanding on the old one goes again. */
  activate(path: Path, now: number): void {
    const old = this.paths.active;
    this.paths.active = path;
    old.loss.discardAll(now);
    this.moved(path);
  }

  /**
   * What a carrier took with it that stood beside the active path goes again. Whoever opened the path
   * gives it up; the other side hears of that.
   */
  dropLost(path: Path): void {
    if (path === this.paths.active || path.carrier?.isLost !== true) return;
    if (this.#host.options.handshake.role === 'client') this.#giveUp(path);
    else path.loss.discardAll(this.#host.now);
  }

  /** At the end: no carrier remembers the session. */
  release(): void {
    for (const path of this.paths.all()) path.carrier?.forget(this.#host.options.wake);
  }

  /** The peer was followed to another address. What an ordered carrier did not bring goes again. */
  followed(path: Path): void {
    if (path.isOrdered) path.loss.discardAll(this.#host.now);
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
    if (this.#host.options.handshake.role === 'server') return;
    if (path === this.paths.active) this.#giveUpOthers();
    else if (path.id > this.paths.active.id) this.#ready(path);
  }

  /** RETIRE_CONNECTION_ID, come on path `via`: the peer will not use path `id` again. @returns 0 or a close code */
  retire(id: number, via: Path, now: number): number {
    const path = this.paths.get(id);
    if (path === via) return CloseCode.PROTOCOL_VIOLATION;
    const violation = this.localCids.retire(id);
    if (path === undefined) this.#giveUpNumber(id);
    else {
      if (path === this.paths.active) this.activate(via, now);
      this.#giveUp(path);
    }
    this.fillCids();
    return violation;
  }

  /** With one path at rest: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.localCids.carry(state);
    this.peerCids.carry(state);
    const remote = state.keep(this.paths.active.remote);
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

  #open(remote: RemoteAddress, now: number): Path | undefined {
    for (const path of this.paths.all()) this.dropLost(path);
    const newest = this.#newest;
    const spare = this.peerCids.above(newest);
    const { role, peerParams } = this.#host.options.handshake;
    if (role !== 'client') return undefined;
    // What was given up counts until the peer says that it has heard of it.
    const isOneMore = this.localCids.countThrough(newest) < peerParams.maxPaths;
    if (spare === undefined || !isOneMore || !this.localCids.isKnown(spare.sequence)) {
      return undefined;
    }
    this.#retireSkipped(spare.sequence);
    // Of a carrier the round trip is known with all that its buffers add to it.
    const rttMs = Math.min(this.paths.active.rtt.smoothed, INITIAL_RTT_MS);
    const path = this.#make(spare.sequence, spare.cid, remote, true, rttMs);
    path.attach = true;
    path.validation.challenge(now, path.ptoMs);
    this.paths.add(path);
    return path;
  }

  /**
   * With no id left for a new path the active one leads from its carrier to another. No id is fresh
   * there, but the session has a way on.
   */
  #restart(remote: RemoteAddress, now: number): boolean {
    const { active } = this.paths;
    const isClient = this.#host.options.handshake.role === 'client';
    if (!isClient || !active.canRestartOn(remote)) return false;
    active.carrier?.forget(this.#host.options.wake);
    active.loss.discardAll(now);
    active.attach = true;
    active.probes = 1;
    active.validation.restartOn(remote, now, active.ptoMs);
    this.moved(active);
    return true;
  }

  get #newest(): number {
    return this.paths.all().reduce((id, path) => Math.max(id, path.id), 0);
  }

  #ready({ remote }: Path): void {
    this.#host.events.push({ type: 'pathReady', remote });
  }

  /** All but the active path, and what belongs to it. */
  #giveUpOthers(): void {
    const { active } = this.paths;
    for (const other of [...this.paths.all()]) {
      const isBeside = other.isLossySide && other.carrier?.orderedSide === active.carrier;
      if (other !== active && !isBeside) this.#giveUp(other);
    }
  }

  /** The peer gave up a path that never got here: its own id for it is of no use either. */
  #giveUpNumber(id: number): void {
    if (this.peerCids.get(id) === undefined) return;
    this.retired.push(id);
    this.peerCids.retire(id);
  }

  #giveUp(path: Path): void {
    path.loss.discardAll(this.#host.now);
    path.carrier?.forget(this.#host.options.wake);
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
    const { maxDatagramBytes, maxAckDelayMs } = handshake.peerParams;
    return new Path({
      id,
      cid,
      remote,
      validated,
      crypto,
      congestion: config.congestion,
      limits: pathLimits(remote, config.fragmentSize, maxDatagramBytes),
      peerMaxAckDelayMs: maxAckDelayMs,
      maxAckDelayMs: localParams.maxAckDelayMs,
      handler: this.#host.loss,
      rttMs,
    });
  }
}
