import { constant, name, type Term } from './term.js';

/** Ways to break the protocol, each a plausible slip in design or code; the empty set is VCL 1. */
export type Mutation =
  /** AUTH signs the hellos only, neither identity. */
  | 'authWithoutIds'
  /** ID and AUTH without FIN. */
  | 'finOmitted'
  /** ID, AUTH and FIN travel in the clear. */
  | 'flightNotSealed'
  /** The transcript leaves out the client's version list. */
  | 'versionsUnbound'
  /** The transcript leaves out the client's suite list. */
  | 'suitesUnbound'
  /** The transcript leaves out the parameters of both hellos. */
  | 'paramsUnbound'
  /** The transcript leaves out the shares of both hellos. */
  | 'sharesUnbound'
  /** The transcript leaves out the refusal code. */
  | 'refusalUnbound'
  /** Data secrets come from S[0] alone, without the transcript. */
  | 'dataKeysUnbound'
  /** Both directions use one secret. */
  | 'directionsShareKeys'
  /** A share of small order is accepted. */
  | 'lowOrderAccepted'
  /** A peer that shows our own identity is accepted. */
  | 'ownIdentityAccepted'
  /** The server sends application data with its flight, before FIN_C. */
  | 'serverDataEarly'
  /** The server's share is its long-term key. */
  | 'staticServerShare'
  /** AUTH_C is a MAC under the X25519 result of both long-term keys. */
  | 'clientAuthByStaticDh'
  /** The pre-shared key stays out of the key schedule. */
  | 'pskNotMixed'
  /** The server repeats random and share in every session. */
  | 'serverEphemeralReused'
  /** Application data flows in epoch 0 although a side requires post-quantum keys. */
  | 'pqRequireIgnored'
  /** S[1] comes from the fresh exchange alone. */
  | 'rekeyDropsOldSecret'
  /** S[1] comes from S[0] alone. */
  | 'rekeyDropsFreshSecret'
  /** S[1] is S[0]. */
  | 'rekeyKeepsSecret'
  /** Statements do not sign the epoch hash. */
  | 'statementWithoutEth'
  /** Statements do not sign the link of their lane. */
  | 'statementWithoutLink';

/** The variant under test. */
export type Protocol = ReadonlySet<Mutation>;

/** The protocol as SPEC.md has it. */
export const VCL1: Protocol = new Set<Mutation>();

/** A and B follow the protocol; E is an identity of the adversary. */
export type Identity = 'A' | 'B' | 'E';

/** All long-term identities of the model. */
export const IDENTITIES: readonly Identity[] = ['A', 'B', 'E'];

/** The Ed25519 secret of an identity. */
export const identitySecret = (identity: Identity): Term => name(`sk_${identity}`);

/** Direction of data: 0 is client to server (SPEC 1). */
export type Direction = 0 | 1;

/** A number as a public term. */
export const number = (value: number): Term => constant(String(value));
