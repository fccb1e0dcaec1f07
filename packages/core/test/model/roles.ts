import type { AuthFlight, Epoch, HandshakeKeys } from './key-schedule.js';
import {
  type ClientHello,
  clientHelloTerm,
  type HelloBase,
  outerKey,
  type Parameters,
  type ServerHello,
  serverHelloTerm,
} from './messages.js';
import { type Identity, identitySecret, type Protocol } from './protocol.js';
import { constant, hash, name, type Term, tuple, verifyKey } from './term.js';

/** One honest session: who runs it and under which configuration. */
export interface SessionConfig {
  /** Unique name, such as `A1`; its nonces and secrets carry it. */
  readonly id: string;
  readonly owner: Identity;
  readonly role: 'client' | 'server';
  /** Identities that the owner's policy takes as peer. */
  readonly accepts: readonly Identity[];
  /** In order of preference. */
  readonly versions: readonly number[];
  readonly suites: readonly number[];
  readonly params: Parameters;
  readonly psk: Term | undefined;
  /** Outer secret under which it sends or listens (SPEC 2.5). */
  readonly outer: Term;
  /** What follows the handshake: a message each way, or a rotation and a statement each way. */
  readonly script: 'data' | 'rekey';
}

/**
 * Where a session is. `idle`: server before CH. `hello`: client after CH. `answered`: server after its flight.
 * `finished`: client after FIN_C. `accepted`: server after FIN_C, client after HANDSHAKE_DONE. `signed`: the peer's
 * SIGNER is known. `rotated`: the session has epoch 1. `healed`: a statement of the peer in epoch 1 verified.
 * `heardOld`: in epoch 1 a statement of epoch 0 verified. `refused`: the client verified a signed refusal.
 */
export type Stage =
  | 'idle'
  | 'hello'
  | 'answered'
  | 'finished'
  | 'refused'
  | 'accepted'
  | 'signed'
  | 'rotated'
  | 'heardOld'
  | 'healed';

/** The local state of an honest session. */
export interface Session {
  readonly config: SessionConfig;
  readonly stage: Stage;
  /** Identifies this state: the session's id and everything it took in so far. */
  readonly history: string;
  /** Every term it sent, in order. */
  readonly sent: readonly Term[];
  readonly hello?: ClientHello;
  readonly answer?: ServerHello;
  readonly peer?: Identity;
  readonly keys?: HandshakeKeys;
  readonly flight?: AuthFlight;
  readonly epoch?: Epoch;
  readonly sid?: Term;
  /** Secret half of the key that the peer's statements are checked with. */
  readonly peerSigner?: Term;
  readonly nextEpoch?: Epoch;
  /** The message that a verified statement covers. */
  readonly delivered?: Term;
}

/** What a session would do with one message that it would take. */
export interface Step {
  /** The whole message; the step is possible when the adversary can derive it. */
  readonly requires: Term;
  readonly next: Session;
  readonly sends: readonly Term[];
  /** What happens, for traces. */
  readonly line: string;
}

/** Values that the adversary tries for the fields that a receiver has no expectation of. */
export interface Domains {
  readonly clientHellos: readonly ClientHello[];
  readonly serverHellos: readonly ServerHello[];
  readonly identities: readonly Identity[];
  /** X25519 shares of rotations. */
  readonly rekeyShares: readonly Term[];
  /** Secrets behind the encapsulation keys offered. */
  readonly kemSecrets: readonly Term[];
  /** Secrets that a ciphertext may carry. */
  readonly kemShared: readonly Term[];
  /** Secret halves of statement keys in session evidence. */
  readonly signers: readonly Term[];
  readonly payloads: readonly Term[];
}

/** The protocol variant and the bounds of the search. */
export interface World {
  readonly protocol: Protocol;
  readonly domains: Domains;
}

/** The secrets and nonces that a session draws. */
export interface FreshNames {
  readonly base: HelloBase;
  readonly scalar: Term;
  readonly rekeyScalar: Term;
  readonly kemSecret: Term;
  readonly kemShared: Term;
  readonly signer: Term;
  readonly payload: Term;
}

/** The fresh values of a session, or of the adversary for `E`. */
export function freshNames(id: string, protocol: Protocol, owner: string = id): FreshNames {
  const server = owner === 'B';
  const hello = protocol.has('serverEphemeralReused') && server ? owner : id;
  const scalar = name(`x_${hello}`);
  return {
    base: { random: name(`random_${hello}`), cid: constant(`cid_${hello}`) },
    scalar: protocol.has('staticServerShare') && server ? identitySecret('B') : scalar,
    rekeyScalar: name(`y_${id}`),
    kemSecret: name(`dk_${id}`),
    kemShared: name(`ss_${id}`),
    signer: name(`signer_${id}`),
    payload: name(`message_${id}`),
  };
}

/** The fresh values of this session. */
export const freshOf = (session: Session, protocol: Protocol): FreshNames =>
  freshNames(session.config.id, protocol, session.config.owner);

/** The envelope key that a session uses. */
export const envelopeKeyOf = (config: SessionConfig): Term => outerKey(config.outer);

/** The outer secret of a listener whose key the client knows. */
export const pinnedOuter = (server: Identity): Term => hash(verifyKey(identitySecret(server)));

/** Whether the policy and the self-connection rule (B1) let this peer in. */
export const acceptsPeer = (config: SessionConfig, peer: Identity, protocol: Protocol): boolean =>
  config.accepts.includes(peer) && (peer !== config.owner || protocol.has('ownIdentityAccepted'));

/** True when either hello of the session requires post-quantum keys. */
export const requiresPq = (session: Session): boolean =>
  session.hello?.params.pq === 'require' || session.answer?.params.pq === 'require';

/**
 * Everything both ends must agree on, as one term: identities, version, suite, shares, parameters, randoms
 * (the hellos as they were really sent and received) and sid.
 */
export function viewOf(session: Session): Term | undefined {
  const { hello, answer, peer, sid, config } = session;
  if (hello === undefined || answer === undefined) return undefined;
  if (peer === undefined || sid === undefined) return undefined;
  const [client, server] = config.role === 'client' ? [config.owner, peer] : [peer, config.owner];
  return tuple(
    constant(client),
    constant(server),
    clientHelloTerm(hello),
    serverHelloTerm(answer),
    sid,
  );
}

/** The step of a session that takes `requires` and goes on to `change`. */
export function step(
  session: Session,
  requires: Term,
  change: Partial<Session> & { readonly stage: Stage },
  effect: { readonly sends?: readonly Term[]; readonly line: string },
): Step {
  const sends = effect.sends ?? [];
  const next: Session = {
    ...session,
    ...change,
    history: `${session.history} ${change.stage}${requires.id}`,
    sent: [...session.sent, ...sends],
  };
  return { requires, next, sends, line: `${session.config.id} ${effect.line}` };
}
