import { clientHelloOf } from './client.js';
import type { ClientHello, HelloBase, Parameters, ServerHello } from './messages.js';
import { IDENTITIES, type Identity, identitySecret, type Protocol } from './protocol.js';
import {
  type Domains,
  type FreshNames,
  freshNames,
  type Session,
  type SessionConfig,
} from './roles.js';
import { LOW_ORDER_POINT, name, point, type Term, verifyKey } from './term.js';

/** Values beyond those of the honest configurations that the adversary writes into hellos. */
export interface Variation {
  readonly versions?: readonly (readonly number[])[];
  readonly suites?: readonly (readonly number[])[];
  readonly params?: readonly Parameters[];
  /** Refusal codes beside 0. */
  readonly refusals?: readonly number[];
}

/** What kind of secret leaks. */
export type RevealKind =
  | 'long-term key'
  | 'pre-shared key'
  | 'handshake scalar'
  | 'rotation scalar'
  | 'S[0]';

/** A secret that the adversary may take once, at any moment at which it exists. */
export interface Reveal {
  readonly kind: RevealKind;
  /** The identity or session it belongs to; for a pre-shared key its label. */
  readonly of: string;
  /** The secret, or undefined while there is none (or the scenario does not let it be taken yet). */
  readonly secret: (sessions: readonly Session[]) => Term | undefined;
}

/** Names a reveal in states and traces. */
export const revealId = (reveal: Pick<Reveal, 'kind' | 'of'>): string =>
  `${reveal.kind} of ${reveal.of}`;

/** The long-term key of an honest identity leaks. */
export const revealLongTerm = (of: Identity): Reveal => ({
  kind: 'long-term key',
  of,
  secret: () => identitySecret(of),
});

/** A pre-shared key leaks. */
export const revealPsk = (psk: Term): Reveal => ({
  kind: 'pre-shared key',
  of: psk.label,
  secret: () => psk,
});

/** The handshake scalar of a session leaks. */
export const revealEphemeral = (of: string): Reveal => ({
  kind: 'handshake scalar',
  of,
  secret: () => name(`x_${of}`),
});

/** The scalar of a rotation leaks. */
export const revealRekeyEphemeral = (of: string): Reveal => ({
  kind: 'rotation scalar',
  of,
  secret: () => name(`y_${of}`),
});

/** S[0] of a session is stolen once `ready` says so; by default as soon as it is complete. */
export const stealEpochSecret = (
  of: string,
  ready: (sessions: readonly Session[]) => boolean = () => true,
): Reveal => ({
  kind: 'S[0]',
  of,
  secret: (sessions) =>
    ready(sessions)
      ? sessions.find((session) => session.config.id === of)?.epoch?.master
      : undefined,
});

/** The adversary's own values; the model gives it one of each. */
export const adversaryNames = (protocol: Protocol): FreshNames => freshNames('E', protocol);

/** What the adversary starts with: its identity, its own fresh values and the public keys named. */
export function initialKnowledge(protocol: Protocol, publicKeys: readonly Identity[]): Term[] {
  const own = adversaryNames(protocol);
  return [
    identitySecret('E'),
    own.base.random,
    own.scalar,
    own.rekeyScalar,
    own.kemSecret,
    own.kemShared,
    own.signer,
    own.payload,
    ...publicKeys.map((identity) => verifyKey(identitySecret(identity))),
    // The same keys as X25519 shares, which only the variants with static keys use.
    ...publicKeys.map((identity) => point(identitySecret(identity))),
  ];
}

/** The bounds: for each free field the values of honest sessions, the adversary's own, and the variation. */
export function domainsFor(
  sessions: readonly SessionConfig[],
  variation: Variation,
  protocol: Protocol,
): Domains {
  const everyone = [
    ...sessions.map((config) => freshNames(config.id, protocol, config.owner)),
    adversaryNames(protocol),
  ];
  return {
    clientHellos: clientHelloDomain(sessions, variation, protocol),
    serverHellos: serverHelloDomain(sessions, variation, protocol),
    identities: IDENTITIES,
    rekeyShares: [...everyone.map((fresh) => point(fresh.rekeyScalar)), LOW_ORDER_POINT],
    kemSecrets: everyone.map((fresh) => fresh.kemSecret),
    kemShared: everyone.map((fresh) => fresh.kemShared),
    signers: everyone.map((fresh) => fresh.signer),
    payloads: everyone.map((fresh) => fresh.payload),
  };
}

function clientHelloDomain(
  sessions: readonly SessionConfig[],
  variation: Variation,
  protocol: Protocol,
): ClientHello[] {
  const clients = sessions.filter((config) => config.role === 'client');
  const hellos = clients.map((config) => clientHelloOf(config, protocol));
  const versionLists = distinct([
    ...sessions.map((s) => s.versions),
    ...(variation.versions ?? []),
  ]);
  const suiteLists = distinct([...sessions.map((s) => s.suites), ...(variation.suites ?? [])]);
  const params = distinct([...sessions.map((s) => s.params), ...(variation.params ?? [])]);
  const bases = [...hellos.map((h) => h.base), adversaryNames(protocol).base];
  return bases.flatMap((base) =>
    versionLists.flatMap((versions) =>
      suiteLists.flatMap((suites) =>
        shareDomain(sessions, protocol).flatMap((share) =>
          params.map((choice) => ({ base, versions, suites, share, params: choice })),
        ),
      ),
    ),
  );
}

function serverHelloDomain(
  sessions: readonly SessionConfig[],
  variation: Variation,
  protocol: Protocol,
): ServerHello[] {
  const servers = sessions.filter((config) => config.role === 'server');
  const versions = distinct(sessions.flatMap((config) => config.versions));
  const suites = distinct(sessions.flatMap((config) => config.suites));
  const params = distinct([...sessions.map((s) => s.params), ...(variation.params ?? [])]);
  const bases: HelloBase[] = servers.map((s) => freshNames(s.id, protocol, s.owner).base);
  bases.push(adversaryNames(protocol).base);
  return bases.flatMap((base) =>
    [0, ...(variation.refusals ?? [])].flatMap((refuse) =>
      versions.flatMap((version) =>
        suites.flatMap((suite) =>
          shareDomain(sessions, protocol).flatMap((share) =>
            params.map((choice) => ({ base, refuse, version, suite, share, params: choice })),
          ),
        ),
      ),
    ),
  );
}

const shareDomain = (sessions: readonly SessionConfig[], protocol: Protocol): Term[] => [
  ...new Set(sessions.map((s) => point(freshNames(s.id, protocol, s.owner).scalar))),
  point(adversaryNames(protocol).scalar),
  LOW_ORDER_POINT,
];

function distinct<Value>(values: readonly Value[]): Value[] {
  const byText = new Map(values.map((value) => [JSON.stringify(value), value]));
  return [...byText.values()];
}
