import { hex } from '../../crypto/bytes.js';
import type { CryptoProvider } from '../../crypto/provider.js';
import { sessionId } from '../../crypto/session-id.js';
import { sameBytes } from '../same-bytes.js';
import { decodeStatement, NO_STATEMENT } from '../statement.js';
import { DirectionVerifier, type DirectionVerifierOptions } from './direction-verifier.js';
import { checksummedPart, LogChecksum } from './log-checksum.js';
import type {
  EndEntry,
  EpochEntry,
  LogEntry,
  MessageEntry,
  PreviousSession,
  SessionEntry,
  StatementEntry,
} from './log-entry.js';
import type { RawLogEntry } from './log-parser.js';
import {
  type DirectionReport,
  LOG_EXIT_CODES,
  type LogProblem,
  type LogProblemCode,
  type LogStatus,
  MAX_FINDINGS,
  type PreviousReport,
  type SessionReport,
  statusOf,
  worse,
} from './log-report.js';

/** What verifying takes of a provider. */
export type VerifierCrypto = Pick<
  CryptoProvider,
  'sha256' | 'createSha256' | 'verify' | 'isValidPublicKey'
>;

/** What {@link SessionVerifier} needs. */
export interface SessionVerifierOptions {
  readonly crypto: VerifierCrypto;
  readonly entry: SessionEntry;
  readonly raw: RawLogEntry;
  /** Overwritten. */
  readonly scratch: Uint8Array;
  /** The last session of the file so far that has this id, in hex. */
  readonly earlier: (sid: string) => SessionReport | undefined;
}

const MAX_EPOCHS = 65_536;

/** Checks one session of a log, entry by entry (SPEC 11.2). */
export class SessionVerifier {
  readonly #crypto: VerifierCrypto;
  readonly #session: SessionEntry;
  readonly #validKeys = new Map<string, boolean>();
  readonly #sid: Uint8Array;
  readonly #previous: PreviousReport | undefined;
  readonly #directions: readonly [DirectionVerifier, DirectionVerifier];
  readonly #checksum: LogChecksum;
  readonly #eths: Uint8Array[];
  readonly #problems: LogProblem[] = [];
  /** What the problems make of the verdict, those included that found no room. */
  #worst: LogStatus = 'whole';
  #end: EndEntry | undefined;
  #firstTimeMs: number | undefined;
  #lastTimeMs: number | undefined;

  constructor(options: SessionVerifierOptions) {
    const { crypto, raw } = options;
    const entry = copyOf(options.entry);
    this.#crypto = crypto;
    this.#session = entry;
    this.#sid = sessionId(crypto, entry);
    this.#eths = [entry.th];
    this.#checksum = new LogChecksum(crypto);
    this.#checksum.add(raw.bytes);
    this.#checkKeys(raw.offset);
    this.#previous = this.#join(entry.previous, options.earlier, raw.offset);
    this.#directions = [
      new DirectionVerifier(this.#directionOptions(options.scratch, 0)),
      new DirectionVerifier(this.#directionOptions(options.scratch, 1)),
    ];
  }

  /** Whether END was read: nothing of this session may follow. */
  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** Adds a finding. */
  problem(problem: LogProblem): void {
    this.#worst = worse(this.#worst, statusOf(problem.code));
    if (this.#problems.length < MAX_FINDINGS) this.#problems.push(problem);
  }

  /** The next entry of this session; undefined when its body is malformed. */
  entry(raw: RawLogEntry, entry: Exclude<LogEntry, SessionEntry> | undefined): void {
    this.#checksum.add(checksummedPart(raw.type, raw.bytes));
    switch (entry?.type) {
      case undefined:
        this.#note('malformed-entry', `an entry of type ${raw.type} cannot be read`, raw.offset);
        break;
      case 'message':
        this.#message(entry, raw.offset);
        break;
      case 'gap':
        this.#directions[entry.direction].lanes[entry.lane].gap(entry, raw.offset);
        break;
      case 'statement':
        this.#statement(entry, raw.offset);
        break;
      case 'epoch':
        this.#epoch(entry, raw.offset);
        break;
      case 'end':
        this.#finishWith(entry, raw.offset);
        break;
    }
  }

  /** The verdict on the session as far as it was read. */
  report(): SessionReport {
    const session = this.#session;
    const directions = [this.#directions[0].report(), this.#directions[1].report()] as const;
    const status = this.#status(directions);
    const end = this.#end;
    return {
      exitCode: LOG_EXIT_CODES[status],
      status,
      sid: hex(this.#sid),
      clientKey: hex(session.clientKey),
      serverKey: hex(session.serverKey),
      recorder: session.recorder,
      evidence: session.evidence,
      payloads: session.payloads,
      startedTimeMs: session.startedTimeMs,
      firstTimeMs: this.#firstTimeMs,
      lastTimeMs: this.#lastTimeMs,
      epochs: this.#eths.length,
      directions,
      end: end === undefined ? undefined : { closeCode: end.closeCode, remote: end.remote },
      ...(this.#previous === undefined ? {} : { previous: this.#previous }),
      problems: this.#problems,
    };
  }

  #directionOptions(scratch: Uint8Array, direction: 0 | 1): DirectionVerifierOptions {
    const signer = direction === 0 ? this.#session.clientSigner : this.#session.serverSigner;
    return {
      crypto: this.#crypto,
      scratch,
      direction,
      sid: this.#sid,
      signer,
      signerValid: this.#isValidKey(signer),
      ethOf: (epoch) => this.#eths[epoch],
      report: (code, message, fileOffset, k) =>
        this.problem({ code, message, fileOffset, direction, k }),
    };
  }

  #checkKeys(fileOffset: number): void {
    const { clientKey, serverKey, clientSigner, serverSigner, evidence } = this.#session;
    const keys = [clientKey, serverKey, clientSigner, serverSigner];
    if (!keys.every((key) => this.#isValidKey(key))) {
      this.#note('keys', 'a key of the session is no valid Ed25519 key', fileOffset);
    }
    const same = [sameBytes(clientKey, clientSigner), sameBytes(serverKey, serverSigner)];
    if (same.some((isSame) => isSame !== (evidence === 'identity'))) {
      this.#note('keys', `signers and keys do not go with ${evidence} evidence`, fileOffset);
    }
  }

  /** The check takes a millisecond, and signers are mostly the keys again. */
  #isValidKey(key: Uint8Array): boolean {
    const text = hex(key);
    const known = this.#validKeys.get(text);
    if (known !== undefined) return known;
    const valid = this.#crypto.isValidPublicKey(key);
    this.#validKeys.set(text, valid);
    return valid;
  }

  #join(
    previous: PreviousSession | undefined,
    earlier: SessionVerifierOptions['earlier'],
    fileOffset: number,
  ): PreviousReport | undefined {
    if (previous === undefined) return undefined;
    const sid = hex(previous.sid);
    const session = earlier(sid);
    if (session === undefined) return { sid, state: 'absent' };
    const [client, server] = session.directions;
    const [own, peer] = session.recorder === 'client' ? [client, server] : [server, client];
    const joins =
      sameBytes(previous.ownHash, own.hashes.last ?? NO_STATEMENT) &&
      sameBytes(previous.seenHash, peer.hashes.last ?? NO_STATEMENT);
    if (joins) return { sid, state: 'joined' };
    this.#note('previous-session', 'the session before it ends elsewhere in this log', fileOffset);
    return { sid, state: 'gap' };
  }

  #message(entry: MessageEntry, fileOffset: number): void {
    const form = entry.shown === undefined ? 'redacted' : 'kept';
    if (form !== this.#session.payloads) {
      this.#note('payload-form', `payloads of this log are ${this.#session.payloads}`, fileOffset);
    }
    this.#directions[entry.direction].lanes[entry.lane].message(entry, fileOffset);
  }

  #statement(entry: StatementEntry, fileOffset: number): void {
    const statement = decodeStatement(entry.statement);
    if (statement === undefined) {
      this.#note('statement', 'the bytes that were signed are no statement', fileOffset);
      return;
    }
    const { direction } = statement;
    const peer = this.#directions[direction === 0 ? 1 : 0].hashes;
    if (!this.#directions[direction].statement(entry, statement, peer, fileOffset)) return;
    this.#firstTimeMs ??= statement.timeMs;
    this.#lastTimeMs = statement.timeMs;
  }

  #epoch(entry: EpochEntry, fileOffset: number): void {
    if (entry.epoch !== this.#eths.length || this.#eths.length >= MAX_EPOCHS) {
      this.#note('epoch', `key epoch ${entry.epoch} is out of turn`, fileOffset);
      return;
    }
    this.#eths.push(entry.eth.slice());
  }

  #finishWith(entry: EndEntry, fileOffset: number): void {
    const { checksum, messages, closeCode, remote } = entry;
    this.#end = { type: 'end', closeCode, remote, messages, checksum: checksum.slice() };
    if (!sameBytes(this.#checksum.digest(), checksum)) {
      this.#note('checksum', 'an entry of the session is not as it was written', fileOffset);
    }
    const fewer = this.#eachLane((through, d, lane) => messages[d][lane] < through);
    if (fewer) this.#note('tail', 'END counts fewer messages than were signed', fileOffset);
  }

  #status(directions: readonly [DirectionReport, DirectionReport]): LogStatus {
    const lanes = directions.flatMap((direction) => direction.lanes);
    if (lanes.some((lane) => lane.alterations.length > 0)) return 'altered';
    const counted = this.#end?.messages;
    const tail =
      this.#eachLane((through, d, lane) => (counted?.[d][lane] ?? 0) > through) ||
      this.#directions.some((direction) => direction.lanes.some((lane) => lane.tail > 0));
    const finished = this.ended && directions.every((direction) => direction.final);
    const whole = finished ? 'whole' : 'prefix';
    return worse(this.#worst, tail ? 'unsigned-tail' : whole);
  }

  #eachLane(holds: (through: number, direction: 0 | 1, lane: 0 | 1) => boolean): boolean {
    for (const d of [0, 1] as const) {
      for (const lane of [0, 1] as const) {
        if (holds(this.#directions[d].lanes[lane].through, d, lane)) return true;
      }
    }
    return false;
  }

  #note(code: LogProblemCode, message: string, fileOffset: number): void {
    this.problem({ code, message, fileOffset });
  }
}

/** The entry's byte strings are views into the parser's buffer; the session outlives them. */
function copyOf(entry: SessionEntry): SessionEntry {
  const { clientKey, serverKey, clientSigner, serverSigner, th } = entry;
  return {
    ...entry,
    clientKey: clientKey.slice(),
    serverKey: serverKey.slice(),
    clientSigner: clientSigner.slice(),
    serverSigner: serverSigner.slice(),
    th: th.slice(),
  };
}
