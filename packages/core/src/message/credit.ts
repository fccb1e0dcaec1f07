import type { StateCarrier } from '../state-carrier.js';
/**
 * Credit for one lane (SPEC 6.4): how many bytes and messages may be sent since the lane's start.
 * The sending side spends; the receiving side grants, and grants more than a window only for the
 * message at the head of the lane, so that a message larger than the window completes (rule A4).
 */
export class SendCredit {
  #maxBytes: number;
  #maxMessages: number;
  #bytes = 0;
  #messages = 0;

  constructor(maxBytes: number, maxMessages: number) {
    this.#maxBytes = maxBytes;
    this.#maxMessages = maxMessages;
  }

  /** Raises the limits; smaller ones are stale and ignored. @returns whether anything grew */
  raise(maxBytes: number, maxMessages: number): boolean {
    const grew = maxBytes > this.#maxBytes || maxMessages > this.#maxMessages;
    this.#maxBytes = Math.max(this.#maxBytes, maxBytes);
    this.#maxMessages = Math.max(this.#maxMessages, maxMessages);
    return grew;
  }

  get bytesLeft(): number {
    return this.#maxBytes - this.#bytes;
  }

  get messagesLeft(): number {
    return this.#maxMessages - this.#messages;
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  get maxMessages(): number {
    return this.#maxMessages;
  }

  spendMessage(): void {
    this.#messages++;
  }

  spendBytes(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#maxBytes = state.number(this.#maxBytes);
    this.#maxMessages = state.number(this.#maxMessages);
    this.#bytes = state.number(this.#bytes);
    this.#messages = state.number(this.#messages);
  }
}

/** Settings of {@link ReceiveCredit}. */
export interface ReceiveCreditOptions {
  /** Initial window in bytes. */
  readonly windowBytes: number;
  /** Largest window auto-tuning may reach, in bytes; equal to the initial one when tuning is off. */
  readonly maxWindowBytes: number;
  /** Window in messages. */
  readonly windowMessages: number;
}

/** The receiving side of a lane's credit, with the window tuned to twice the bandwidth-delay product (rule D7). */
export class ReceiveCredit {
  readonly #maxWindowBytes: number;
  readonly #windowMessages: number;
  #windowBytes: number;
  #receivedBytes = 0;
  #receivedMessages = 0;
  #releasedBytes = 0;
  #releasedMessages = 0;
  #headBytes = 0;
  #grantedBytes: number;
  #grantedMessages: number;
  #epochStart: number = Number.NEGATIVE_INFINITY;
  #epochConsumed = 0;

  constructor(options: ReceiveCreditOptions) {
    this.#windowBytes = options.windowBytes;
    this.#maxWindowBytes = Math.max(options.maxWindowBytes, options.windowBytes);
    this.#windowMessages = options.windowMessages;
    this.#grantedBytes = options.windowBytes;
    this.#grantedMessages = options.windowMessages;
  }

  get windowBytes(): number {
    return this.#windowBytes;
  }

  get grantedBytes(): number {
    return this.#grantedBytes;
  }

  get grantedMessages(): number {
    return this.#grantedMessages;
  }

  /**
   * Counts new bytes and messages. What was released counts although the peer has not heard of it:
   * it may spend on a message that it gives up more than it has, and others overtake the GAP.
   *
   * @returns false when the peer overran its credit
   */
  receive(bytes: number, messages: number): boolean {
    this.#receivedBytes += bytes;
    this.#receivedMessages += messages;
    return (
      this.#receivedBytes <= Math.max(this.#grantedBytes, this.#targetBytes) &&
      this.#receivedMessages <= Math.max(this.#grantedMessages, this.#targetMessages)
    );
  }

  /** Pieces of one message, which were counted, are dropped; its GAP will count it in full. */
  forget(bytes: number): void {
    this.#receivedBytes -= bytes;
    this.#receivedMessages--;
  }

  /** A GAP declared a message lost: spent by the peer in full, and of no weight here (SPEC 6.5). */
  skip(bytes: number, now: number, rttMs: number): void {
    this.#receivedBytes += bytes;
    this.#receivedMessages++;
    this.release(bytes, 1, now, rttMs);
  }

  /** The application took a message. */
  release(bytes: number, messages: number, now: number, rttMs: number): void {
    this.#releasedBytes += bytes;
    this.#releasedMessages += messages;
    this.tune(now, rttMs);
  }

  /** Bytes of a message at the head of an otherwise empty lane that have arrived. */
  setHead(bytes: number): void {
    this.#headBytes = bytes;
  }

  /** Whether enough has been released that the peer should hear of it. */
  get due(): boolean {
    return (
      this.#targetBytes - this.#grantedBytes >= this.#windowBytes / 4 ||
      this.#targetMessages - this.#grantedMessages >= this.#windowMessages / 4
    );
  }

  /** Raises the grant to what it may be now; the caller then sends CREDIT. */
  grant(): void {
    this.#grantedBytes = Math.max(this.#grantedBytes, this.#targetBytes);
    this.#grantedMessages = Math.max(this.#grantedMessages, this.#targetMessages);
  }

  /** A window of which half is consumed within two round trips is too small for the path: it doubles. */
  tune(now: number, rttMs: number): void {
    const consumed = this.#releasedBytes + this.#headBytes;
    if (this.#windowBytes >= this.#maxWindowBytes) return;
    if (consumed - this.#epochConsumed < this.#windowBytes / 2) return;
    if (rttMs > 0 && now - this.#epochStart < 2 * rttMs) {
      this.#windowBytes = Math.min(this.#windowBytes * 2, this.#maxWindowBytes);
    }
    this.#epochStart = now;
    this.#epochConsumed = consumed;
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#windowBytes = state.number(this.#windowBytes);
    this.#receivedBytes = state.number(this.#receivedBytes);
    this.#receivedMessages = state.number(this.#receivedMessages);
    this.#releasedBytes = state.number(this.#releasedBytes);
    this.#releasedMessages = state.number(this.#releasedMessages);
    this.#headBytes = state.number(this.#headBytes);
    this.#grantedBytes = state.number(this.#grantedBytes);
    this.#grantedMessages = state.number(this.#grantedMessages);
    this.#epochStart = state.number(this.#epochStart);
    this.#epochConsumed = state.number(this.#epochConsumed);
  }

  get #targetBytes(): number {
    return this.#releasedBytes + this.#headBytes + this.#windowBytes;
  }

  get #targetMessages(): number {
    return this.#releasedMessages + this.#windowMessages;
  }
}
