import type { PacketBuilder } from '../message/packet-builder.js';
import type { Path } from '../path/path.js';
import { ackThresholdFor } from '../recovery/ack-scheduler.js';
import { SentFrame } from '../recovery/sent-frame.js';
import type { SentPacket } from '../recovery/sent-packet.js';
import { ACK_FREQUENCY_MAX_BYTES, encodeAckFrequency } from '../wire/frames/ack-frequency-frame.js';
import { encodeHandshakeDone } from '../wire/frames/bare-frames.js';
import {
  encodeNewConnectionId,
  encodeRetireConnectionId,
  NEW_CONNECTION_ID_MAX_BYTES,
  RETIRE_CONNECTION_ID_MAX_BYTES,
} from '../wire/frames/cid-frames.js';
import { CREDIT_MAX_BYTES, encodeCredit } from '../wire/frames/credit-frame.js';
import {
  encodeGrease,
  GREASE_MAX_BYTES,
  GREASE_RANDOM_BYTES,
} from '../wire/frames/grease-frame.js';
import { encodePing, encodePong, PING_MAX_BYTES } from '../wire/frames/ping-frames.js';
import { encodeVerified, VERIFIED_MAX_BYTES } from '../wire/frames/verified-frame.js';
import type { Signals } from './signals.js';

/** What of the connection the signal frames are written from. */
export interface SignalSource {
  readonly signals: Signals;
  readonly maxAckDelayMs: number;
}

/** Writes the small frames that are due: they are idempotent and go again when lost. */
export function writeSignalFrames(
  source: SignalSource,
  builder: PacketBuilder,
  packet: SentPacket,
  path: Path,
  now: number,
): void {
  const { signals } = source;
  if (signals.handshakeDone && builder.room > 0) {
    encodeHandshakeDone(builder.frame(true));
    packet.addFrame(SentFrame.HandshakeDone, undefined, 0, 0);
    signals.handshakeDone = false;
  }
  writeConnectionIds(signals, builder, packet);
  writeCredits(signals, builder, packet);
  writePings(signals, builder, packet, now);
  writeAckFrequency(signals, builder, packet, path, source.maxAckDelayMs);
  if (signals.verifiedDue && builder.room >= VERIFIED_MAX_BYTES) {
    encodeVerified(builder.frame(true), signals.takeVerified());
    packet.addFrame(SentFrame.Verified, undefined, 0, 0);
  }
  if (signals.grease && builder.room >= GREASE_MAX_BYTES) {
    const random = new Uint8Array(GREASE_RANDOM_BYTES);
    signals.crypto.randomBytes(random);
    encodeGrease(builder.frame(true), random);
    signals.grease = false;
  }
}

/** Writes CREDIT of lane R, whether it is due or not: the smallest frame that asks for an ACK. */
export function writeProbeFrame(
  source: SignalSource,
  builder: PacketBuilder,
  packet: SentPacket,
): void {
  if (builder.room < CREDIT_MAX_BYTES) return;
  putCredit(source.signals, builder, packet, 0);
}

function writeConnectionIds(signals: Signals, builder: PacketBuilder, packet: SentPacket): void {
  const { localCids, retired } = signals;
  while (localCids.hasAnnouncement && builder.room >= NEW_CONNECTION_ID_MAX_BYTES) {
    const { sequence, cid } = localCids.peekAnnouncement()!;
    encodeNewConnectionId(builder.frame(true), sequence, 0, cid);
    packet.addFrame(SentFrame.NewConnectionId, undefined, sequence, 0);
    localCids.announced();
  }
  while (retired.length > 0 && builder.room >= RETIRE_CONNECTION_ID_MAX_BYTES) {
    const sequence = retired.shift()!;
    encodeRetireConnectionId(builder.frame(true), sequence);
    packet.addFrame(SentFrame.RetireConnectionId, undefined, sequence, 0);
  }
}

function writeCredits(signals: Signals, builder: PacketBuilder, packet: SentPacket): void {
  for (let lane = 0; lane < 2; lane++) {
    if (!signals.creditDue(lane) || builder.room < CREDIT_MAX_BYTES) continue;
    putCredit(signals, builder, packet, lane);
  }
}

function putCredit(
  signals: Signals,
  builder: PacketBuilder,
  packet: SentPacket,
  lane: number,
): void {
  const credit = signals.takeCredit(lane);
  encodeCredit(builder.frame(true), lane, credit.grantedBytes, credit.grantedMessages);
  packet.addFrame(SentFrame.Credit, undefined, lane, 0);
}

function writePings(
  signals: Signals,
  builder: PacketBuilder,
  packet: SentPacket,
  now: number,
): void {
  const { liveness } = signals;
  while (liveness.hasQueued && builder.room >= PING_MAX_BYTES) {
    const pong = liveness.takePong();
    if (pong !== undefined) {
      encodePong(builder.frame(true), pong);
      packet.addFrame(SentFrame.Pong, undefined, pong, 0);
      continue;
    }
    const id = liveness.takePing(now)!;
    encodePing(builder.frame(true), id);
    packet.addFrame(SentFrame.Ping, undefined, id, 0);
  }
}

function writeAckFrequency(
  signals: Signals,
  builder: PacketBuilder,
  packet: SentPacket,
  path: Path,
  maxAckDelayMs: number,
): void {
  if (path.isOrdered) return;
  const wanted = ackThresholdFor(path.loss.packetsInFlight);
  if (wanted === signals.ackThreshold || builder.room < ACK_FREQUENCY_MAX_BYTES) return;
  signals.ackThreshold = wanted;
  encodeAckFrequency(builder.frame(true), signals.ackFrequencySequence++, wanted, maxAckDelayMs);
  packet.addFrame(SentFrame.AckFrequency, undefined, 0, 0);
}
