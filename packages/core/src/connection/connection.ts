import type { ReceivedMessage } from '../message/received-message.js';
import type { RemoteAddress } from '../path/remote-address.js';
import type { SignatureJob } from './checkpoints.js';
import { DEFAULT_LINGER_MS } from './closing.js';
import type { ConnectionEvent } from './connection-event.js';
import type { ConnectionOptions } from './connection-options.js';
import type { ConnectionParts } from './connection-parts.js';
import { ConnectionView } from './connection-view.js';
import type { DropReason } from './drop-reason.js';
import { wasEarly } from './early-parts.js';
import { MessageIntake, type SendOptions } from './message-intake.js';
import type { PacketOutlet } from './packet-outlet.js';
import { PacketReceiver } from './packet-receiver.js';
import { PacketSender } from './packet-sender.js';
import type { PathMoves } from './path-moves.js';
import { RestableSession } from './restable-session.js';

/** How a connection is closed. */
export interface CloseOptions {
  /** 0 for NO_ERROR, else an application code that travels with APPLICATION (SPEC 9.2). */
  readonly applicationCode?: number;
  readonly reason?: string;
  /** How long the orderly end may stand still before it is cut short. Default 30,000 ms. */
  readonly lingerMs?: number;
}

const APPLICATION = 18;

/**
 * One session, from its keys to its end: bytes and time go in, datagrams, messages, events and the
 * next deadline come out. It has no socket, clock or timer. After any verb, drain `pollTransmit`,
 * `pollEvent` and, where wanted, `pollMessage`, `pollSignatureJob` and `pollLog`.
 */
export class Connection extends ConnectionView {
  // Made when they are used: a session at rest does without.
  #receiver: PacketReceiver | undefined;
  #sender: PacketSender | undefined;
  #intake: MessageIntake | undefined;

  constructor(options: ConnectionOptions) {
    super(new RestableSession(options));
  }

  /** Server: the client is accepted. HANDSHAKE_DONE goes out (again). */
  sendHandshakeDone(now: number): void {
    this.session.enter(now);
    const { closing, signals, options } = this.#parts;
    if (closing.isEnded) {
      closing.onLateRecord(now);
    } else {
      signals.handshakeDone = true;
      this.#parts.establish();
    }
    options.wake();
  }

  /**
   * Takes a record with its outer mask undone; overwrites it.
   *
   * @param pathId the path that the record's connection id names
   * @returns undefined, or why it was dropped
   */
  handleRecord(
    record: Uint8Array,
    pathId: number,
    from: RemoteAddress,
    now: number,
  ): DropReason | undefined {
    const { restAt, isResting } = this.session;
    this.session.enter(now);
    const { closing, drops } = this.#parts;
    this.#receiver ??= new PacketReceiver(this.#parts);
    const reason = closing.isEnded
      ? this.#late(this.#receiver, record, pathId, now)
      : this.#receiver.handle(record, pathId, from, now);
    this.#parts.onHandled();
    if (reason !== undefined) {
      drops.add(reason);
      // What anybody can send does not keep a session from its rest.
      if (!isResting) this.session.restAt = restAt;
    }
    this.#parts.timers.afterInput(now);
    return reason;
  }

  handleTimeout(now: number): void {
    const session = this.session;
    if (session.resting !== undefined && now < session.resting.deadline) return;
    const { restAt } = session;
    session.enter(now);
    this.#parts.timers.handle(now);
    if (now < restAt || !session.rest()) return;
    this.#receiver = undefined;
    this.#sender = undefined;
    this.#intake = undefined;
  }

  /** The next time {@link handleTimeout} has to be called, or Infinity. */
  pollTimeout(): number {
    const { resting, restAt } = this.session;
    if (resting !== undefined) return resting.deadline;
    const at = this.#parts.timers.next();
    if (this.isEnded) return at;
    return Math.min(at, restAt, this.#sender?.pacedUntil ?? Number.POSITIVE_INFINITY);
  }

  /** Writes the next datagram to `out`. @returns its length, or 0 */
  pollTransmit(now: number, out: Uint8Array): number {
    if (this.session.isResting) return 0;
    this.#parts.now = now;
    this.#sender ??= new PacketSender(this.#parts);
    const close = this.#parts.closing.takeClose(now);
    if (close !== undefined) return this.#sender.close(close, now, out);
    return this.isEnded ? 0 : this.#sender.poll(now, out);
  }

  /** Where the datagram of the last {@link pollTransmit} goes. */
  get transmitTo(): RemoteAddress {
    return this.#sender?.to ?? this.remote;
  }

  pollEvent(): ConnectionEvent | undefined {
    return this.session.live?.events.poll();
  }

  /** The next message that may be delivered; taking it gives the peer credit. */
  pollMessage(now: number): ReceivedMessage | undefined {
    if (this.session.live === undefined) return undefined;
    const { incoming, signals, options } = this.session.live;
    let message = incoming.take(now);
    const hasTaken = message !== undefined;
    while (message !== undefined && wasEarly(this.#parts, message)) message = incoming.take(now);
    incoming.drained();
    if (hasTaken) this.session.enter(now);
    if (hasTaken && signals.isPending) options.wake();
    return message;
  }

  /** A signature to make or check, when that is not done inline. */
  pollSignatureJob(): SignatureJob | undefined {
    return this.isEnded ? undefined : this.session.live?.checkpoints.pollJob();
  }

  /** The outcome of the oldest signature job. */
  handleSignatureDone(result: Uint8Array | boolean, now: number): void {
    if (this.isEnded) return;
    this.session.enter(now);
    this.#parts.checkpoints.handleJobDone(result, now);
    this.#parts.timers.afterInput(now);
    this.#parts.options.wake();
  }

  /** Bytes for the session log, or undefined. */
  pollLog(): Uint8Array | undefined {
    return this.session.known.log?.take();
  }

  /** A line for the key log, or undefined. */
  pollKeyLog(): string | undefined {
    return this.session.known.keyLogLines.shift();
  }

  /**
   * Queues a message; `payload` is kept, not copied.
   *
   * @throws VCLError `MessageTooBig`, `ConnectionClosed`
   */
  send(payload: Uint8Array, options: SendOptions, now: number): void {
    this.session.enter(now);
    this.#intake ??= new MessageIntake(this.#parts);
    this.#intake.add(payload, options, now);
    this.#parts.options.wake();
  }

  /**
   * From now on lossy messages are taken from a port and handed to it; {@link send} takes reliable
   * ones only. To be called once, before any lossy message.
   */
  usePackets(packets: PacketOutlet, now: number): void {
    this.session.enter(now);
    this.#parts.usePackets(packets);
  }

  /** The port has something to send. */
  packetsReady(now: number): void {
    if (this.isEnded) return;
    this.session.enter(now);
    this.#parts.options.wake();
  }

  /** Whether a sender should wait for the event `writable`. */
  get isSendBufferFull(): boolean {
    return this.#parts.outgoing.isFull;
  }

  /** Payload bytes queued, or sent and not acknowledged. */
  get bufferedBytes(): number {
    return this.session.live?.outgoing.bufferedBytes ?? 0;
  }

  /** Gives up sending a lossy message of ours again. @returns whether it was still open */
  giveUp(n: number, now: number): boolean {
    if (this.isEnded) return false;
    this.session.enter(now);
    this.#parts.options.wake();
    return this.#parts.outgoing.lossy.giveUp(n);
  }

  /** Sends a PING. @returns its id, which the event `pong` carries */
  ping(now: number): number {
    this.session.enter(now);
    this.#parts.options.wake();
    return this.#parts.liveness.ping();
  }

  /** Asks for new keys; the event `keyRotated` tells when they are in use. */
  rotateKeys(now: number): void {
    this.session.enter(now);
    this.#parts.rekey.request();
    this.#parts.options.wake();
  }

  /**
   * Moves to a new path; only for the side that connected.
   *
   * @param remote where it leads; default: to where the present one does, after this side changed its
   * own address on purpose
   * @returns false when the peer has issued no id for one or bears no more
   */
  migrate(now: number, remote?: RemoteAddress): boolean {
    return this.#move(now, (moves) => moves.migrate(now, remote));
  }

  /** Tries a path beside the present one: the event `pathReady` tells that it works. @returns as {@link migrate} does */
  probe(remote: RemoteAddress, now: number): boolean {
    return this.#move(now, (moves) => moves.probe(now, remote));
  }

  /** Moves to a path that {@link probe} has opened and that works. @returns whether there is one */
  use(remote: RemoteAddress, now: number): boolean {
    return this.#move(now, (moves) => moves.use(remote, now));
  }

  /** Ends in order: what is queued is sent, then FINAL, then CLOSE. */
  close(options: CloseOptions, now: number): void {
    this.session.enter(now);
    const { applicationCode = 0, reason = '', lingerMs = DEFAULT_LINGER_MS } = options;
    const code = applicationCode === 0 ? 0 : APPLICATION;
    this.#parts.closing.finish(code, applicationCode, reason, lingerMs, now);
    this.#parts.options.wake();
  }

  /** Ends at once with a close code; queued messages are lost. */
  abort(code: number, reason: string, now: number): void {
    this.session.enter(now);
    this.#parts.closing.abort(code, 0, 0, reason, now);
    this.#parts.options.wake();
  }

  /** Ends a session that never came up, at the time of the last verb. */
  abandon(): void {
    this.abort(0, 'the handshake was given up', this.#parts.now);
  }

  /** Silence after which the session ends, ms; 0 switches it off on this side. */
  setIdleTimeout(ms: number): void {
    this.#parts.liveness.setIdleTimeout(ms);
    this.#parts.options.wake();
  }

  get idleTimeoutMs(): number {
    return this.#parts.liveness.idleTimeoutMs;
  }

  #move(now: number, move: (moves: PathMoves) => boolean): boolean {
    if (this.isEnded) return false;
    this.session.enter(now);
    this.#parts.options.wake();
    return move(this.#parts.moves);
  }

  /** The machines; a session at rest wakes. */
  get #parts(): ConnectionParts {
    return this.session.parts;
  }

  /** After the end only an authentic record is answered, so that nobody can make us chatter. */
  #late(receiver: PacketReceiver, record: Uint8Array, pathId: number, now: number): DropReason {
    const { closing } = this.#parts;
    if (closing.phase !== 'closing') return 'closed';
    const dropped = receiver.authenticate(record, pathId);
    if (dropped !== undefined) return dropped;
    closing.onLateRecord(now);
    return 'closed';
  }
}
