import { compareSessions } from './equivocation.js';
import { verifierScratch } from './lane-verifier.js';
import { decodeLogEntry } from './log-decode.js';
import { LogParser, type RawLogEntry } from './log-parser.js';
import {
  LOG_EXIT_CODES,
  type LogProblem,
  type LogProblemCode,
  type LogReport,
  type LogStatus,
  MAX_FINDINGS,
  type SessionReport,
  statusOf,
  worse,
} from './log-report.js';
import { SessionVerifier, type VerifierCrypto } from './session-verifier.js';

/**
 * Verifies a session log as its bytes come (SPEC 11.2). It keeps one entry, the leaves of messages
 * that no statement covers, and 48 bytes for each statement.
 */
export class SessionLogVerifier {
  readonly #crypto: VerifierCrypto;
  readonly #parser = new LogParser();
  readonly #scratch = verifierScratch();
  readonly #sessions: SessionReport[] = [];
  /** The last session of each id. */
  readonly #latest = new Map<string, SessionReport>();
  readonly #problems: LogProblem[] = [];
  #worst: LogStatus = 'whole';
  #session: SessionVerifier | undefined;

  constructor(crypto: VerifierCrypto) {
    this.#crypto = crypto;
  }

  /** The next bytes of the file. */
  push(chunk: Uint8Array): void {
    this.#parser.push(chunk);
    for (let raw = this.#parser.next(); raw !== undefined; raw = this.#parser.next()) {
      this.#entry(raw);
    }
  }

  /** The verdict; the file is at its end. */
  finish(): LogReport {
    this.#noteEndOfFile();
    this.#closeSession();
    this.#compareTwins();
    let status = this.#worst;
    for (const session of this.#sessions) status = worse(status, session.status);
    const exitCode = LOG_EXIT_CODES[status];
    return { exitCode, status, sessions: this.#sessions, problems: this.#problems };
  }

  #entry(raw: RawLogEntry): void {
    const entry = decodeLogEntry(raw.type, raw.body);
    if (entry?.type === 'session') {
      this.#closeSession();
      this.#session = new SessionVerifier({
        crypto: this.#crypto,
        entry,
        raw,
        scratch: this.#scratch,
        earlier: (sid) => this.#latest.get(sid),
      });
    } else if (this.#session === undefined || this.#session.ended) {
      this.#note('stray-entry', `an entry of type ${raw.type} is in no session`, raw.offset);
    } else {
      this.#session.entry(raw, entry);
    }
  }

  #closeSession(): void {
    if (this.#session === undefined) return;
    const report = this.#session.report();
    this.#sessions.push(report);
    this.#latest.set(report.sid, report);
    this.#session = undefined;
  }

  #noteEndOfFile(): void {
    const { offset } = this.#parser;
    if (this.#parser.state === 'unreadable') {
      this.#note('unreadable', 'from here on the file is no session log', offset);
    } else if (this.#sessions.length === 0 && this.#session === undefined) {
      this.#note('unreadable', 'there is no session in the file', offset);
    } else if (this.#parser.rest > 0) {
      this.#note('cut', 'the file ends inside an entry', offset);
    }
  }

  /** Both sides' logs of a session may stand in one file. */
  #compareTwins(): void {
    const first = new Map<string, SessionReport>();
    for (const session of this.#sessions) {
      const twin = first.get(session.sid);
      if (twin === undefined) first.set(session.sid, session);
      else this.#noteEquivocation(twin, session);
    }
  }

  #noteEquivocation(a: SessionReport, b: SessionReport): void {
    for (const { k, direction, offsetA, offsetB } of compareSessions(a, b).equivocations) {
      const message = `the signer signed another statement ${k} at ${offsetA} of the file`;
      this.#report({ code: 'equivocation', message, fileOffset: offsetB, direction, k });
    }
  }

  #note(code: LogProblemCode, message: string, fileOffset: number): void {
    this.#report({ code, message, fileOffset });
  }

  #report(problem: LogProblem): void {
    this.#worst = worse(this.#worst, statusOf(problem.code));
    if (this.#problems.length < MAX_FINDINGS) this.#problems.push(problem);
  }
}
