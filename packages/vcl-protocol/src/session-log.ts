import type { Connection, CryptoProvider, VCLError } from '@vcl-protocol/core';

/** Where a session log goes. */
export interface SessionLogFileOptions {
  /** The file; it is made with mode 0600. */
  readonly file: string;
  /** Whether the file may hold sessions already, after which the next ones are put. Default false. */
  readonly append?: boolean;
  readonly crypto: CryptoProvider;
}

/** Who is told how writing goes: the session that is recorded at present. */
export interface SessionLogListener {
  /** The log cannot be written any more. Told once. */
  onLogError(error: VCLError): void;
  /** {@link SessionLog.isBehind} is false again. */
  onLogCaughtUp(): void;
}

/** What takes session logs, one session after the other (SPEC 11). */
export interface SessionLog {
  /** Whether so much waits to be written that whatever makes more of it has to pause. */
  readonly isBehind: boolean;
  /** Tells `listener` how it goes from here on. */
  attach(listener: SessionLogListener): void;
  /** Appends bytes of a log that was begun with `append`. They are kept, not copied. */
  append(chunk: Uint8Array): void;
  /**
   * Resolves when all that was appended is written; once closed, with what that came to.
   *
   * @throws VCLError `IoError` when it is not, and will not be
   */
  sync(): Promise<void>;
  /** The same as {@link sync}; what is appended afterwards is ignored. May be called again. */
  close(): Promise<void>;
}

/** What takes the secrets of sessions, for a dissector (SPEC 5.4). */
export interface KeyLog {
  /** Appends a line, in order, at some time soon. */
  append(line: string): void;
}

/** Hands over what a connection has written since the last time. */
export function drainLogs(
  connection: Connection,
  log: SessionLog | undefined,
  keyLog: KeyLog | undefined,
): void {
  if (log !== undefined) {
    for (let bytes = connection.pollLog(); bytes !== undefined; bytes = connection.pollLog()) {
      log.append(bytes);
    }
  }
  if (keyLog === undefined) return;
  for (let line = connection.pollKeyLog(); line !== undefined; line = connection.pollKeyLog()) {
    keyLog.append(line);
  }
}
