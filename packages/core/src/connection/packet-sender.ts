import { PacketBuilder } from '../message/packet-builder.js';
import { CarrierRemote, carrierOf } from '../path/carrier-remote.js';
import type { Path } from '../path/path.js';
import type { PathProbe } from '../path/path-validation.js';
import type { RemoteAddress } from '../path/remote-address.js';
import { SentFrame } from '../recovery/sent-frame.js';
import type { SentPacket } from '../recovery/sent-packet.js';
import { encodeAck } from '../wire/frames/ack-frame.js';
import { encodeClose } from '../wire/frames/close-frame.js';
import {
  encodePathAttach,
  encodePathChallenge,
  encodePathResponse,
  PATH_DATA_FRAME_BYTES,
} from '../wire/frames/path-frames.js';
import {
  MAX_HEADER_BYTES,
  maskRecord,
  PACKET_NUMBER_OFFSET,
  packetNumberLength,
  TAG_BYTES,
  writeRecordHeader,
} from '../wire/record-header.js';
import type { CloseInfo } from './closing.js';
import type { ConnectionParts } from './connection-parts.js';
import { Lanes } from './outgoing-lanes.js';
import { writeProbeFrame, writeSignalFrames } from './signal-frames.js';

/** The least that a message leaves to an ACK frame beside it: one of ordinary length. */
const ACK_ROOM_BYTES = 37;
/** What stands before a message of the port (SPEC 6.1). */
const WHOLE_HEAD_BYTES = 3;
/** What a record takes beside a message that is alone in it, at most (SPEC 6.1). */
const WHOLE_OVERHEAD_BYTES = 32;
/** Packet number and plaintext together have at least this many bytes (SPEC 3.2). */
const MIN_SEALED_BYTES = 4;
/** An ACK frame for an address that may be sent little (SPEC 6.9). */
const UNVALIDATED_ACK_BYTES = 64;

/** A record's way out: what may leave now, the frames of one packet, seal and masks (SPEC 3). */
export class PacketSender {
  /** Where the packet that {@link poll} wrote is to go. */
  to: RemoteAddress;
  /** When the pacer lets the next packet go, while one waits for it. */
  pacedUntil: number = Number.POSITIVE_INFINITY;
  readonly #parts: ConnectionParts;
  readonly #builder = new PacketBuilder();

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.to = parts.paths.active.remote;
  }

  /** Writes the next datagram to `out`. @returns its length, 0 when there is nothing to send */
  poll(now: number, out: Uint8Array): number {
    this.pacedUntil = Number.POSITIVE_INFINITY;
    for (const path of this.#parts.paths.all()) {
      const length = this.#pollProbe(path, now, out);
      if (length > 0) return length;
    }
    for (const path of this.#parts.paths.all()) {
      const { active } = this.#parts.paths;
      if (path !== active && path.acks.shouldAckNow(now) && active.maySendAck) {
        const length = this.#pollAckOnly(path, now, out);
        if (length > 0) return length;
      }
    }
    const { active, lossySide } = this.#parts.paths;
    if (lossySide === undefined) return this.#pollData(active, Lanes.Both, now, out);
    const length = this.#pollData(lossySide, Lanes.Lossy, now, out);
    return length > 0 ? length : this.#pollData(active, Lanes.Reliable, now, out);
  }

  /** Writes a CLOSE, which is never acknowledged. */
  close(info: CloseInfo, now: number, out: Uint8Array): number {
    const path = this.#parts.paths.active;
    const packet = this.#begin(path, out);
    const { code, frameType, applicationCode, reason } = info;
    encodeClose(this.#builder.frame(false), code, frameType, applicationCode, reason);
    this.to = path.remote;
    return this.#finish(path, packet, now, out, false);
  }

  #pollProbe(path: Path, now: number, out: Uint8Array): number {
    const probe = this.#nextProbe(path);
    if (probe === undefined) return 0;
    const isPresent = probe.to === path.remote;
    if (
      isPresent &&
      !path.validation.maySend(MAX_HEADER_BYTES + 3 * PATH_DATA_FRAME_BYTES + TAG_BYTES)
    ) {
      return 0;
    }
    path.validation.takeProbe();
    const packet = this.#begin(path, out);
    this.#writeProbe(path, probe);
    this.to = probe.to;
    return this.#finish(path, packet, now, out, false);
  }

  /** What is to be asked or answered where something can leave. At a carrier that is lost nobody waits. */
  #nextProbe(path: Path): PathProbe | undefined {
    const { validation } = path;
    for (let probe = validation.peekProbe(); probe !== undefined; probe = validation.peekProbe()) {
      const { to } = probe;
      if (!(to instanceof CarrierRemote) || !(to.isFull || to.isLost)) return probe;
      if (to === path.remote && !to.isLost) {
        to.whenChanged(this.#parts.options.wake);
        return undefined;
      }
      validation.takeProbe();
    }
    return undefined;
  }

  #writeProbe(path: Path, probe: PathProbe): void {
    const writer = this.#builder.frame(true);
    if (path.attach) {
      encodePathAttach(writer, carrierOf(path.remote));
      path.attach = false;
    }
    if (probe.kind === 'challenge') encodePathChallenge(writer, probe.data);
    else encodePathResponse(writer, probe.data);
  }

  #pollAckOnly(path: Path, now: number, out: Uint8Array): number {
    const active = this.#parts.paths.active;
    const packet = this.#begin(active, out);
    this.#writeAck(path, packet, now);
    this.to = active.remote;
    if (this.#builder.isEmpty) {
      active.sent.release(packet);
      return 0;
    }
    return this.#finish(active, packet, now, out, false);
  }

  #pollData(path: Path, lanes: Lanes, now: number, out: Uint8Array): number {
    const parts = this.#parts;
    if (path.isBlocked) {
      path.carrier?.whenChanged(parts.options.wake);
      return 0;
    }
    if (!path.validation.maySend(path.maxDatagramBytes)) return this.#ackIfDue(path, now, out);
    const hasData = parts.wantsToSend(lanes);
    path.loss.setDataQueued(hasData || parts.hasUnacknowledged);
    const isProbe = path.probes > 0;
    if (!isProbe) {
      if (!hasData || !this.#mayLeave(path, now)) return this.#pollPacket(path, now, out);
    }
    const packet = this.#begin(path, out);
    if (path.acks.isPending) this.#writeAck(path, packet, now);
    if (lanes === Lanes.Lossy) parts.outgoing.write(this.#builder, packet, now, lanes);
    else this.#fill(packet, path, lanes, now);
    if (isProbe) {
      path.probes--;
      if (!this.#builder.ackEliciting) writeProbeFrame(parts, this.#builder, packet);
    }
    if (this.#builder.isEmpty) {
      path.sent.release(packet);
      return 0;
    }
    this.to = path.remote;
    return this.#finish(path, packet, now, out, true);
  }

  #mayLeave(path: Path, now: number): boolean {
    if (path.isOrdered) return true;
    if (!path.congestion.canSend(path.loss.bytesInFlight, path.maxDatagramBytes)) {
      path.loss.setAppLimited(false);
      return false;
    }
    const at = path.pacer.availableAt(path.maxDatagramBytes, now);
    if (at <= now) return true;
    this.pacedUntil = at;
    path.loss.setAppLimited(false);
    return false;
  }

  /** A message of the port, outside of congestion window and pacing (rule D3); else a due ACK. */
  #pollPacket(path: Path, now: number, out: Uint8Array): number {
    const { packets, checkpoints, maySendMessages, outgoing } = this.#parts;
    const bytes = packets === undefined || !maySendMessages ? 0 : packets.peek(now);
    if (packets === undefined || bytes === 0 || path !== this.#pathFor(bytes)) {
      return this.#ackIfDue(path, now, out);
    }
    const packet = this.#begin(path, out);
    if (path.acks.isPending) {
      const room = this.#builder.room - WHOLE_HEAD_BYTES - bytes;
      if (room >= ACK_ROOM_BYTES) this.#writeAck(path, packet, now, room);
      // As long as packets are there it would not have a datagram of its own.
      else if (path.acks.shouldAckNow(now)) return this.#ackAlone(path, packet, now, out);
    }
    const wrote = packets.write(this.#builder, packet, now);
    checkpoints.setLoad(false, outgoing.blocked);
    checkpoints.signIfDue(now);
    if (!wrote && this.#builder.isEmpty) {
      path.sent.release(packet);
      return this.#ackIfDue(path, now, out);
    }
    this.to = path.remote;
    return this.#finish(path, packet, now, out, true);
  }

  /** Where a lossy message of so many bytes goes, which is not cut: the lossy side, if that can hold it. */
  #pathFor(bytes: number): Path {
    const { active, lossySide } = this.#parts.paths;
    const fits = bytes + WHOLE_OVERHEAD_BYTES <= (lossySide?.maxDatagramBytes ?? 0);
    return lossySide !== undefined && fits ? lossySide : active;
  }

  #ackIfDue(path: Path, now: number, out: Uint8Array): number {
    if (!path.acks.shouldAckNow(now) || !path.maySendAck) return 0;
    return this.#ackAlone(path, this.#begin(path, out), now, out);
  }

  #ackAlone(path: Path, packet: SentPacket, now: number, out: Uint8Array): number {
    this.#writeAck(path, packet, now);
    this.to = path.remote;
    return this.#finish(path, packet, now, out, false);
  }

  /** Signals first, then the control stream, then messages, then the statement that covers them. */
  #fill(packet: SentPacket, path: Path, lanes: Lanes, now: number): void {
    const parts = this.#parts;
    writeSignalFrames(parts, this.#builder, packet, path, now);
    parts.control.write(this.#builder, packet);
    if (parts.maySendMessages) parts.outgoing.write(this.#builder, packet, now, lanes);
    path.loss.setAppLimited(!parts.outgoing.wantsToWrite(lanes));
    parts.checkpoints.setLoad(parts.isQueueEmpty, parts.outgoing.blocked);
    parts.checkpoints.signIfDue(now);
    if (parts.control.wantsToWrite) parts.control.write(this.#builder, packet);
  }

  /** @param room what it may take, in bytes; the lowest ranges are left out */
  #writeAck(path: Path, packet: SentPacket, now: number, room = this.#builder.room): void {
    if (path.received.count === 0) return;
    const bytes = path.validation.validated ? room : Math.min(room, UNVALIDATED_ACK_BYTES);
    const delayMs = path.acks.ackDelayMs(now);
    if (encodeAck(this.#builder.frame(false), path.id, path.received, delayMs, bytes)) {
      path.acks.onAckSent();
      packet.addFrame(SentFrame.Ack, path, path.received.largest, 0);
    }
  }

  #begin(path: Path, out: Uint8Array): SentPacket {
    const packet = path.sent.acquire(path.takePacketNumber());
    const pnLength = packetNumberLength(packet.packetNumber, path.loss.largestAcked);
    const start = PACKET_NUMBER_OFFSET + pnLength;
    const limit = Math.min(path.maxDatagramBytes, out.length) - TAG_BYTES;
    this.#builder.begin(out, start, limit, path.maxPayloadBytes);
    return packet;
  }

  #finish(path: Path, packet: SentPacket, now: number, out: Uint8Array, tracked: boolean): number {
    const { keys, sendMask, outer, liveness } = this.#parts;
    const pn = packet.packetNumber;
    const pnLength = packetNumberLength(pn, path.loss.largestAcked);
    this.#builder.pad(MIN_SEALED_BYTES - pnLength);
    const sealing = keys.sending;
    const start = writeRecordHeader(out, path.cid, sealing.epoch, pn, pnLength);
    const end = this.#builder.end;
    path.claimNonce(pn);
    sealing.sealer(path.id).seal(pn, out, start, end);
    const length = end + TAG_BYTES;
    maskRecord(out, length, pnLength, sendMask, outer.omask);
    sealing.packetsSent++;
    sealing.bytesSent += length;
    packet.sentAt = now;
    packet.size = length;
    packet.epoch = sealing.epoch;
    packet.ackEliciting = tracked && this.#builder.ackEliciting;
    packet.inFlight = packet.ackEliciting;
    path.loss.onPacketSent(packet);
    if (packet.countsAgainstWindow) path.pacer.onSent(length, now);
    if (this.to === path.remote) path.validation.onSent(length);
    liveness.onSent(this.#builder.ackEliciting, now);
    this.#parts.counters.onSent(length);
    if (this.#builder.repeats) {
      this.#parts.counters.packetsRetransmitted++;
      path.stats.onRetransmit();
    }
    return length;
  }
}
