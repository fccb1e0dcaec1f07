import { type Epoch, expandLabel } from './key-schedule.js';
import { type Direction, number, type Protocol } from './protocol.js';
import type { Session } from './roles.js';
import { ABSENT, apply, constant, hash, sign, type Term, tuple } from './term.js';

const OPEN = 1;
const ZERO_HASH = constant('zeros');

interface StatementFields {
  readonly direction: Direction;
  readonly flags: number;
  readonly k: number;
  readonly previous: Term;
  readonly through: number;
  readonly link: Term;
  readonly seen: number;
  readonly seenHash: Term;
  readonly epoch: number;
  readonly eth: Term;
}

/** The signed bytes of SPEC 8.3; lane L stays empty. */
function statementTerm(session: Session, fields: StatementFields, protocol: Protocol): Term {
  return tuple(
    constant('VCL1 checkpoint'),
    session.sid as Term,
    number(fields.direction),
    number(fields.flags),
    number(fields.k),
    fields.previous,
    number(fields.through),
    protocol.has('statementWithoutLink') ? ABSENT : fields.link,
    number(fields.seen),
    fields.seenHash,
    number(fields.epoch),
    protocol.has('statementWithoutEth') ? ABSENT : fields.eth,
    constant('time_ms'),
  );
}

function openStatement(session: Session, direction: Direction, protocol: Protocol): Term {
  const { eth } = epochOf(session);
  const link = genesis(session, direction);
  const none = { previous: ZERO_HASH, through: 0, seen: 0, seenHash: ZERO_HASH, epoch: 0 };
  return statementTerm(session, { direction, flags: OPEN, k: 0, link, eth, ...none }, protocol);
}

/** The server's statement 1: a receipt in epoch 0 that covers nothing. */
export function serverReceipt(session: Session, protocol: Protocol): Term {
  const own = { direction: 1, flags: 0, k: 1, through: 0, seen: 1, epoch: 0 } as const;
  const fields = {
    ...own,
    previous: hash(openStatement(session, 1, protocol)),
    link: genesis(session, 1),
    seenHash: hash(openStatement(session, 0, protocol)),
    eth: epochOf(session).eth,
  };
  return statementTerm(session, fields, protocol);
}

/** The client's statement 1: epoch 1, over its first message of lane R. */
export function clientStatement(session: Session, payload: Term, protocol: Protocol): Term {
  const salt = apply(
    'salt',
    expandLabel(epochOf(session).master, 'exporter', epochOf(session).eth),
    number(0),
  );
  const own = { direction: 0, flags: 0, k: 1, through: 1, seen: 1, epoch: 1 } as const;
  const fields = {
    ...own,
    previous: hash(openStatement(session, 0, protocol)),
    link: hash(number(1), genesis(session, 0), hash(number(0), salt, payload)),
    seenHash: hash(openStatement(session, 1, protocol)),
    eth: (session.nextEpoch as Epoch).eth,
  };
  return statementTerm(session, fields, protocol);
}

/** The server's statement 2: epoch 1, after it has seen the client's. */
export function serverStatement(session: Session, seen: Term, protocol: Protocol): Term {
  const own = { direction: 1, flags: 0, k: 2, through: 0, seen: 2, epoch: 1 } as const;
  const fields = {
    ...own,
    previous: hash(serverReceipt(session, protocol)),
    link: genesis(session, 1),
    seenHash: hash(seen),
    eth: (session.nextEpoch as Epoch).eth,
  };
  return statementTerm(session, fields, protocol);
}

const genesis = (session: Session, direction: Direction): Term =>
  hash(constant('VCL1 genesis'), session.sid as Term, number(direction), number(0));

/** A statement as it travels: the signature; the receiver rebuilds the rest (SPEC 8.3). */
export const signed = (secret: Term, statement: Term): Term =>
  tuple(constant('STATEMENT'), sign(secret, statement));

const epochOf = (session: Session): Epoch => session.epoch as Epoch;
