import type { FileHandle } from 'node:fs/promises';
import { type CryptoProvider, LogParser, SessionLogWriter, VCLError } from '@vcl-protocol/core';
import type { SessionLog, SessionLogFileOptions, SessionLogListener } from '../session-log.js';
import { openPrivateAppend } from './private-file.js';

/** Bytes that may wait for the disk before whatever makes more of them has to pause. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;

/**
 * Appends session logs to a file (SPEC 11). What is written is never changed, so a crash costs the
 * end of the file at most; that end is cut off when the file is opened again. Only one process may
 * write a file at a time.
 */
export class SessionLogFile implements SessionLog {
  readonly #options: SessionLogFileOptions;
  readonly #file: FileHandle;
  #chunks: Uint8Array[] = [];
  #waitingBytes = 0;
  #isEmpty: boolean;
  #writing: Promise<void> | undefined;
  #error: VCLError | undefined;
  #wasBehind = false;
  #closing: Promise<void> | undefined;
  #listener: SessionLogListener | undefined;

  /**
   * @throws VCLError `IoError` when the file cannot be opened, others may read it, it holds
   * something that is no session log, or sessions and `append` is not set
   */
  static async open(options: SessionLogFileOptions): Promise<SessionLogFile> {
    const file = await openPrivateAppend(options.file, 'the session log');
    try {
      const { size } = await file.stat();
      if (size > 0 && options.append !== true) {
        throw new VCLError(
          'IoError',
          `the session log ${options.file} exists: name another file, or set record.append`,
        );
      }
      const bytes = size > 0 ? await cutTornEnd(file, options.file) : 0;
      return new SessionLogFile(options, file, bytes === 0);
    } catch (cause) {
      await file.close();
      if (VCLError.is(cause)) throw cause;
      throw ioError(options.file, cause);
    }
  }

  private constructor(options: SessionLogFileOptions, file: FileHandle, isEmpty: boolean) {
    this.#options = options;
    this.#file = file;
    this.#isEmpty = isEmpty;
  }

  /** Tells `listener` how it goes from here on. */
  attach(listener: SessionLogListener): void {
    this.#listener = listener;
  }

  /** Whether more than 8 MiB wait for the disk. */
  get isBehind(): boolean {
    return this.#waitingBytes > MAX_WAITING_BYTES;
  }

  /** Appends bytes of a log that was begun with `append`. They are kept, not copied. */
  append(chunk: Uint8Array): void {
    if (this.#error !== undefined || this.#closing !== undefined) return;
    if (this.#isEmpty) this.#push(logMagic(this.#options.crypto));
    this.#isEmpty = false;
    this.#push(chunk);
    this.#writing ??= this.#write();
  }

  /**
   * Resolves when all that was appended is on the disk; once closed, with what that came to.
   *
   * @throws VCLError `IoError` when it is not, and will not be
   */
  sync(): Promise<void> {
    return this.#closing ?? this.#sync();
  }

  /** The same as {@link sync}; what is appended afterwards is ignored. May be called again. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #sync(): Promise<void> {
    await this.#writing;
    if (this.#error === undefined) await this.#file.sync().catch((cause) => this.#fail(cause));
    if (this.#error !== undefined) throw this.#error;
  }

  async #close(): Promise<void> {
    try {
      await this.#sync();
    } finally {
      await this.#file.close();
    }
  }

  #push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#waitingBytes += chunk.length;
    this.#wasBehind ||= this.isBehind;
  }

  /** One write at a time, of all that waits then. */
  async #write(): Promise<void> {
    while (this.#chunks.length > 0 && this.#error === undefined) {
      const batch = Buffer.concat(this.#chunks);
      this.#chunks = [];
      try {
        await this.#file.appendFile(batch);
        this.#waitingBytes -= batch.length;
      } catch (cause) {
        this.#fail(cause);
      }
      this.#noteCaughtUp();
    }
    this.#writing = undefined;
  }

  #noteCaughtUp(): void {
    if (!this.#wasBehind || this.#waitingBytes > MAX_WAITING_BYTES / 2) return;
    this.#wasBehind = false;
    this.#listener?.onLogCaughtUp();
  }

  #fail(cause: unknown): void {
    this.#error = ioError(this.#options.file, cause);
    this.#chunks = [];
    this.#waitingBytes = 0;
    this.#listener?.onLogError(this.#error);
  }
}

/** What a session log begins with, from where it is defined. */
function logMagic(crypto: CryptoProvider): Uint8Array {
  return new SessionLogWriter({ crypto, payloads: 'redacted' }).take()!;
}

/** Cuts off an entry that a crash left incomplete. @returns how long the file is then */
async function cutTornEnd(file: FileHandle, path: string): Promise<number> {
  const parser = new LogParser();
  const buffer = new Uint8Array(READ_BYTES);
  for (let position = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, READ_BYTES, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    parser.push(buffer.subarray(0, bytesRead));
    while (parser.next() !== undefined);
  }
  if (parser.state === 'unreadable') {
    throw new VCLError('IoError', `${path} is not a session log, or damaged: name another file`);
  }
  if (parser.rest > 0) await file.truncate(parser.offset);
  return parser.offset;
}

function ioError(path: string, cause: unknown): VCLError {
  return new VCLError('IoError', `the session log ${path} cannot be written: ${String(cause)}`, {
    cause,
  });
}
