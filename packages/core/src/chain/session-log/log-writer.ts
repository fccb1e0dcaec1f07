import type { CryptoProvider } from '../../crypto/provider.js';
import { VCLError } from '../../errors.js';
import { Writer } from '../../wire/writer.js';
import type { ChainDirection, ChainLane } from '../lane.js';
import { LogBuffer } from './log-buffer.js';
import { LogChecksum } from './log-checksum.js';
import {
  encodeEndHead,
  encodeEpochEntry,
  encodeGapEntry,
  encodeMessageHead,
  encodeSessionEntry,
  encodeStatementEntry,
  type LoggedGap,
  MESSAGE_HEAD_BYTES,
} from './log-encode.js';
import { LOG_MAGIC, type SessionEnd, type SessionInfo } from './log-entry.js';

/** What {@link SessionLogWriter} needs. */
export interface SessionLogWriterOptions {
  readonly crypto: Pick<CryptoProvider, 'createSha256'>;
  /** Whether salts and payloads go into the log, or leaves alone. */
  readonly payloads: 'kept' | 'redacted';
  /** True for a file that has sessions already: nothing is put before the first. Default false. */
  readonly append?: boolean;
}

/**
 * Writes a session log (SPEC 11). It does no I/O: what it wrote is fetched with {@link take}.
 *
 * Entries that come before `session` are held and follow it: in session evidence the signers are
 * known only after the first messages.
 */
export class SessionLogWriter {
  readonly #options: SessionLogWriterOptions;
  readonly #out = new LogBuffer();
  /** Entries that wait for SESSION, and what the checksum takes of them. */
  readonly #held = new LogBuffer();
  readonly #heldParts = new LogBuffer();
  /** The checksum of the session that has begun. */
  #checksum: LogChecksum | undefined;
  readonly #messageHead = new Uint8Array(MESSAGE_HEAD_BYTES);
  readonly #writer = new Writer();

  constructor(options: SessionLogWriterOptions) {
    this.#options = options;
    if (options.append !== true) this.#out.append(LOG_MAGIC);
  }

  /** Bytes that wait for {@link take}, without what is held. */
  get queuedBytes(): number {
    return this.#out.length;
  }

  /**
   * A session begins.
   *
   * @throws VCLError `InvalidConfig` while another one has not ended
   */
  session(info: SessionInfo): void {
    if (this.#checksum !== undefined) {
      throw new VCLError('InvalidConfig', 'a session is being logged: write its end first');
    }
    const entry = encodeSessionEntry(info, this.#options.payloads);
    this.#checksum = new LogChecksum(this.#options.crypto);
    this.#checksum.add(entry);
    this.#checksum.add(this.#heldParts.take());
    this.#out.append(entry);
    this.#out.append(this.#held.take());
  }

  /**
   * A message was numbered (own direction) or arrived whole (the peer's).
   *
   * @param payload whole, or in parts; copied when payloads are kept, else only measured
   * @param salt 16 bytes @param leaf 32 bytes
   */
  message(
    direction: ChainDirection,
    lane: ChainLane,
    kind: number,
    n: number,
    payload: Uint8Array | readonly Uint8Array[],
    salt: Uint8Array,
    leaf: Uint8Array,
  ): void {
    const kept = this.#options.payloads === 'kept';
    const length = payload instanceof Uint8Array ? payload.length : totalLength(payload);
    const w = this.#writer.reset(this.#messageHead, 0, MESSAGE_HEAD_BYTES);
    encodeMessageHead(w, kept, direction, lane, kind, n, length, leaf);
    const out = this.#entry(this.#messageHead);
    if (!kept) return;
    out.append(salt);
    if (payload instanceof Uint8Array) out.append(payload);
    else for (const part of payload) out.append(part);
  }

  /** A lossy message was given up by its sender: at most once for a number. */
  gap(gap: LoggedGap): void {
    this.#entry(encodeGapEntry(gap));
  }

  /** A statement was signed or verified; everything it covers stands before it. */
  statement(statement: Uint8Array, signature: Uint8Array): void {
    this.#entry(encodeStatementEntry(statement, signature));
  }

  /** New keys came into use; stands before the first statement that names the epoch. */
  epoch(epoch: number, eth: Uint8Array): void {
    this.#entry(encodeEpochEntry(epoch, eth));
  }

  /** The session is over. What was held without a `session` is dropped. */
  end(end: SessionEnd): void {
    if (this.#checksum === undefined) {
      this.#held.take();
      this.#heldParts.take();
      return;
    }
    this.#entry(encodeEndHead(end));
    this.#out.append(this.#checksum.digest());
    this.#checksum = undefined;
  }

  /** What is to be written to the file next, or undefined; the caller may keep it. */
  take(): Uint8Array | undefined {
    return this.#out.length === 0 ? undefined : this.#out.take();
  }

  /** Adds what the checksum covers of an entry. @returns where the rest goes */
  #entry(head: Uint8Array): LogBuffer {
    const held = this.#checksum === undefined;
    if (held) this.#heldParts.append(head);
    else this.#checksum?.add(head);
    const target = held ? this.#held : this.#out;
    target.append(head);
    return target;
  }
}

function totalLength(parts: readonly Uint8Array[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}
