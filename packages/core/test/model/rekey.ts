import { type Epoch, nextEpoch, record } from './key-schedule.js';
import { identitySecret, number, type Protocol } from './protocol.js';
import { freshOf, type Session, type Step, step, type World } from './roles.js';
import { clientStatement, serverReceipt, serverStatement, signed } from './statement.js';
import {
  ABSENT,
  constant,
  dh,
  encapsulate,
  kemKey,
  LOW_ORDER_POINT,
  point,
  type Term,
  tuple,
  verifyKey,
} from './term.js';

/** HANDSHAKE_DONE (SPEC 6). */
export const DONE: Term = constant('HANDSHAKE_DONE');

/** A whole message of lane R. */
export const message = (payload: Term): Term => tuple(constant('MESSAGE'), payload);

/** SIGNER: the public key of session evidence (SPEC 6.11). */
export const signerFrame = (signer: Term): Term => tuple(constant('SIGNER'), verifyKey(signer));

/** REKEY_INIT as this client sends it (SPEC 6.10), hybrid unless a side has pq off (rule B3). */
export function rekeyInit(session: Session, protocol: Protocol): Term {
  const fresh = freshOf(session, protocol);
  return initBody(point(fresh.rekeyScalar), isHybrid(session) ? kemKey(fresh.kemSecret) : ABSENT);
}

/** The server's statement 1, a receipt in epoch 0 that covers nothing. */
export const receipt = (session: Session, protocol: Protocol): Term =>
  signed(signerOf(session, protocol), serverReceipt(session, protocol));

/** Messages a client takes after HANDSHAKE_DONE. */
export function clientRekeySteps(session: Session, world: World): readonly Step[] {
  if (session.config.script !== 'rekey') return [];
  if (session.stage === 'accepted') return takeResponse(session, world);
  if (session.stage === 'rotated') return takeServerStatements(session, world);
  return [];
}

/** Messages a server takes after FIN_C. */
export function serverRekeySteps(session: Session, world: World): readonly Step[] {
  if (session.config.script !== 'rekey') return [];
  const signerFirst = session.config.params.evidence === 'session';
  if (session.stage === 'accepted' && signerFirst) return takeSigner(session, world);
  if (session.stage === 'accepted' || session.stage === 'signed') return takeInit(session, world);
  if (session.stage === 'rotated') return takeClientStatement(session, world);
  return [];
}

function takeSigner(session: Session, world: World): readonly Step[] {
  return world.domains.signers.map((signer) =>
    step(
      session,
      record(epochOf(session), { direction: 0, epoch: 0, number: 0 }, signerFrame(signer)),
      { stage: 'signed', peerSigner: signer },
      { line: `takes SIGNER ${signer.label}` },
    ),
  );
}

function takeInit(session: Session, world: World): readonly Step[] {
  const fresh = freshOf(session, world.protocol);
  const own = point(fresh.rekeyScalar);
  const keys = isHybrid(session) ? world.domains.kemSecrets.map(kemKey) : [ABSENT];
  return usableShares(world).flatMap((share) =>
    keys.map((key) => {
      const init = initBody(share, key);
      const response = responseBody(own, hybridPart(key, fresh.kemShared));
      const secret = freshSecret(dh(fresh.rekeyScalar, share), key, fresh.kemShared);
      const requires = record(epochOf(session), { direction: 0, epoch: 0, number: 1 }, init);
      return rotate(session, requires, {
        world,
        exchange: { fresh: secret, init, response },
        sends: () => [record(epochOf(session), { direction: 1, epoch: 0, number: 2 }, response)],
        line: `takes REKEY_INIT ${share.parts[0]?.label ?? share.label}; answers REKEY_RESP`,
      });
    }),
  );
}

function takeResponse(session: Session, world: World): readonly Step[] {
  const { protocol, domains } = world;
  const fresh = freshOf(session, protocol);
  const init = rekeyInit(session, protocol);
  const key = isHybrid(session) ? kemKey(fresh.kemSecret) : ABSENT;
  const carried = isHybrid(session) ? domains.kemShared : [ABSENT];
  return usableShares(world).flatMap((share) =>
    carried.map((shared) => {
      const response = responseBody(share, hybridPart(key, shared));
      const secret = freshSecret(dh(fresh.rekeyScalar, share), key, shared);
      const requires = record(epochOf(session), { direction: 1, epoch: 0, number: 2 }, response);
      return rotate(session, requires, {
        world,
        exchange: { fresh: secret, init, response },
        sends: (rotated) => [clientData(rotated, protocol)],
        line: `takes REKEY_RESP ${share.parts[0]?.label ?? share.label}; sends message and statement in epoch 1`,
      });
    }),
  );
}

function rotate(
  session: Session,
  requires: Term,
  rotation: {
    readonly world: World;
    readonly exchange: { readonly fresh: Term; readonly init: Term; readonly response: Term };
    readonly sends: (rotated: Session) => readonly Term[];
    readonly line: string;
  },
): Step {
  const next = nextEpoch(rotation.world.protocol, epochOf(session), rotation.exchange);
  const sends = [...rotation.sends({ ...session, nextEpoch: next }), next.eth];
  const { line } = rotation;
  return step(session, requires, { stage: 'rotated', nextEpoch: next }, { sends, line });
}

/** A message and the client's statement over it, both in epoch 1; the server then answers in epoch 1. */
function takeClientStatement(session: Session, world: World): readonly Step[] {
  const { protocol } = world;
  const next = session.nextEpoch as Epoch;
  return world.domains.payloads.map((payload) => {
    const statement = clientStatement(session, payload, protocol);
    const body = signed(session.peerSigner as Term, statement);
    const header = { direction: 0, epoch: 1, number: 3 } as const;
    const own = signed(signerOf(session, protocol), serverStatement(session, statement, protocol));
    return step(
      session,
      record(next, header, message(payload), body),
      { stage: 'healed', delivered: payload },
      {
        sends: [record(next, { direction: 1, epoch: 1, number: 3 }, own)],
        line: `verifies a statement of epoch 1 over ${payload.label}; sends its own`,
      },
    );
  });
}

/** The server's statement of epoch 1, or its receipt of epoch 0 that comes late. */
function takeServerStatements(session: Session, world: World): readonly Step[] {
  const { protocol } = world;
  const fresh = freshOf(session, protocol);
  const next = session.nextEpoch as Epoch;
  const signer = session.peerSigner as Term;
  const own = clientStatement(session, fresh.payload, protocol);
  const header = { direction: 1, epoch: 1, number: 3 } as const;
  const current = signed(signer, serverStatement(session, own, protocol));
  const late = signed(signer, serverReceipt(session, protocol));
  return [
    step(
      session,
      record(next, header, current),
      { stage: 'healed' },
      { line: 'verifies a statement of epoch 1' },
    ),
    step(
      session,
      record(next, header, late),
      { stage: 'heardOld' },
      { line: 'verifies a statement of epoch 0 in a record of epoch 1' },
    ),
  ];
}

function clientData(session: Session, protocol: Protocol): Term {
  const { payload } = freshOf(session, protocol);
  const statement = clientStatement(session, payload, protocol);
  return record(
    session.nextEpoch as Epoch,
    { direction: 0, epoch: 1, number: 3 },
    message(payload),
    signed(signerOf(session, protocol), statement),
  );
}

const signerOf = (session: Session, protocol: Protocol): Term =>
  session.config.params.evidence === 'session'
    ? freshOf(session, protocol).signer
    : identitySecret(session.config.owner);

const epochOf = (session: Session): Epoch => session.epoch as Epoch;

const isHybrid = (session: Session): boolean =>
  session.hello?.params.pq !== 'off' && session.answer?.params.pq !== 'off';

const usableShares = (world: World): readonly Term[] =>
  world.domains.rekeyShares.filter(
    (share) => share !== LOW_ORDER_POINT || world.protocol.has('lowOrderAccepted'),
  );

const initBody = (share: Term, key: Term): Term =>
  tuple(constant('REKEY_INIT'), number(1), share, key);

const responseBody = (share: Term, cipher: Term): Term =>
  tuple(constant('REKEY_RESP'), number(1), share, cipher);

const hybridPart = (key: Term, shared: Term): Term =>
  key === ABSENT ? ABSENT : encapsulate(key, shared);

const freshSecret = (agreed: Term, key: Term, shared: Term): Term =>
  key === ABSENT ? agreed : tuple(agreed, shared);
