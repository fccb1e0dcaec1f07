import { Fifo } from '../fifo.js';
import { SentFrame } from '../recovery/sent-frame.js';
import type { SentPacket } from '../recovery/sent-packet.js';
import type { StateCarrier } from '../state-carrier.js';
import type { SendCredit } from './credit.js';
import { cutPiece } from './cut-piece.js';
import { MessageRing } from './message-ring.js';
import type { OutgoingMessage } from './outgoing-message.js';
import type { PacketBuilder } from './packet-builder.js';
import type { Lane } from './reliability.js';
import { SendQueue } from './send-queue.js';

/** What a lane tells the connection. */
export interface SendLaneObserver {
  /** Whether one more message may get a number (uncovered messages, SPEC 8.4). */
  mayNumber(lane: Lane): boolean;
  /** Bytes `[from, to)` are scheduled for the first time; the leaf advances. */
  onScheduled(message: OutgoingMessage, from: number, to: number): void;
  /** A numbered message will not be sent again: its GAP is due. Its leaf is known. */
  onAbandoned(message: OutgoingMessage): void;
  /** A message expired in the queue, without a number. */
  onExpired(message: OutgoingMessage): void;
  /** Payload bytes that need not be kept any more. */
  onReleased(bytes: number): void;
}

/** How far numbers run ahead of the lowest unsettled one (SPEC 6.1). */
const WINDOW = { 0: 16_384, 1: 8_192 } as const;
/**
 * A peer that gives credit byte by byte gets a piece for each round trip, not for each CREDIT
 * (RFC 9293 3.8.6.2.1): below this much credit a lane waits until all it has sent is acknowledged.
 */
const MIN_CREDIT_PIECE_BYTES = 256;

/** One lane on its way out: numbers messages, cuts them into frames, sends again what was lost. */
export class SendLane {
  readonly lane: Lane;
  readonly queue: SendQueue = new SendQueue();
  readonly credit: SendCredit;
  /** Whether the last attempt to send stopped for want of credit. */
  blocked = false;
  readonly #observer: SendLaneObserver;
  readonly #ring = new MessageRing();
  // These are made when something is first lost or partial.
  #resend: Fifo<OutgoingMessage> | undefined;
  /** Partial messages sent whole, in the order of their last sending, and when that was. */
  #partials: Fifo<OutgoingMessage> | undefined;
  #partialTimes: Fifo<number> | undefined;
  #current: OutgoingMessage | undefined = undefined;

  constructor(lane: Lane, credit: SendCredit, observer: SendLaneObserver) {
    this.lane = lane;
    this.credit = credit;
    this.#observer = observer;
  }

  /** The number the next message gets: how many messages the lane has. */
  get next(): number {
    return this.#ring.next;
  }

  /** Whether anything is waiting to be sent for the first time. */
  get hasUnsent(): boolean {
    return this.#current !== undefined || this.queue.count > 0;
  }

  /** The priority of what is sent for the first time next, 0 when nothing is. */
  get nextPriority(): number {
    return (this.#current ?? this.queue.peek())?.priority ?? 0;
  }

  /** When {@link expire} has something to do, or Infinity. */
  get nextDeadline(): number {
    return Math.min(this.queue.nextDeadline(), this.#current?.deadline ?? Number.POSITIVE_INFINITY);
  }

  /** Whether every message was sent and settled. */
  get isSettled(): boolean {
    return !this.hasUnsent && this.#ring.base === this.#ring.next;
  }

  /** Whether a call of {@link write} could write something now. */
  get wantsToWrite(): boolean {
    if (this.#resend?.isEmpty === false) return true;
    const message = this.#current ?? this.queue.peek();
    if (message === undefined) return false;
    if (this.#current === undefined && !this.#mayNumber()) return false;
    return this.#allowed(message) > message.scheduled || message.length === message.scheduled;
  }

  /** Writes frames while they fit. @returns whether any was written */
  write(builder: PacketBuilder, packet: SentPacket, now: number): boolean {
    const resent = this.#writeResends(builder, packet, now);
    const sent = this.#writeNew(builder, packet, now);
    return resent || sent;
  }

  onAcked(message: OutgoingMessage, start: number, end: number): void {
    if (!message.acknowledge(start, end)) return;
    this.#observer.onReleased(message.length);
    message.settle('acknowledged');
    this.#ring.settle(message.n);
  }

  /** A piece was declared lost: send it again, or give the message up (SPEC 7). */
  onLost(message: OutgoingMessage, start: number, end: number, now: number): void {
    if (message.fate !== 'open') return;
    if (message.reliability === 'reliable') {
      this.#queueResend(message, start, end);
      return;
    }
    if (message.resending) {
      message.lose(start, end);
      return;
    }
    if (message.retriesLeft === 0 || now >= message.deadline) {
      this.abandon(message);
      return;
    }
    message.retriesLeft--;
    this.#queueResend(message, start, end);
  }

  /** For a probe: offers a piece for sending again without giving anything up. @returns whether it will be sent */
  offerProbe(message: OutgoingMessage, start: number, end: number): boolean {
    if (message.fate !== 'open' || message.reliability === 'unreliable') return false;
    if (message.reliability === 'partial') {
      if (message.retriesLeft === 0) return false;
      message.retriesLeft--;
    }
    this.#queueResend(message, start, end);
    return true;
  }

  /** The partial message that waits longest for its acknowledgement and may be sent again. */
  oldestUnsettledPartial(): OutgoingMessage | undefined {
    for (;;) {
      const message = this.#partials?.peek();
      if (message === undefined) return undefined;
      const isOpen = message.fate === 'open' && !message.resending && message.retriesLeft > 0;
      if (isOpen && message.lastSentAt === this.#partialTimes?.peek()) return message;
      this.#partials?.poll();
      this.#partialTimes?.poll();
    }
  }

  /** Stops sending message `n` again. @returns whether it was still open (lossy lane only) */
  giveUp(n: number): boolean {
    const message = this.#ring.get(n);
    if (message === undefined || message.fate !== 'open' || message.lane === 0) return false;
    this.abandon(message);
    return true;
  }

  /** Gives a lossy message up: its GAP goes out, its number settles with {@link settle}. */
  abandon(message: OutgoingMessage): void {
    if (!message.complete) {
      const from = message.scheduled;
      this.credit.spendBytes(message.length - from);
      this.#markScheduled(message, from, message.length);
    }
    this.#observer.onReleased(message.length);
    message.settle('abandoned');
    this.#observer.onAbandoned(message);
  }

  /** All messages below are settled. */
  get settledThrough(): number {
    return this.#ring.base;
  }

  /** Whether a message of `bytes` bytes that is not kept may get a number now. */
  mayTake(bytes: number): boolean {
    if (!this.#mayNumber()) return false;
    this.blocked = this.credit.bytesLeft < bytes;
    return !this.blocked;
  }

  /** Gives the next number to a message of `bytes` bytes that is not kept. */
  takeNumber(bytes: number): void {
    this.#ring.pushUnkept();
    this.credit.spendMessage();
    this.credit.spendBytes(bytes);
  }

  /** The peer has the GAP of message `n`, or a message that is not kept. */
  settle(n: number): void {
    this.#ring.settle(n);
  }

  /** Drops waiting messages whose deadline has passed; they never get a number. */
  expire(now: number): void {
    for (let next = this.queue.peek(); next !== undefined && next.queueDeadline <= now; ) {
      this.queue.shift();
      this.#observer.onReleased(next.length);
      this.#observer.onExpired(next);
      next = this.queue.peek();
    }
    const current = this.#current;
    if (current !== undefined && current.deadline <= now) this.abandon(current);
  }

  /** With all settled: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.blocked = state.flag(this.blocked);
    this.credit.carry(state);
    this.#ring.carry(state);
  }

  #queueResend(message: OutgoingMessage, start: number, end: number): void {
    if (!message.lose(start, end) || message.resending) return;
    message.resending = true;
    this.#resend ??= new Fifo();
    this.#resend.push(message);
  }

  #writeResends(builder: PacketBuilder, packet: SentPacket, now: number): boolean {
    const resend = this.#resend;
    if (resend === undefined) return false;
    let wrote = false;
    for (let next = resend.peek(); next !== undefined; next = resend.peek()) {
      if (next.deadline <= now && next.fate === 'open') this.abandon(next);
      if (next.fate !== 'open' || !next.hasLost) {
        resend.poll();
        next.resending = false;
        this.#notePartial(next);
        continue;
      }
      const from = next.lostStart;
      const to = cutPiece(builder, this.lane, next, from, next.lostEnd);
      if (to < 0) return wrote;
      this.#put(builder, packet, next, from, to, now);
      next.resent(from, to);
      builder.repeats = true;
      wrote = true;
    }
    return wrote;
  }

  #writeNew(builder: PacketBuilder, packet: SentPacket, now: number): boolean {
    let wrote = false;
    this.blocked = false;
    for (;;) {
      this.expire(now);
      const message = this.#current ?? this.queue.peek();
      if (message === undefined) return wrote;
      if (this.#current === undefined && !this.#mayNumber()) return wrote;
      const from = message.scheduled;
      const allowed = this.#allowed(message);
      if (allowed === from && message.length > from) {
        this.blocked = true;
        return wrote;
      }
      if (message.n < 0) message.n = this.#ring.next;
      const to = cutPiece(builder, this.lane, message, from, allowed);
      if (to < 0) {
        if (this.#current === undefined) message.n = -1;
        return wrote;
      }
      if (this.#current === undefined) this.#take(message);
      this.#put(builder, packet, message, from, to, now);
      this.credit.spendBytes(to - from);
      this.#markScheduled(message, from, to);
      wrote = true;
    }
  }

  /** How far a message may be sent with the credit that is left. */
  #allowed(message: OutgoingMessage): number {
    const from = message.scheduled;
    // An abandoned message may have left the credit in debt.
    const credit = Math.max(0, this.credit.bytesLeft);
    if (credit >= message.length - from) return message.length;
    if (credit >= MIN_CREDIT_PIECE_BYTES || this.#isAllAcknowledged) return from + credit;
    return from;
  }

  /** Whether nothing that was sent waits for its acknowledgement. */
  get #isAllAcknowledged(): boolean {
    const { base, next } = this.#ring;
    if (base === next) return true;
    return base === next - 1 && this.#ring.get(base)?.isSentAcknowledged === true;
  }

  #take(message: OutgoingMessage): void {
    this.queue.shift();
    this.#current = message;
    this.#ring.push(message);
    this.credit.spendMessage();
  }

  #markScheduled(message: OutgoingMessage, from: number, to: number): void {
    message.scheduled = to;
    message.complete = to === message.length;
    if (message.complete && this.#current === message) this.#current = undefined;
    this.#observer.onScheduled(message, from, to);
    if (message.complete) this.#notePartial(message);
  }

  #notePartial(message: OutgoingMessage): void {
    if (message.reliability !== 'partial' || message.fate !== 'open' || !message.complete) return;
    this.#partials ??= new Fifo();
    this.#partialTimes ??= new Fifo();
    this.#partials.push(message);
    this.#partialTimes.push(message.lastSentAt);
  }

  #put(
    builder: PacketBuilder,
    packet: SentPacket,
    message: OutgoingMessage,
    from: number,
    to: number,
    now: number,
  ): void {
    builder.message(message, from, to);
    packet.addFrame(SentFrame.Message, message, from, to);
    message.lastSentAt = now;
  }

  #mayNumber(): boolean {
    if (this.#ring.next - this.#ring.base >= WINDOW[this.lane]) return false;
    if (this.credit.messagesLeft > 0) return this.#observer.mayNumber(this.lane);
    this.blocked = true;
    return false;
  }
}
