import { revealId } from './adversary.js';
import { clientHelloTerm, serverHelloTerm } from './messages.js';
import type { Session } from './roles.js';
import type { State } from './search.js';
import { name, point } from './term.js';

/** True once the session delivers and sends application data. */
export const hasAccepted = (session: Session): boolean =>
  session.sid !== undefined && session.stage !== 'finished';

/** True when the peer is honest and its long-term key had not leaked when it was authenticated. */
export function trustsPeer(session: Session, state: State): boolean {
  const { peer } = session;
  if (peer === undefined || peer === 'E') return false;
  const before = state.leakedBefore[state.sessions.indexOf(session)] ?? [];
  return !before.includes(revealId({ kind: 'long-term key', of: peer }));
}

/** True while neither handshake scalar of the session has leaked. */
export function sharesAreSafe(session: Session, state: State): boolean {
  const shares = [session.hello?.share, session.answer?.share];
  return state.sessions.every(
    ({ config }) =>
      !state.leaked.includes(revealId({ kind: 'handshake scalar', of: config.id })) ||
      !shares.includes(point(name(`x_${config.id}`))),
  );
}

/** True while one of X25519 and the pre-shared key still protects the session. */
export function keysAreSafe(session: Session, state: State): boolean {
  const { psk } = session.config;
  const secret =
    psk !== undefined &&
    !state.leaked.includes(revealId({ kind: 'pre-shared key', of: psk.label }));
  return secret || sharesAreSafe(session, state);
}

/** True when S[0] of this session was stolen from either end. */
export const isStolen = (session: Session, state: State): boolean =>
  state.sessions.some(
    (other) =>
      other.epoch?.master === session.epoch?.master &&
      state.leaked.includes(revealId({ kind: 'S[0]', of: other.config.id })),
  );

/** The sessions of the peer in the other role. */
export const peerSessions = (session: Session, state: State): readonly Session[] =>
  state.sessions.filter(
    (other) => other.config.owner === session.peer && other.config.role !== session.config.role,
  );

/** The peer's session whose nonces these are, whatever else the two believe. */
export const partnerOf = (session: Session, state: State): Session | undefined =>
  peerSessions(session, state).find(
    (other) =>
      other.hello?.base.random === session.hello?.base.random &&
      other.answer?.base.random === session.answer?.base.random,
  );

/** True when both sent and received the same hellos, field by field. */
export function sameHellos(one: Session, other: Session): boolean {
  if (one.hello === undefined || other.hello === undefined) return false;
  if (one.answer === undefined || other.answer === undefined) return false;
  return (
    clientHelloTerm(one.hello) === clientHelloTerm(other.hello) &&
    serverHelloTerm(one.answer) === serverHelloTerm(other.answer)
  );
}
