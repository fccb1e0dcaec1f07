import { SendCredit } from '../../src/message/credit.js';
import type { OutgoingMessage } from '../../src/message/outgoing-message.js';
import { PacketBuilder } from '../../src/message/packet-builder.js';
import type { Lane } from '../../src/message/reliability.js';
import { SendLane, type SendLaneObserver } from '../../src/message/send-lane.js';
import { SentPacket } from '../../src/recovery/sent-packet.js';
import { type Frame, messagesIn } from './support.js';

const ROOM = 200;

/** What a lane reports, written down. */
class FakeObserver implements SendLaneObserver {
  mayNumberNow = true;
  readonly scheduled: [number, number, number][] = [];
  readonly abandoned: OutgoingMessage[] = [];
  readonly expired: OutgoingMessage[] = [];
  released = 0;

  mayNumber(): boolean {
    return this.mayNumberNow;
  }
  onScheduled(message: OutgoingMessage, from: number, to: number): void {
    this.scheduled.push([message.n, from, to]);
  }
  onAbandoned(message: OutgoingMessage): void {
    this.abandoned.push(message);
  }
  onExpired(message: OutgoingMessage): void {
    this.expired.push(message);
  }
  onReleased(count: number): void {
    this.released += count;
  }
}

/** A lane with credit, and what stood in the packets it wrote. */
export function sending(lane: Lane, credit = 1_000_000, messages = 100_000) {
  const observer = new FakeObserver();
  const made = new SendLane(lane, new SendCredit(credit, messages), observer);
  const write = (
    now = 0,
    room = ROOM,
  ): { frames: Frame[]; packet: SentPacket; repeats: boolean } => {
    const buffer = new Uint8Array(room);
    const builder = new PacketBuilder();
    const packet = new SentPacket();
    builder.begin(buffer, 0, room, room);
    made.write(builder, packet, now);
    const frames = messagesIn(buffer.subarray(0, builder.end));
    return { frames, packet, repeats: builder.repeats };
  };
  const push = (...pushed: OutgoingMessage[]): void => {
    for (const message of pushed) made.queue.push(message);
  };
  return { lane: made, observer, write, push };
}

/** Tells the lane what became of each message frame of a packet. */
export function settle(lane: SendLane, packet: SentPacket, fate: 'acked' | 'lost', now = 0): void {
  for (let i = 0; i < packet.frameCount; i++) {
    const message = packet.frameRefs[i] as OutgoingMessage;
    const [start, end] = [packet.frameStarts[i]!, packet.frameEnds[i]!];
    if (fate === 'acked') lane.onAcked(message, start, end);
    else lane.onLost(message, start, end, now);
  }
}

export const LOSSY = { reliability: 'unreliable' } as const;
export const PARTIAL = { reliability: 'partial', maxRetries: 1 } as const;
