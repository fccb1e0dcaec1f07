/**
 * Messages and secrets as symbolic terms. Equal terms are one object (hash-consing), so that equality is
 * identity and a term can be a key of a Map. Cryptography is perfect: a function is known by its equations only.
 */

/** What stands at the root of a term. */
export type Operator =
  | 'constant'
  | 'name'
  | 'point'
  | 'dh'
  | 'tuple'
  | 'function'
  | 'sealed'
  | 'signature'
  | 'verifyKey'
  | 'kemKey'
  | 'kemCipher';

/** One node of the shared term graph; made by the functions of this file only. */
export interface Term {
  /** Number in order of creation, unique in the process. */
  readonly id: number;
  readonly operator: Operator;
  /** Which constant, name or function it is; empty for the other operators. */
  readonly label: string;
  readonly parts: readonly Term[];
}

const interned = new Map<string, Term>();

/** A value that everybody knows: a label, a number, an empty field. */
export const constant = (label: string): Term => intern('constant', label, []);

/** A value that only its maker knows until it is sent or revealed: a nonce, a secret key, a payload. */
export const name = (label: string): Term => intern('name', label, []);

/** Stands where a broken variant leaves a field out. */
export const ABSENT: Term = constant('absent');

/** A public share of small order: X25519 of it is all zeros whatever the scalar (SPEC 2.3). */
export const LOW_ORDER_POINT: Term = constant('low-order point');

const ZERO_POINT = constant('zeros');

/** The X25519 share of a secret scalar. */
export const point = (scalar: Term): Term => intern('point', '', [scalar]);

/** X25519 of a scalar and a share, with the one equation `dh(x, g^y) = dh(y, g^x)`. */
export function dh(scalar: Term, share: Term): Term {
  if (share === LOW_ORDER_POINT) return ZERO_POINT;
  const other = share.parts[0];
  if (share.operator !== 'point' || other === undefined) throw new Error('not a share');
  const [low, high] = scalar.id < other.id ? [scalar, other] : [other, scalar];
  return intern('dh', '', [low, high]);
}

/** Typed, length-prefixed concatenation: it parses in one way only. */
export const tuple = (...parts: readonly Term[]): Term => intern('tuple', '', parts);

/** A one-way function: SHA-256, HMAC, HKDF. Whoever knows all arguments can compute it; nobody inverts it. */
export const apply = (label: string, ...parts: readonly Term[]): Term =>
  intern('function', label, parts);

/** SHA-256 over whole messages. */
export const hash = (...parts: readonly Term[]): Term => apply('H', ...parts);

/** AEAD. Opening and making need key and nonce; neither shows the associated data of a wrong guess. */
export const seal = (key: Term, nonce: Term, associated: Term, body: Term): Term =>
  intern('sealed', '', [key, nonce, associated, body]);

/** Ed25519: made with the secret key only; its message is taken to be readable from it. */
export const sign = (secret: Term, message: Term): Term =>
  intern('signature', '', [secret, message]);

/** The public half of a signing key. */
export const verifyKey = (secret: Term): Term => intern('verifyKey', '', [secret]);

/** The encapsulation key of an ML-KEM secret. */
export const kemKey = (secret: Term): Term => intern('kemKey', '', [secret]);

/** ML-KEM ciphertext that carries `shared` to the holder of the secret behind `key`. */
export const encapsulate = (key: Term, shared: Term): Term =>
  intern('kemCipher', '', [key, shared]);

/** Short text of a term for traces; deep structure is cut. */
export function show(term: Term, depth = 2): string {
  const inner = () =>
    depth === 0 ? '..' : term.parts.map((part) => show(part, depth - 1)).join(', ');
  switch (term.operator) {
    case 'constant':
    case 'name':
      return term.label;
    case 'point':
      return `g^${term.parts.map((part) => part.label).join('')}`;
    case 'function':
      return `${term.label}(${inner()})`;
    case 'tuple':
      return `(${inner()})`;
    default:
      return `${term.operator}(${inner()})`;
  }
}

function intern(operator: Operator, label: string, parts: readonly Term[]): Term {
  let key = `${operator}|${label}`;
  for (const part of parts) key += `|${part.id}`;
  const known = interned.get(key);
  if (known !== undefined) return known;
  const term: Term = { id: interned.size, operator, label, parts };
  interned.set(key, term);
  return term;
}
