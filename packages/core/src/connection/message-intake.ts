import type { ReliabilityMode } from '../config.js';
import { VCLError } from '../errors.js';
import type { ConnectionParts } from './connection-parts.js';

/** What the sender may choose for one message; absent fields come from the configuration. */
export interface SendOptions {
  readonly reliability?: ReliabilityMode;
  /** Milliseconds from now after which the message is given up; 0 or absent: never. Not for reliable ones. */
  readonly deadlineMs?: number;
  /** Higher goes first. Default 0. */
  readonly priority?: number;
  /** The application's number for the message, 0 to 65,535. Default 0. */
  readonly kind?: number;
}

const NEVER: number = Number.POSITIVE_INFINITY;
/** What may be lost does not wait for longer until a carrier without loss has room (rule D2). */
const ORDERED_QUEUE_MS = 50;

/** Takes messages from the application: what may be sent, in which lane, for how long. */
export class MessageIntake {
  readonly #parts: ConnectionParts;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /** @throws VCLError `MessageTooBig`, `ConnectionClosed` */
  add(payload: Uint8Array, options: SendOptions, now: number): void {
    const { adaptive, closing, outgoing, paths } = this.#parts;
    if (closing.phase !== 'open') {
      throw new VCLError('ConnectionClosed', 'the connection is closed or closing: open a new one');
    }
    this.#checkLength(payload.length);
    const { config } = this.#parts.options;
    const deadlineMs = options.deadlineMs ?? config.messageDeadlineMs;
    const mode = options.reliability ?? config.reliability;
    const resolved = adaptive.resolve(mode, deadlineMs > 0, paths.active.stats);
    const reliability = this.#parts.packets === undefined ? resolved : 'reliable';
    const mayExpire = deadlineMs > 0 && reliability !== 'reliable';
    const agesSoon = paths.lossy.isOrdered && reliability !== 'reliable' && deadlineMs === 0;
    outgoing.enqueue({
      payload,
      kind: options.kind ?? 0,
      reliability,
      deadline: mayExpire ? now + deadlineMs : NEVER,
      queueDeadline: agesSoon ? now + ORDERED_QUEUE_MS : undefined,
      maxRetries: config.maxRetries,
      priority: options.priority ?? 0,
    });
  }

  #checkLength(bytes: number): void {
    const { config, handshake } = this.#parts.options;
    const limit = Math.min(config.maxMessageBytes, handshake.peerParams.maxMessageBytes);
    if (bytes <= limit) return;
    throw new VCLError(
      'MessageTooBig',
      `a message of ${bytes} bytes is over the limit of ${limit}: split it, or raise maxMessageBytes on both sides`,
    );
  }
}
