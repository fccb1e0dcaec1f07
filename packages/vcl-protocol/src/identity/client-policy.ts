import type { Logger } from '../logger.js';
import type { PublicKeyLike } from './public-key.js';

/**
 * How long a file takes in clients it does not list: until `count` of its keys have been enrolled
 * (a restart does not begin anew, as enrolled lines are marked), or until a Unix time in
 * milliseconds.
 */
export type Enrolment = { readonly count: number } | { readonly untilMs: number };

/** What is known of a client beside its key. */
export interface ClientInfo {
  readonly address: string;
  readonly port: number;
}

/**
 * Which clients a server accepts: those with one of these keys; everybody; whom a function admits;
 * or the keys in a file, which may take in new ones for a while.
 */
export type ClientPolicy =
  | readonly PublicKeyLike[]
  | 'any'
  | {
      readonly authorize: (key: Uint8Array, info: ClientInfo) => boolean | Promise<boolean>;
    }
  | { readonly file: string; readonly enroll?: Enrolment };

/** Decides on a client that has proved to hold `key`. Never rejects: trouble means no. */
export type ClientDecision = (key: Uint8Array, info: ClientInfo) => Promise<boolean>;

/** What a {@link ClientDecision} is made with. */
export interface DecideClientOptions {
  readonly logger: Logger;
  /** Milliseconds since the Unix epoch. Default `Date.now`. */
  readonly now?: () => number;
}
