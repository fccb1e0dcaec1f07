import { type Mutation, number, type Protocol, VCL1 } from './protocol.js';
import { ABSENT, apply, constant, seal, type Term, tuple } from './term.js';

/** The parameters that the model keeps of SPEC 4.2. */
export interface Parameters {
  readonly evidence: 'identity' | 'session';
  readonly pq: 'off' | 'prefer' | 'require';
  /** True when the external pre-shared key is in use (parameter 18). */
  readonly psk: boolean;
}

/** The fields of a hello that say nothing but "this one": the model varies them together. */
export interface HelloBase {
  readonly random: Term;
  readonly cid: Term;
}

/** CH of SPEC 4.1. */
export interface ClientHello {
  readonly base: HelloBase;
  readonly versions: readonly number[];
  readonly suites: readonly number[];
  readonly share: Term;
  readonly params: Parameters;
}

/** SH of SPEC 4.1. */
export interface ServerHello {
  readonly base: HelloBase;
  /** 0 or a close code. */
  readonly refuse: number;
  readonly version: number;
  readonly suite: number;
  readonly share: Term;
  readonly params: Parameters;
}

/** Envelope kinds of SPEC 3.1. */
export const ENVELOPE_KIND = { clientHello: 1, serverFlight: 2, clientFinish: 3 } as const;

const TIME = constant('time_ms');
const X25519_GROUP = constant('0x001d');
const RANDOM_NONCE = constant('random nonce');

/** The key of envelopes under an outer secret (SPEC 2.5). */
export const outerKey = (secret: Term): Term =>
  apply('EL okey', apply('Extract', constant('VCL1 outer'), secret), constant(''));

/** An envelope around a flight (SPEC 3.1); `attempt` is a part of the client's random. */
export function envelope(key: Term, kind: number, random: Term, flight: Term): Term {
  const body = tuple(number(kind), apply('attempt', random), flight);
  return seal(key, RANDOM_NONCE, constant(''), body);
}

/** CH as sent or, with a broken protocol, as that protocol's transcript sees it. */
export function clientHelloTerm(hello: ClientHello, protocol: Protocol = VCL1): Term {
  const unless = (mutation: Mutation, field: Term) => (protocol.has(mutation) ? ABSENT : field);
  return tuple(
    constant('CH'),
    hello.base.random,
    TIME,
    hello.base.cid,
    unless('versionsUnbound', numbers(hello.versions)),
    unless('suitesUnbound', numbers(hello.suites)),
    unless('sharesUnbound', tuple(X25519_GROUP, hello.share)),
    unless('paramsUnbound', paramsTerm(hello.params)),
  );
}

/** SH as sent or, with a broken protocol, as that protocol's transcript sees it. */
export function serverHelloTerm(hello: ServerHello, protocol: Protocol = VCL1): Term {
  const unless = (mutation: Mutation, field: Term) => (protocol.has(mutation) ? ABSENT : field);
  return tuple(
    constant('SH'),
    hello.base.random,
    unless('refusalUnbound', number(hello.refuse)),
    number(hello.version),
    number(hello.suite),
    hello.base.cid,
    X25519_GROUP,
    unless('sharesUnbound', hello.share),
    unless('paramsUnbound', paramsTerm(hello.params)),
  );
}

/** The params field as a term. */
export const paramsTerm = (params: Parameters): Term =>
  constant(`evidence ${params.evidence}, pq ${params.pq}, psk ${params.psk ? 1 : 0}`);

/** One line about a CH for traces. */
export const showClientHello = (hello: ClientHello): string =>
  `CH{${hello.base.random.label}, versions ${hello.versions}, suites ${hello.suites}, ${shareText(hello.share)}, ${paramsTerm(hello.params).label}}`;

/** One line about an SH for traces. */
export const showServerHello = (hello: ServerHello): string =>
  `SH{${hello.base.random.label}, refuse ${hello.refuse}, version ${hello.version}, suite ${hello.suite}, ${shareText(hello.share)}, ${paramsTerm(hello.params).label}}`;

const numbers = (values: readonly number[]): Term => constant(`list ${values.join(' ')}`);

const shareText = (share: Term): string =>
  share.operator === 'point' ? `g^${share.parts.map((part) => part.label).join('')}` : share.label;
