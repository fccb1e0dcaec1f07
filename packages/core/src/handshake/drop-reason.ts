/**
 * Why a handshake flight was ignored. A drop is counted and never ends an attempt, because anybody
 * who knows the outer secret can make one.
 *
 * - `malformed`: not the layout of SPEC 4.1, a repeated or out-of-range parameter included
 * - `unexpected`: a flight that this state has no use for, a duplicate for instance
 * - `version`, `suite`, `group`: not one that was offered or is known
 * - `attempt`: the envelope's attempt is not the start of the client's random
 * - `low-order`: the X25519 result was zero (SPEC 2.3)
 * - `not-authentic`: SEALED does not open: another transcript, pre-shared key or peer
 * - `finished`: the MAC of FIN is wrong
 * - `invalid-key`: an identity key that SPEC 2.3 refuses
 * - `signature`: the signature of AUTH is wrong
 * - `wrong-key`: an authentic peer, but not the pinned one
 * - `self`: the peer has this side's own identity
 * - `evidence`, `pq`: the peer's policy and this side's exclude each other
 * - `refused`: a finish for an attempt that was refused
 * - `too-many`: the key exchanges of this attempt are used up
 * - `late`: the attempt is over
 */
export type DropReason =
  | 'malformed'
  | 'unexpected'
  | 'version'
  | 'suite'
  | 'group'
  | 'attempt'
  | 'low-order'
  | 'not-authentic'
  | 'finished'
  | 'invalid-key'
  | 'signature'
  | 'wrong-key'
  | 'self'
  | 'evidence'
  | 'pq'
  | 'refused'
  | 'too-many'
  | 'late';

/** The answer of a function that ignored what it was given. */
export interface Drop {
  readonly drop: DropReason;
}

/** Whether `value` is a {@link Drop} and not a result. */
export function isDrop(value: object): value is Drop {
  return 'drop' in value;
}
