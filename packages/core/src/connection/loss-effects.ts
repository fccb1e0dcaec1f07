import type { OutgoingMessage } from '../message/outgoing-message.js';
import type { Path } from '../path/path.js';
import type { LossHandler } from '../recovery/loss-detector.js';
import { SentFrame } from '../recovery/sent-frame.js';
import type { SentPacket } from '../recovery/sent-packet.js';
import type { ConnectionParts } from './connection-parts.js';

/** Tells the owners of frames what became of the packets that carried them. */
export class LossEffects implements LossHandler {
  readonly #parts: ConnectionParts;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  onPacketAcked(packet: SentPacket): void {
    for (let i = 0; i < packet.frameCount; i++) {
      const start = packet.frameStarts[i]!;
      const end = packet.frameEnds[i]!;
      switch (packet.frameKinds[i]) {
        case SentFrame.Message:
          this.#parts.counters.payloadBytesAcked += end - start;
          this.#parts.outgoing.onAcked(packet.frameRefs[i] as OutgoingMessage, start, end);
          break;
        case SentFrame.Packet:
          this.#parts.packets?.onAcked(start);
          break;
        case SentFrame.Control:
          this.#parts.control.onAcked(start, end);
          break;
        case SentFrame.NewConnectionId:
          this.#parts.signals.localCids.acknowledged(start);
          break;
        case SentFrame.Ack:
          // The peer knows these are acknowledged: they need not be said again (RFC 9000 13.2.4).
          (packet.frameRefs[i] as Path).received.dropBelow(start);
          break;
        default:
          break;
      }
    }
    this.#parts.onAcked(packet.epoch);
  }

  onPacketLost(packet: SentPacket): void {
    const { outgoing, control, counters } = this.#parts;
    const now = this.#parts.now;
    counters.packetsLost++;
    for (let i = 0; i < packet.frameCount; i++) {
      const start = packet.frameStarts[i]!;
      const end = packet.frameEnds[i]!;
      switch (packet.frameKinds[i]) {
        case SentFrame.Message:
          outgoing.onLost(packet.frameRefs[i] as OutgoingMessage, start, end, now);
          break;
        case SentFrame.Packet:
          this.#parts.packets?.onLost(start);
          break;
        case SentFrame.Control:
          control.onLost(start, end);
          break;
        default:
          this.#signalLost(packet.frameKinds[i]!, start);
      }
    }
  }

  onPersistentCongestion(): void {
    this.#parts.packets?.port.onPersistentCongestion(this.#parts.now);
  }

  /** A probe is due: the frames of the oldest packet without an answer are offered again. */
  offerProbe(packet: SentPacket): void {
    for (let i = 0; i < packet.frameCount; i++) {
      const start = packet.frameStarts[i]!;
      const end = packet.frameEnds[i]!;
      if (packet.frameKinds[i] === SentFrame.Message) {
        this.#parts.outgoing.offerProbe(packet.frameRefs[i] as OutgoingMessage, start, end);
      } else if (packet.frameKinds[i] === SentFrame.Control) {
        this.#parts.control.onLost(start, end);
      } else {
        this.#signalLost(packet.frameKinds[i]!, start);
      }
    }
  }

  #signalLost(kind: number, start: number): void {
    const { signals } = this.#parts;
    switch (kind) {
      case SentFrame.Credit:
        signals.forceCredit(start);
        break;
      case SentFrame.HandshakeDone:
        signals.handshakeDone = true;
        break;
      case SentFrame.NewConnectionId:
        signals.localCids.announceAgain(start);
        break;
      case SentFrame.RetireConnectionId:
        if (!signals.retired.includes(start)) signals.retired.push(start);
        break;
      case SentFrame.Verified:
        signals.verifiedDue = true;
        break;
      case SentFrame.AckFrequency:
        signals.ackThreshold = 0;
        break;
      case SentFrame.Ping:
        signals.liveness.onPingLost(start);
        break;
      case SentFrame.Pong:
        signals.liveness.handlePing(start);
        break;
      default:
        break;
    }
  }
}
