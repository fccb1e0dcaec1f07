import { revealId } from './adversary.js';
import { isStolen, peerSessions, sharesAreSafe, trustsPeer } from './facts.js';
import type { Property } from './properties.js';
import { freshOf, type Session } from './roles.js';
import type { State } from './search.js';

/** Asks each session that has rotated its keys with an honest peer. */
function ofEachRotation(
  name: string,
  check: (session: Session, state: State) => string | undefined,
): Property {
  return {
    name,
    check: (state) => {
      for (const session of state.sessions) {
        if (session.nextEpoch === undefined || !trustsPeer(session, state)) continue;
        const reason = check(session, state);
        if (reason !== undefined) return `${session.config.id}: ${reason}`;
      }
      return undefined;
    },
  };
}

/**
 * A rotation heals: once a statement of the peer in epoch 1 verified, both ends share eth[1] and S[1] is secret,
 * although S[0] was stolen. A man in the middle of the rotation is thus found by that statement.
 */
export const healing: Property = ofEachRotation(
  'healing by the next statement',
  (session, state) => {
    if (session.stage !== 'healed') return undefined;
    if (rotationPartner(session, state) === undefined) {
      return `verifies a statement of epoch 1, yet no session of ${session.peer} has its eth[1]`;
    }
    return knowsNext(session, state) && !bothLost(session, state)
      ? 'verifies a statement of epoch 1 although E has S[1]'
      : undefined;
  },
);

/** A thief of S[0] who lets REKEY_INIT and REKEY_RESP pass unchanged does not learn S[1]. */
export const passiveHealing: Property = ofEachRotation(
  'healing against a listener',
  (session, state) =>
    rotationPartner(session, state) !== undefined &&
    !bothLost(session, state) &&
    knowsNext(session, state)
      ? 'E has S[1] of a rotation that it did not touch'
      : undefined,
);

/** While S[0] is secret, leaked scalars of the rotation do not open S[1]. */
export const ratchet: Property = ofEachRotation('ratchet keeps the old secret', (session, state) =>
  !isStolen(session, state) && sharesAreSafe(session, state) && knowsNext(session, state)
    ? 'E has S[1] without ever having had S[0]'
    : undefined,
);

/** Whoever takes S[1] does not get S[0] from it. */
export const oneWay: Property = ofEachRotation('rotation is one-way', (session, state) => {
  const { epoch, nextEpoch } = session;
  if (epoch === undefined || nextEpoch === undefined) return undefined;
  if (isStolen(session, state) || !sharesAreSafe(session, state)) return undefined;
  return state.knowledge.with([nextEpoch.master]).derivable(epoch.master)
    ? 'S[1] opens S[0]'
    : undefined;
});

/** A message that a verified statement covers is the peer's, whoever has the keys of the record layer. */
export const signedDelivery: Property = {
  name: 'signed delivery',
  check: (state, { world }) => {
    for (const session of state.sessions) {
      const { delivered } = session;
      if (delivered === undefined || !trustsPeer(session, state)) continue;
      const genuine = peerSessions(session, state).some(
        (other) =>
          other.sid === session.sid && freshOf(other, world.protocol).payload === delivered,
      );
      if (!genuine)
        return `${session.config.id}: delivers ${delivered.label} as signed by ${session.peer}`;
    }
    return undefined;
  },
};

/** All properties of a rotation that VCL 1 has. */
export const ROTATION_PROPERTIES: readonly Property[] = [
  healing,
  passiveHealing,
  ratchet,
  oneWay,
  signedDelivery,
];

/**
 * NOT a property of VCL 1: that any statement verified after the own rotation shows that the rotation was genuine.
 * A statement of the old epoch shows nothing about the new one.
 */
export const anyStatementHeals: Property = ofEachRotation(
  'healing by any statement',
  (session, state) =>
    session.stage === 'heardOld' && knowsNext(session, state)
      ? 'is in epoch 1 with E and takes a statement of epoch 0 from its peer for a good sign'
      : undefined,
);

const knowsNext = (session: Session, state: State): boolean =>
  session.nextEpoch !== undefined && state.knowledge.derivable(session.nextEpoch.master);

/** The peer's session in the same epoch 1. */
const rotationPartner = (session: Session, state: State): Session | undefined =>
  peerSessions(session, state).find(
    (other) => other.nextEpoch !== undefined && other.nextEpoch.eth === session.nextEpoch?.eth,
  );

/** S[0] stolen and a scalar of the rotation leaked: nothing is left that could heal. */
const bothLost = (session: Session, state: State): boolean =>
  isStolen(session, state) &&
  state.sessions.some((other) =>
    state.leaked.includes(revealId({ kind: 'rotation scalar', of: other.config.id })),
  );
