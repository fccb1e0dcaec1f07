import { hex } from '../../crypto/bytes.js';
import type { CryptoProvider } from '../../crypto/provider.js';
import type { ChainDirection } from '../lane.js';
import { genesis } from '../link.js';
import { sameBytes } from '../same-bytes.js';
import { NO_STATEMENT, type Statement, StatementFlags, statementHash } from '../statement.js';
import { LaneVerifier } from './lane-verifier.js';
import type { StatementEntry } from './log-entry.js';
import type { DirectionReport, LogProblemCode } from './log-report.js';
import { StatementHashes } from './statement-hashes.js';

/** What {@link DirectionVerifier} needs. */
export interface DirectionVerifierOptions {
  readonly crypto: Pick<CryptoProvider, 'sha256' | 'createSha256' | 'verify'>;
  readonly sid: Uint8Array;
  readonly direction: ChainDirection;
  /** The key that signs, and whether it is one. */
  readonly signer: Uint8Array;
  readonly signerValid: boolean;
  /** Overwritten. */
  readonly scratch: Uint8Array;
  /** The transcript hash of an epoch, if the log has it. */
  readonly ethOf: (epoch: number) => Uint8Array | undefined;
  /** Takes a finding about a statement. */
  readonly report: (code: LogProblemCode, message: string, fileOffset: number, k: number) => void;
}

/** The numbers of the last good statement. */
type Position = Pick<Statement, 'k' | 'flags' | 'seen' | 'epoch'>;

const BEFORE_OPEN: Position = { k: -1, flags: 0, seen: 0, epoch: 0 };

/** Checks the statements of one direction of a log, and through them its two lanes. */
export class DirectionVerifier {
  /** Lane R and lane L. */
  readonly lanes: readonly [LaneVerifier, LaneVerifier];
  /** The good statements. */
  readonly hashes: StatementHashes = new StatementHashes();
  readonly #options: DirectionVerifierOptions;
  #last: Position = BEFORE_OPEN;
  /** Bad statements since the last good one: they may be what lies between. */
  #badSince = 0;

  constructor(options: DirectionVerifierOptions) {
    const { crypto, sid, direction, scratch } = options;
    this.#options = options;
    this.lanes = [
      new LaneVerifier(crypto, genesis(crypto, sid, direction, 0), scratch),
      new LaneVerifier(crypto, genesis(crypto, sid, direction, 1), scratch),
    ];
  }

  /** Whether FINAL is among the good statements. */
  get final(): boolean {
    return (this.#last.flags & StatementFlags.FINAL) !== 0;
  }

  /**
   * A STATEMENT entry of this direction.
   *
   * @param statement the entry's 254 bytes, decoded
   * @param peer the good statements of the other direction so far
   * @returns whether its signature is good, so that what it says counts
   */
  statement(
    entry: StatementEntry,
    statement: Statement,
    peer: StatementHashes,
    fileOffset: number,
  ): boolean {
    const { crypto, sid, signer, signerValid } = this.#options;
    const report = (code: LogProblemCode, message: string): void =>
      this.#options.report(code, message, fileOffset, statement.k);
    const belongs = sameBytes(statement.sid, sid);
    if (!belongs || !signerValid || !crypto.verify(signer, entry.statement, entry.signature)) {
      this.#badSince++;
      if (belongs) report('signature', 'the signature of the statement is not right');
      else report('statement', 'the statement belongs to another session');
      return false;
    }
    const hash = statementHash(crypto, entry.statement);
    if (!this.#isNext(statement, hash, report)) return false;
    this.#checkChain(statement, report);
    checkSeen(statement, this.#last, peer, report);
    checkEpoch(statement, this.#last, this.#options.ethOf(statement.epoch), report);
    this.#checkLanes(statement, fileOffset, report);
    this.hashes.add(statement.k, hash, fileOffset);
    this.#last = positionOf(statement);
    this.#badSince = 0;
    return true;
  }

  /** What was found. */
  report(): DirectionReport {
    return {
      signer: hex(this.#options.signer),
      statements: this.hashes.count,
      final: this.final,
      lanes: [this.lanes[0].report(), this.lanes[1].report()],
      hashes: this.hashes,
    };
  }

  #isNext(statement: Statement, hash: Uint8Array, report: Report): boolean {
    const { k } = statement;
    if (k > this.#last.k) {
      const missing = k - this.#last.k - 1 - this.#badSince;
      if (missing > 0) report('statement', `${missing} statements before it are missing`);
      return true;
    }
    const known = this.hashes.hashOf(k);
    if (known === undefined) report('statement', 'the statement stands behind later ones');
    else if (sameBytes(known, hash)) report('statement', 'the statement stands here twice');
    else report('equivocation', 'the signer signed two different statements of this number');
    return false;
  }

  #checkChain(statement: Statement, report: Report): void {
    const { k, flags, previousHash } = statement;
    const isOpen = (flags & StatementFlags.OPEN) !== 0;
    if (isOpen !== (k === 0)) report('statement', 'OPEN is number 0 and no other');
    if (isOpen && statement.rThrough + statement.lThrough > 0) {
      report('statement', 'OPEN covers messages');
    }
    if (this.final) report('statement', 'a statement follows FINAL');
    const previous = k === 0 ? NO_STATEMENT : this.hashes.hashOf(k - 1);
    if (previous !== undefined && !sameBytes(previous, previousHash)) {
      report('equivocation', 'the statement names another one before it than the signer signed');
    }
  }

  #checkLanes(statement: Statement, fileOffset: number, report: Report): void {
    const { rThrough, rLink, lThrough, lLink } = statement;
    const final = (statement.flags & StatementFlags.FINAL) !== 0;
    const r = this.lanes[0].statement(rThrough, rLink, final, fileOffset);
    const l = this.lanes[1].statement(lThrough, lLink, final, fileOffset);
    if (!r || !l) report('equivocation', 'the statement contradicts an earlier one of its signer');
  }
}

type Report = (code: LogProblemCode, message: string) => void;

function positionOf(statement: Statement): Position {
  const { k, flags, seen, epoch } = statement;
  return { k, flags, seen, epoch };
}

function checkSeen(
  statement: Statement,
  last: Position,
  peer: StatementHashes,
  report: Report,
): void {
  const { seen, seenHash } = statement;
  if (seen < last.seen) report('statement', 'the statement has seen less than the one before');
  if (seen === 0) {
    if (!sameBytes(seenHash, NO_STATEMENT))
      report('statement', 'it names a statement but no number');
    return;
  }
  const expected = peer.hashOf(seen - 1);
  if (expected === undefined) {
    report('statement', `statement ${seen - 1} of the peer, which it has seen, is not in the log`);
  } else if (!sameBytes(expected, seenHash)) {
    report('statement', `it has seen another statement ${seen - 1} of the peer than the log has`);
  }
}

function checkEpoch(
  statement: Statement,
  last: Position,
  eth: Uint8Array | undefined,
  report: Report,
): void {
  const { epoch } = statement;
  if (epoch < last.epoch) report('epoch', 'the statement falls back to an earlier key epoch');
  if (eth === undefined) report('epoch', `key epoch ${epoch} is not in the log`);
  else if (!sameBytes(eth, statement.eth)) report('epoch', `another key epoch ${epoch} was signed`);
}
