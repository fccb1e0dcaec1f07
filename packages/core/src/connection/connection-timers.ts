import type { Path } from '../path/path.js';
import type { StateCarrier } from '../state-carrier.js';
import { CloseCode } from '../wire/close-codes.js';
import { ControlType, encodeLeafWanted } from '../wire/control-messages.js';
import type { ConnectionParts } from './connection-parts.js';

/** Packets sent for one probe timeout (RFC 9002 6.2.4). */
const PROBES = 2;
/** How many times within an idle timeout a sender that waits for credit makes itself heard. */
const NUDGES_PER_TIMEOUT = 3;

/** All deadlines of a connection, and what to do when they pass. */
export class ConnectionTimers {
  readonly #parts: ConnectionParts;
  #nudgedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /** The earliest deadline, or Infinity. */
  next(): number {
    const { closing, checkpoints, keys, rekey, incoming, outgoing, liveness, paths } = this.#parts;
    if (closing.isEnded) return closing.deadline;
    let at = Math.min(closing.deadline, keys.deadline, incoming.deadline);
    at = Math.min(at, liveness.idleDeadline(paths.active.ptoMs));
    if (this.#parts.established) {
      at = Math.min(at, checkpoints.deadline());
      at = Math.min(at, rekey.isPending ? rekey.deadline : keys.rotationDeadline);
      at = Math.min(at, this.#partialDeadline(), outgoing.queueDeadline, this.#nudgeDeadline());
    }
    for (const path of paths.all()) {
      at = Math.min(at, path.loss.nextDeadline(), path.validation.deadline);
      // Acknowledgements leave on the active path, whichever they are about.
      if (paths.active.maySendAck) at = Math.min(at, path.acks.deadline);
    }
    return at;
  }

  handle(now: number): void {
    const { closing, keys, incoming, outgoing, liveness, paths } = this.#parts;
    closing.handleTimeout(now);
    if (closing.isEnded) return;
    if (now >= liveness.idleDeadline(paths.active.ptoMs)) {
      closing.onIdle(now);
      return;
    }
    for (const path of paths.all()) this.#onPathTimeout(path, now);
    keys.expire(now);
    incoming.expire(now);
    outgoing.expire(now);
    this.#probePartial(now);
    this.#nudge(now);
    this.afterInput(now);
  }

  /** What any input may have made due. */
  afterInput(now: number): void {
    const { closing, checkpoints, keys, rekey, incoming, outgoing, liveness, paths } = this.#parts;
    if (closing.isEnded || !this.#parts.established) return;
    if (liveness.lastReceived === now) paths.active.loss.onHeard();
    if (!rekey.isPending && keys.rotationDue(now)) rekey.request();
    if (now >= rekey.deadline) rekey.advance();
    for (let numbers = incoming.takeWanted(); numbers; numbers = incoming.takeWanted()) {
      this.#parts.sendControl(ControlType.LEAF_WANTED, encodeLeafWanted({ lane: 1, numbers }));
    }
    checkpoints.advance(now);
    if (closing.isEnded) return;
    checkpoints.setLoad(this.#parts.isQueueEmpty, outgoing.blocked);
    checkpoints.signIfDue(now);
    if (checkpoints.isOverdue(paths.active.ptoMs)) {
      this.#parts.fail(CloseCode.SIGNATURE_OVERDUE, 0, 'messages stay unsigned');
      return;
    }
    if (checkpoints.reader.finalSeen && closing.phase === 'open') closing.answerFinal(now);
    closing.advance(now);
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#nudgedAt = state.number(this.#nudgedAt);
  }

  #onPathTimeout(path: Path, now: number): void {
    this.#parts.moves.dropLost(path);
    if (path.validation.handleTimeout(now, path.ptoMs)) this.#parts.moves.moved(path);
    if (path.loss.onTimeout(now) !== 'probe') return;
    path.probes = PROBES;
    const oldest = path.sent.outstanding.first;
    if (oldest !== undefined) this.#parts.loss.offerProbe(oldest);
  }

  /**
   * Partial messages are tried again after `retryIntervalMs` at the latest, but not before an
   * acknowledgement could be there (rule D7).
   */
  #partialDeadline(): number {
    const { retryIntervalMs } = this.#parts.options.config;
    const isOrdered = this.#parts.paths.lossy.isOrdered;
    if (retryIntervalMs === 0 || isOrdered) return Number.POSITIVE_INFINITY;
    const message = this.#parts.outgoing.lossy.oldestUnsettledPartial();
    if (message === undefined) return Number.POSITIVE_INFINITY;
    const { rtt, loss } = this.#parts.paths.lossy;
    const waitMs = Math.max(
      rtt.smoothed + 4 * rtt.variance,
      Math.min(retryIntervalMs, loss.ptoIntervalMs),
    );
    return message.lastSentAt + waitMs;
  }

  #probePartial(now: number): void {
    const { lossy } = this.#parts.outgoing;
    while (now >= this.#partialDeadline()) {
      const message = lossy.oldestUnsettledPartial();
      if (message !== undefined) lossy.offerProbe(message, 0, message.length);
    }
  }

  /**
   * A peer that does not read for long is not gone: while its credit holds messages back, something
   * that it has to acknowledge is sent now and then (RFC 9000 4.1).
   */
  #nudgeDeadline(): number {
    const { outgoing, liveness } = this.#parts;
    if (!outgoing.blocked || !outgoing.hasUnsent || liveness.idleTimeoutMs === 0) {
      return Number.POSITIVE_INFINITY;
    }
    const quietSince = Math.max(liveness.lastActivity, this.#nudgedAt);
    return quietSince + liveness.idleTimeoutMs / NUDGES_PER_TIMEOUT;
  }

  #nudge(now: number): void {
    if (now < this.#nudgeDeadline()) return;
    this.#nudgedAt = now;
    this.#parts.signals.forceCredit(0);
  }
}
