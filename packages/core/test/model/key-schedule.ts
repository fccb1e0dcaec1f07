import {
  type ClientHello,
  clientHelloTerm,
  type ServerHello,
  serverHelloTerm,
} from './messages.js';
import {
  type Direction,
  type Identity,
  identitySecret,
  number,
  type Protocol,
} from './protocol.js';
import {
  apply,
  constant,
  dh,
  hash,
  point,
  seal,
  sign,
  type Term,
  tuple,
  verifyKey,
} from './term.js';

/** Secrets of the handshake and the master secret S[0] (SPEC 4.3). */
export interface HandshakeKeys {
  readonly client: Term;
  readonly server: Term;
  readonly master: Term;
}

/** An epoch: S[e], its transcript hash and the data secrets of both directions (SPEC 5.1). */
export interface Epoch {
  readonly master: Term;
  readonly eth: Term;
  readonly secrets: readonly [Term, Term];
}

/** ID, AUTH and FIN of one side, alone and as they are sent. */
export interface AuthFlight {
  readonly messages: readonly Term[];
  readonly sealed: Term;
}

const EMPTY = constant('');
const ZEROS = constant('zeros');

/** HKDF-Expand-Label (SPEC 2.2). */
export const expandLabel = (secret: Term, label: string, context: Term = EMPTY): Term =>
  apply(`EL ${label}`, secret, context);

/** HKDF-Extract. */
export const extract = (salt: Term, input: Term): Term => apply('Extract', salt, input);

/** The hellos as the transcript has them. */
export const helloTranscript = (
  protocol: Protocol,
  hello: ClientHello,
  answer: ServerHello,
): readonly Term[] => [clientHelloTerm(hello, protocol), serverHelloTerm(answer, protocol)];

/** The key schedule up to S[0]. */
export function handshakeKeys(
  protocol: Protocol,
  inputs: { readonly psk: Term | undefined; readonly shared: Term },
  hellos: readonly Term[],
): HandshakeKeys {
  const { psk, shared } = inputs;
  const early = extract(ZEROS, psk === undefined || protocol.has('pskNotMixed') ? ZEROS : psk);
  const secret = extract(expandLabel(early, 'derived'), shared);
  const context = hash(...hellos);
  return {
    client: expandLabel(secret, 'c hs', context),
    server: expandLabel(secret, 's hs', context),
    master: extract(expandLabel(secret, 'derived'), ZEROS),
  };
}

/** Who authenticates to whom, after which transcript. */
export interface AuthContext {
  readonly side: 'client' | 'server';
  readonly identity: Identity;
  /** The other side, which only a client knows at this point. */
  readonly peer?: Identity;
  readonly keys: HandshakeKeys;
  readonly transcript: readonly Term[];
}

/** What authenticates one side: its ID, AUTH and FIN (SPEC 4.1, 4.3). */
export function authFlight(protocol: Protocol, context: AuthContext): AuthFlight {
  const { side, identity, keys, transcript } = context;
  const secret = side === 'client' ? keys.client : keys.server;
  const hellos = transcript.slice(0, 2);
  const id = tuple(constant('ID'), verifyKey(identitySecret(identity)));
  const signed = protocol.has('authWithoutIds') ? hellos : [...transcript, id];
  const statement = tuple(constant(`VCL1 ${side} auth`), hash(...signed));
  const auth = tuple(constant('AUTH'), authenticator(protocol, context, statement));
  const mac = apply('HMAC', expandLabel(secret, 'finished'), hash(...transcript, id, auth));
  const fin = tuple(constant('FIN'), mac);
  const messages = protocol.has('finOmitted') ? [id, auth] : [id, auth, fin];
  return { messages, sealed: sealFlight(protocol, secret, hash(...hellos), tuple(...messages)) };
}

/** The first epoch, from S[0] and the whole handshake transcript. */
export const firstEpoch = (protocol: Protocol, master: Term, transcript: readonly Term[]): Epoch =>
  makeEpoch(protocol, master, hash(...transcript));

/** The session id of SPEC 4.3. */
export const sessionId = (version: number, client: Identity, server: Identity, th: Term): Term =>
  hash(
    constant('VCL1 session'),
    number(version),
    verifyKey(identitySecret(client)),
    verifyKey(identitySecret(server)),
    th,
  );

/** The epoch after a rotation (SPEC 5.3); `fresh` is the X25519 result, with the ML-KEM secret in a hybrid. */
export function nextEpoch(
  protocol: Protocol,
  epoch: Epoch,
  exchange: { readonly fresh: Term; readonly init: Term; readonly response: Term },
): Epoch {
  const eth = hash(constant('VCL1 rekey'), epoch.eth, exchange.init, exchange.response);
  if (protocol.has('rekeyKeepsSecret')) return makeEpoch(protocol, epoch.master, eth);
  const salt = protocol.has('rekeyDropsOldSecret')
    ? ZEROS
    : expandLabel(epoch.master, 'ratchet', epoch.eth);
  const fresh = protocol.has('rekeyDropsFreshSecret') ? ZEROS : exchange.fresh;
  return makeEpoch(protocol, extract(salt, fresh), eth);
}

/** A record of path 0 (SPEC 3.2, 5.2): key and salt of direction and epoch, header as associated data. */
export function record(
  epoch: Epoch,
  header: { readonly direction: Direction; readonly epoch: number; readonly number: number },
  ...frames: readonly Term[]
): Term {
  const secret = epoch.secrets[header.direction];
  const nonce = tuple(expandLabel(secret, 'salt', number(0)), number(header.number));
  const clear = tuple(constant('header'), number(header.epoch % 4), number(header.number));
  return seal(expandLabel(secret, 'key'), nonce, clear, tuple(...frames));
}

function makeEpoch(protocol: Protocol, master: Term, eth: Term): Epoch {
  const context = protocol.has('dataKeysUnbound') ? EMPTY : eth;
  const up = expandLabel(master, 'c data', context);
  const down = protocol.has('directionsShareKeys') ? up : expandLabel(master, 's data', context);
  return { master, eth, secrets: [up, down] };
}

function authenticator(protocol: Protocol, context: AuthContext, statement: Term): Term {
  const { identity, peer } = context;
  if (peer === undefined || !protocol.has('clientAuthByStaticDh')) {
    return sign(identitySecret(identity), statement);
  }
  const shared = dh(identitySecret(identity), point(identitySecret(peer)));
  return apply('HMAC', shared, statement);
}

function sealFlight(protocol: Protocol, secret: Term, associated: Term, body: Term): Term {
  if (protocol.has('flightNotSealed')) return body;
  const nonce = tuple(expandLabel(secret, 'salt', number(0)), number(0));
  return tuple(constant('SEALED'), seal(expandLabel(secret, 'key'), nonce, associated, body));
}
