import {
  hasAccepted,
  isStolen,
  keysAreSafe,
  partnerOf,
  peerSessions,
  sameHellos,
  sharesAreSafe,
  trustsPeer,
} from './facts.js';
import { record } from './key-schedule.js';
import { Knowledge } from './knowledge.js';
import { IDENTITIES, identitySecret } from './protocol.js';
import { message } from './rekey.js';
import { freshOf, type Session, viewOf } from './roles.js';
import type { Problem, State } from './search.js';
import { show, type Term, verifyKey } from './term.js';

/** Something that must hold in every reachable state. */
export interface Property {
  readonly name: string;
  /** Why the state breaks it, or undefined. */
  readonly check: (state: State, problem: Problem) => string | undefined;
}

/** A property that is asked of every session by itself. */
function ofEachSession(
  name: string,
  check: (session: Session, state: State, problem: Problem) => string | undefined,
): Property {
  return {
    name,
    check: (state, problem) => {
      for (const session of state.sessions) {
        const reason = check(session, state, problem);
        if (reason !== undefined) return `${session.config.id}: ${reason}`;
      }
      return undefined;
    },
  };
}

/**
 * Who accepts an honest peer agrees with one session of that peer, and with no second one, on identities, version,
 * suite, parameters, shares and sid. Against a leaked scalar the client's side of it weakens to what AUTH_S signs.
 */
export const agreement: Property = ofEachSession('injective agreement', (session, state) => {
  if (!hasAccepted(session) || !trustsPeer(session, state)) return undefined;
  const view = viewOf(session);
  const twin = state.sessions.some(
    (other) =>
      other !== session &&
      other.config.role === session.config.role &&
      hasAccepted(other) &&
      viewOf(other) === view,
  );
  if (twin) return 'shares its peer with a second session of its own side';
  const client = session.config.role === 'client';
  const weak = client && (!keysAreSafe(session, state) || isStolen(session, state));
  const partner = peerSessions(session, state).find((other) =>
    weak ? sameHellos(session, other) : viewOf(other) === view && (!client || hasAccepted(other)),
  );
  return partner === undefined
    ? `accepts ${session.peer}, no session of whom agrees with it`
    : undefined;
});

/** A refusal that a client verified was given by the honest server to this very hello. */
export const refusalAgreement: Property = ofEachSession('refusal agreement', (session, state) =>
  session.stage !== 'refused' ||
  !trustsPeer(session, state) ||
  peerSessions(session, state).some((other) => sameHellos(session, other))
    ? undefined
    : `takes a refusal that ${session.peer} never gave to its hello`,
);

/**
 * Keys with an honest peer are unknown to the adversary, even if it gets all long-term keys and the pre-shared
 * key afterwards (forward secrecy).
 */
export const secrecy: Property = ofEachSession('secrecy of data keys', (session, state) => {
  const { epoch } = session;
  if (epoch === undefined || !trustsPeer(session, state) || isStolen(session, state)) return;
  if (!keysAreSafe(session, state)) return undefined;
  const later = sharesAreSafe(session, state) ? [session.config.psk ?? []].flat() : [];
  const knowledge = state.knowledge.with([...IDENTITIES.map(identitySecret), ...later]);
  const known = [epoch.master, ...epoch.secrets].find((secret) => knowledge.derivable(secret));
  return known === undefined
    ? undefined
    : `keys shared with ${session.peer} are known to E: ${show(known, 1)}`;
});

/** Whoever a session is attributed to holds its keys: no identity misbinding. */
export const attribution: Property = ofEachSession('no identity misbinding', (session, state) =>
  session.epoch !== undefined &&
  session.peer === 'E' &&
  !state.knowledge.derivable(session.epoch.master)
    ? 'attributes to E a session whose keys E does not have'
    : undefined,
);

/** Two sessions with a key in common are the two ends of one session. */
export const keyAgreement: Property = {
  name: 'no unknown key share',
  check: (state) => {
    const keyed = state.sessions.filter((session) => session.epoch !== undefined);
    for (const [index, one] of keyed.entries()) {
      for (const other of keyed.slice(index + 1)) {
        const shared = one.epoch?.secrets.some((secret) => other.epoch?.secrets.includes(secret));
        if (!shared) continue;
        if (viewOf(one) === viewOf(other) && one.config.role !== other.config.role) continue;
        return `${one.config.id} (peer ${one.peer}) and ${other.config.id} (peer ${other.peer}) share a data key`;
      }
    }
    return undefined;
  },
};

/** Nobody ends up connected to itself. */
export const noReflection: Property = ofEachSession('no self-connection', (session) =>
  session.peer === session.config.owner ? 'is connected to its own identity' : undefined,
);

/** Between honest ends: the best common version and suite, and each side's real parameters. */
export const noDowngrade: Property = ofEachSession('no downgrade', (session, state) => {
  if (!hasAccepted(session) || !trustsPeer(session, state)) return undefined;
  const { hello, answer, config } = session;
  const partner = partnerOf(session, state);
  if (hello === undefined || answer === undefined || partner === undefined) return undefined;
  const [client, server] =
    config.role === 'client' ? [config, partner.config] : [partner.config, config];
  const best = (offered: readonly number[], own: readonly number[]) =>
    own.find((value) => offered.includes(value));
  if (answer.version !== best(client.versions, server.versions))
    return `runs version ${answer.version}`;
  if (answer.suite !== best(client.suites, server.suites)) return `runs suite ${answer.suite}`;
  const foreign = (config.role === 'client' ? answer : hello).params;
  return JSON.stringify(foreign) === JSON.stringify(partner.config.params)
    ? undefined
    : `believes in parameters that ${session.peer} never had`;
});

/** What an honest session sends as application data reaches an accepted peer only. */
export const payloadSecrecy: Property = ofEachSession(
  'no data before authentication',
  (session, state, { world }) => {
    const { payload } = freshOf(session, world.protocol);
    if (!state.knowledge.derivable(payload)) return undefined;
    if (!hasAccepted(session)) return 'its data is readable before it has authenticated a peer';
    const excused =
      !trustsPeer(session, state) || !keysAreSafe(session, state) || isStolen(session, state);
    return excused ? undefined : `its data for ${session.peer} is readable for E`;
  },
);

/** A record that opens as data of an honest peer was made by that peer. */
export const recordAuthenticity: Property = ofEachSession(
  'record authenticity',
  (session, state, { world }) => {
    const { epoch } = session;
    if (epoch === undefined || !hasAccepted(session) || !trustsPeer(session, state)) return;
    if (!keysAreSafe(session, state) || isStolen(session, state)) return undefined;
    const direction = session.config.role === 'client' ? 1 : 0;
    const made = new Set(peerSessions(session, state).flatMap((other) => other.sent));
    for (const payload of world.domains.payloads) {
      const data = record(epoch, { direction, epoch: 0, number: 2 }, message(payload));
      if (state.knowledge.derivable(data) && !made.has(data)) {
        return `takes ${payload.label} for data of ${session.peer}`;
      }
    }
    return undefined;
  },
);

/** The key exchange has a secret in it: a peer cannot make S[0] public by its choice of a share. */
export const contribution: Property = ofEachSession('contributory exchange', (session) =>
  session.keys !== undefined &&
  session.config.psk === undefined &&
  Knowledge.of([]).derivable(session.keys.master)
    ? 'S[0] is computable from public constants'
    : undefined,
);

/** No honest side seals two different texts under one key and nonce (rule A1). */
export const freshNonces: Property = {
  name: 'nonces are fresh',
  check: (state) => {
    const used = new Map<string, Term>();
    for (const text of state.sessions.flatMap(sealedBy)) {
      const [key, nonce] = text.parts as readonly [Term, Term];
      const place = `${key.id} ${nonce.id}`;
      const before = used.get(place);
      if (before !== undefined && before !== text)
        return `${show(nonce, 1)} seals twice under a key`;
      used.set(place, text);
    }
    return undefined;
  },
};

/** Where a side requires post-quantum keys, no data flows in epoch 0, nor is any readable by a later quantum computer. */
export const postQuantum: Property = ofEachSession(
  'post-quantum policy',
  (session, state, { world }) => {
    const ends = [session, partnerOf(session, state)];
    if (!ends.some((end) => end?.config.params.pq === 'require')) return undefined;
    if (!hasAccepted(session) || !trustsPeer(session, state)) return undefined;
    const fresh = freshOf(session, world.protocol);
    const scalars = state.sessions.flatMap((other) => {
      const { scalar, rekeyScalar } = freshOf(other, world.protocol);
      return [scalar, rekeyScalar];
    });
    const quantum = state.knowledge.with([...scalars, ...IDENTITIES.map(identitySecret)]);
    return quantum.derivable(fresh.payload)
      ? 'its data is readable once X25519 is broken, although a side requires post-quantum keys'
      : undefined;
  },
);

/** All properties of the handshake, asked in every scenario. */
export const HANDSHAKE_PROPERTIES: readonly Property[] = [
  noReflection,
  attribution,
  agreement,
  refusalAgreement,
  keyAgreement,
  noDowngrade,
  payloadSecrecy,
  recordAuthenticity,
  contribution,
  freshNonces,
  postQuantum,
  secrecy,
];

/** The identity key behind a public key that E was not given stays hidden from E. */
export const identityHidden = (owner: 'A' | 'B'): Property => ({
  name: `identity of ${owner} is hidden`,
  check: (state) =>
    state.knowledge.derivable(verifyKey(identitySecret(owner)))
      ? `E learns the public key of ${owner}`
      : undefined,
});

/** The AEAD texts with a counter for nonce that a session made, inside envelopes or not. */
function sealedBy(session: Session): Term[] {
  const found: Term[] = [];
  const visit = (term: Term): void => {
    if (term.operator === 'sealed' && term.parts[1]?.operator === 'tuple') found.push(term);
    else if (term.operator === 'tuple') term.parts.forEach(visit);
    else if (term.operator === 'sealed' && term.parts[3] !== undefined) visit(term.parts[3]);
  };
  session.sent.forEach(visit);
  return found;
}
