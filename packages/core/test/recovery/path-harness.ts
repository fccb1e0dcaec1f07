import type { CongestionController } from '../../src/recovery/congestion/controller.js';
import { createCongestionController } from '../../src/recovery/congestion/create.js';
import { LossDetector, type LossHandler } from '../../src/recovery/loss-detector.js';
import { RttEstimator } from '../../src/recovery/rtt.js';
import type { SentPacket } from '../../src/recovery/sent-packet.js';
import { PacketState } from '../../src/recovery/sent-packet.js';
import { SentPackets } from '../../src/recovery/sent-packets.js';
import { AckBlock } from '../../src/wire/frames/ack-frame.js';

/** Writes down what the loss detector reports, by packet number. */
export class RecordingHandler implements LossHandler {
  readonly acked: number[] = [];
  readonly late: number[] = [];
  readonly lost: number[] = [];
  readonly lostFrames: string[] = [];
  persistent = 0;

  onPacketAcked(packet: SentPacket): void {
    if (packet.state === PacketState.lost) this.late.push(packet.packetNumber);
    else this.acked.push(packet.packetNumber);
  }

  onPacketLost(packet: SentPacket): void {
    this.lost.push(packet.packetNumber);
    for (let index = 0; index < packet.frameCount; index++) {
      const { frameKinds, frameStarts, frameEnds } = packet;
      this.lostFrames.push(`${frameKinds[index]}:${frameStarts[index]}-${frameEnds[index]}`);
    }
  }

  onPersistentCongestion(): void {
    this.persistent++;
  }
}

/** How a test wants its packet sent. */
export interface SendOptions {
  size?: number;
  ackEliciting?: boolean;
  exempt?: boolean;
  mtuProbe?: boolean;
}

export interface HarnessOptions {
  algorithm?: 'newreno' | 'cubic';
  initialRttMs?: number;
  maxAckDelayMs?: number;
  detectsLoss?: boolean;
}

/** One path as a connection would put it together. */
export class PathHarness {
  readonly rtt: RttEstimator;
  readonly congestion: CongestionController;
  readonly sent = new SentPackets();
  readonly handler = new RecordingHandler();
  readonly loss: LossDetector;

  constructor(options: HarnessOptions = {}) {
    this.rtt = new RttEstimator(options.initialRttMs ?? 100);
    this.congestion = createCongestionController(options.algorithm ?? 'newreno', 1_200);
    this.loss = new LossDetector({
      rtt: this.rtt,
      congestion: this.congestion,
      sent: this.sent,
      handler: this.handler,
      maxAckDelayMs: () => options.maxAckDelayMs ?? 25,
      detectsLoss: options.detectsLoss ?? true,
    });
  }

  /** Sends the next packet. @returns its number */
  send(now: number, options: SendOptions = {}): number {
    const packet = this.sent.acquire();
    const packetNumber = packet.packetNumber;
    packet.sentAt = now;
    packet.size = options.size ?? 1_200;
    packet.ackEliciting = options.ackEliciting ?? true;
    packet.inFlight = packet.ackEliciting;
    packet.exempt = options.exempt ?? false;
    packet.mtuProbe = options.mtuProbe ?? false;
    packet.addFrame(7, packet, packetNumber * 10, packetNumber * 10 + 10);
    this.loss.onPacketSent(packet);
    return packetNumber;
  }

  /** Sends `count` packets at once. */
  sendMany(count: number, now: number, options: SendOptions = {}): void {
    for (let index = 0; index < count; index++) this.send(now, options);
  }

  /** Acknowledges single numbers or `[start, end]` pairs. */
  ack(now: number, numbers: readonly (number | readonly [number, number])[], ackDelayMs = 0) {
    return this.loss.onAck(ackBlock(numbers, ackDelayMs), now);
  }
}

/** An ACK frame of the given numbers and inclusive pairs, in any order, not overlapping. */
export function ackBlock(
  numbers: readonly (number | readonly [number, number])[],
  ackDelayMs = 0,
): AckBlock {
  const block = new AckBlock();
  block.delayMs = ackDelayMs;
  const ranges = numbers.map((entry) => (typeof entry === 'number' ? [entry, entry] : entry));
  ranges.sort((left, right) => right[0]! - left[0]!);
  for (const [start, end] of ranges) {
    block.starts[block.count] = start!;
    block.ends[block.count] = end!;
    block.count++;
  }
  return block;
}
