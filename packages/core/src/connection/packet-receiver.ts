import { sameAddress } from '../path/carrier-remote.js';
import type { Path } from '../path/path.js';
import type { RemoteAddress } from '../path/remote-address.js';
import { CloseCode } from '../wire/close-codes.js';
import {
  expandPacketNumber,
  RecordHeader,
  TAG_BYTES,
  unmaskHeader,
} from '../wire/record-header.js';
import type { ConnectionParts } from './connection-parts.js';
import type { DropReason } from './drop-reason.js';
import { FrameHandler } from './frame-handler.js';
import type { EpochKeys } from './key-ring.js';

/** A record's way in: header mask, keys, replay window, AEAD, frames, acknowledgement (SPEC 3). */
export class PacketReceiver {
  readonly #parts: ConnectionParts;
  readonly #frames: FrameHandler;
  readonly #header = new RecordHeader();
  #pn = 0;
  #keys: EpochKeys | undefined;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#frames = new FrameHandler(parts);
  }

  /**
   * Takes a record whose outer mask is undone. No state changes before the AEAD has verified it.
   *
   * @param record the datagram; overwritten with the plaintext
   * @param pathId the path that its connection id names
   * @returns undefined, or why it was dropped
   */
  handle(
    record: Uint8Array,
    pathId: number,
    from: RemoteAddress,
    now: number,
  ): DropReason | undefined {
    return this.#open(record, pathId) ?? this.#authentic(record, pathId, from, now);
  }

  /** Like {@link handle}, but nothing of the contents counts: for what comes after the end. */
  authenticate(record: Uint8Array, pathId: number): DropReason | undefined {
    const reason = this.#open(record, pathId);
    if (reason === undefined) this.#parts.paths.get(pathId)?.replay.commit(this.#pn);
    return reason;
  }

  /** Undoes header mask and AEAD; leaves packet number and keys in the fields. */
  #open(record: Uint8Array, pathId: number): DropReason | undefined {
    const { keys, paths } = this.#parts;
    const header = this.#header;
    if (!unmaskHeader(record, this.#parts.receiveMask, header)) return 'size';
    const epochKeys = keys.opening(header.epochBits);
    if (epochKeys === undefined) return 'stale-epoch';
    const known = paths.get(pathId);
    if (known === undefined && !this.#mayOpen(pathId)) return 'retired-path';
    const largest = known === undefined ? -1 : known.received.largest;
    this.#pn = expandPacketNumber(largest, header.truncatedPn, header.pnLength);
    this.#keys = epochKeys;
    if (known?.replay.check(this.#pn) === false) return 'replay';
    const opener = epochKeys.opener(pathId);
    if (opener.open(this.#pn, record, header.headerLength, record.length)) return undefined;
    epochKeys.forgeries++;
    if (keys.forged) this.#parts.fail(CloseCode.KEY_LIMIT, 0, 'too many forged records');
    return 'authentication';
  }

  #mayOpen(pathId: number): boolean {
    const { paths, moves, role, options } = this.#parts;
    if (role === 'client') return false;
    return paths.size < options.localParams.maxPaths && moves.localCids.isActive(pathId);
  }

  #authentic(
    record: Uint8Array,
    pathId: number,
    from: RemoteAddress,
    now: number,
  ): DropReason | undefined {
    const parts = this.#parts;
    const pn = this.#pn;
    const epochKeys = this.#keys!;
    const path = parts.paths.get(pathId) ?? parts.moves.accept(pathId, from, now);
    if (path === undefined) return 'retired-path';
    const isHighest = pn > path.received.largest;
    const isOutOfOrder = pn !== path.received.largest + 1;
    path.replay.commit(pn);
    path.validation.onReceived(from, record.length);
    parts.liveness.onAuthenticReceive(now);
    parts.checkpoints.heard(now);
    parts.counters.onReceived(record.length);
    if (parts.keys.opened(epochKeys, now, path.ptoMs)) {
      parts.rekey.onFirstHeard(epochKeys.epoch);
    }
    const header = this.#header;
    if (header.reservedBits !== 0 || header.early) {
      parts.fail(CloseCode.PROTOCOL_VIOLATION, 0, 'a reserved header bit is set');
      return undefined;
    }
    const end = record.length - TAG_BYTES;
    if (!this.#frames.handle(record, header.headerLength, end, path, from, now)) return undefined;
    path.received.add(pn);
    path.acks.onPacketReceived(pn, this.#frames.ackEliciting, now, isOutOfOrder);
    if (isHighest && this.#frames.nonProbing) this.#follow(path, from, record.length, now);
    return undefined;
  }

  /** The highest packet that is no probe decides where the peer is (SPEC 6.9). */
  #follow(path: Path, from: RemoteAddress, bytes: number, now: number): void {
    const { paths, role, moves } = this.#parts;
    const isNewer = path.id > paths.active.id && !path.isLossySide;
    if (role === 'server' && isNewer) moves.activate(path, now);
    if (sameAddress(from, path.remote)) return;
    // Who moves to another carrier opens a path there (SPEC 13.3).
    if (!path.mayMoveTo(from)) return;
    if (path.validation.move(from, bytes, now, path.ptoMs)) moves.followed(path);
  }
}
