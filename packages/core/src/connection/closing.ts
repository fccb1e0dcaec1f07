import { CloseCode } from '../wire/close-codes.js';
import type { ConnectionParts } from './connection-parts.js';

/**
 * How a session ends (SPEC 9.1):
 *
 * ```
 * open -> finishing -> closing -> closed      (this side says CLOSE)
 *   \---------------> draining -> closed      (the peer said it)
 * ```
 */
export type ClosePhase = 'open' | 'finishing' | 'closing' | 'draining' | 'closed';

/** What a CLOSE says. */
export interface CloseInfo {
  readonly code: number;
  readonly frameType: number;
  readonly applicationCode: number;
  readonly reason: string;
}

/** How long an orderly end may stand still before it is cut short. */
export const DEFAULT_LINGER_MS = 30_000;

/** While the peer's FINAL is awaited, something is sent this often: its way here may have changed. */
const NUDGE_INTERVAL_MS = 1_000;

/** The end of a session: FINAL both ways, CLOSE, and the time after it. */
export class Closing {
  phase: ClosePhase = 'open';
  readonly #parts: ConnectionParts;
  #info: CloseInfo = { code: 0, frameType: 0, applicationCode: 0, reason: '' };
  #closeDue = false;
  #nextCloseAt = 0;
  #endsAt = Number.POSITIVE_INFINITY;
  #lingerMs = DEFAULT_LINGER_MS;
  #lingerUntil = Number.POSITIVE_INFINITY;
  #progress = -1;
  #nudgeAt = Number.POSITIVE_INFINITY;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /** What the session ended with, or is to end with. */
  get info(): CloseInfo {
    return this.#info;
  }

  /** Whether CLOSE was sent or received. */
  get isEnded(): boolean {
    return this.phase !== 'open' && this.phase !== 'finishing';
  }

  /** Ends in order: sends what is queued, then FINAL; a standstill of `lingerMs` cuts it short. */
  finish(
    code: number,
    applicationCode: number,
    reason: string,
    lingerMs: number,
    now: number,
  ): void {
    if (this.isEnded) return;
    // An answer to the peer's FINAL may be under way: what the application says then still counts.
    if (this.phase === 'open' || code !== 0) {
      this.#info = { code, frameType: 0, applicationCode, reason };
    }
    this.phase = 'finishing';
    this.#lingerMs = lingerMs;
    this.#lingerUntil = now + lingerMs;
    this.#nudgeAt = now + NUDGE_INTERVAL_MS;
    this.advance(now);
  }

  /** The peer's FINAL is verified: this side says its own as soon as what it has queued is sent. */
  answerFinal(now: number): void {
    this.finish(0, 0, '', this.#lingerMs, now);
  }

  /** Moves an orderly end on, as far as the lanes and statements allow. */
  advance(now: number): void {
    if (this.phase !== 'finishing') return;
    const { outgoing, checkpoints, established } = this.#parts;
    const { code, applicationCode, reason } = this.#info;
    if (!established) {
      this.abort(code, 0, applicationCode, reason, now);
      return;
    }
    this.#noteProgress(now);
    if (!outgoing.isSettled) return;
    if (!checkpoints.finalRequested) {
      checkpoints.requestFinal();
      checkpoints.signIfDue(now);
    }
    if (checkpoints.finalDelivered && checkpoints.reader.finalSeen) {
      this.abort(code, 0, applicationCode, reason, now);
    }
  }

  /** Sends CLOSE now, whatever is under way. */
  abort(
    code: number,
    frameType: number,
    applicationCode: number,
    reason: string,
    now: number,
  ): void {
    if (this.isEnded) return;
    this.phase = 'closing';
    this.#info = { code, frameType, applicationCode, reason };
    this.#closeDue = true;
    this.#nextCloseAt = now;
    this.#end(false, now);
  }

  /** CLOSE of the peer. */
  onPeerClose(code: number, applicationCode: number, reason: string, now: number): void {
    if (this.isEnded) return;
    this.phase = 'draining';
    this.#info = { code, frameType: 0, applicationCode, reason };
    this.#end(true, now);
  }

  /** The peer is gone: nothing is sent. */
  onIdle(now: number): void {
    if (this.isEnded) return;
    this.phase = 'draining';
    this.#info = { code: CloseCode.IDLE, frameType: 0, applicationCode: 0, reason: 'idle timeout' };
    this.#end(false, now);
  }

  /** A datagram came after the end: it is answered with CLOSE, at most once a PTO. */
  onLateRecord(now: number): void {
    if (this.phase === 'closing' && now >= this.#nextCloseAt) this.#closeDue = true;
  }

  /** The CLOSE to send now, if one is due. */
  takeClose(now: number): CloseInfo | undefined {
    if (this.phase !== 'closing' || !this.#closeDue) return undefined;
    this.#closeDue = false;
    this.#nextCloseAt = now + this.#parts.paths.active.ptoMs;
    return this.#info;
  }

  get wantsToSend(): boolean {
    return this.phase === 'closing' && this.#closeDue;
  }

  get deadline(): number {
    if (this.phase === 'finishing') return Math.min(this.#lingerUntil, this.#nudgeAt);
    return this.isEnded && this.phase !== 'closed' ? this.#endsAt : Number.POSITIVE_INFINITY;
  }

  handleTimeout(now: number): void {
    if (this.phase === 'finishing' && now >= this.#lingerUntil) {
      const { code, applicationCode, reason } = this.#info;
      this.abort(code, 0, applicationCode, reason, now);
    } else if (this.phase === 'finishing' && now >= this.#nudgeAt) {
      this.#nudgeAt = now + NUDGE_INTERVAL_MS;
      this.#parts.signals.forceCredit(0);
    } else if (this.isEnded && now >= this.#endsAt && !this.#closeDue) {
      this.phase = 'closed';
      this.#endsAt = Number.POSITIVE_INFINITY;
      this.#parts.wipe();
    }
  }

  /** The linger time starts over whenever the peer acknowledges or sends something of content. */
  #noteProgress(now: number): void {
    const { counters, control } = this.#parts;
    const progress = control.settled + counters.payloadBytesAcked + counters.payloadBytesReceived;
    if (progress === this.#progress) return;
    this.#progress = progress;
    this.#lingerUntil = now + this.#lingerMs;
  }

  #end(remote: boolean, now: number): void {
    const { isOrdered, loss } = this.#parts.paths.active;
    // On an ordered carrier CLOSE is not lost: nobody will ask for it again.
    this.#endsAt = isOrdered ? now : now + 3 * loss.ptoMs;
    this.#parts.onEnded(remote, this.#info);
  }
}
