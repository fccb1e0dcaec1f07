import {
  domainsFor,
  initialKnowledge,
  type Reveal,
  revealEphemeral,
  revealLongTerm,
  revealPsk,
  revealRekeyEphemeral,
  stealEpochSecret,
  type Variation,
} from './adversary.js';
import type { Parameters } from './messages.js';
import { IDENTITIES, type Identity, type Protocol } from './protocol.js';
import { pinnedOuter, type Session, type SessionConfig } from './roles.js';
import type { Problem } from './search.js';
import { REFUSAL } from './server.js';
import { constant, name } from './term.js';

/** A named situation; `problem` sets it up for a variant of the protocol. */
export interface Scenario {
  readonly title: string;
  /** Local states that must be reached, else the scenario proves nothing. */
  readonly expects: readonly string[];
  readonly problem: (protocol: Protocol) => Problem;
}

/** The situations that VCL 1 must withstand. */
export type ScenarioName =
  | 'negotiation'
  | 'refusal'
  | 'misbinding'
  | 'reflection'
  | 'longTermKeys'
  | 'ephemerals'
  | 'psk'
  | 'everythingLeaks'
  | 'stolenEpoch'
  | 'leakedRotation'
  | 'stolenEpochSessionEvidence'
  | 'rotationWithBadPeer'
  | 'pqRequired'
  | 'pqRequiredNoRotation';

interface Situation {
  readonly title: string;
  readonly expects: readonly string[];
  readonly sessions: readonly SessionConfig[];
  readonly reveals?: readonly Reveal[];
  readonly variation?: Variation;
  /** Honest identities whose public key E has from the start; both by default. */
  readonly knownKeys?: readonly Identity[];
  /** E listens only. */
  readonly passive?: boolean;
}

const MAX_STATES = 60_000;

const DEFAULTS: Parameters = { evidence: 'identity', pq: 'prefer', psk: false };
const OPEN_OUTER = constant('zeros(32)');
const PSK = name('psk_AB');

/** The psk of the scenarios that have one. */
const withPsk = { psk: PSK, params: { ...DEFAULTS, psk: true } };

type Choice = Partial<Omit<SessionConfig, 'id' | 'owner' | 'role'>>;

const session = (
  role: 'client' | 'server',
  id: string,
  accepts: readonly Identity[],
  choice: Choice = {},
): SessionConfig => ({
  id,
  owner: id.startsWith('A') ? 'A' : 'B',
  role,
  accepts,
  versions: [1],
  suites: [1],
  params: DEFAULTS,
  psk: undefined,
  outer: OPEN_OUTER,
  script: 'data',
  ...choice,
});

const client = (id: string, accepts: readonly Identity[], choice?: Choice): SessionConfig =>
  session('client', id, accepts, choice);

const server = (id: string, accepts: readonly Identity[], choice?: Choice): SessionConfig =>
  session('server', id, accepts, choice);

const negotiation: Choice = { versions: [2, 1], suites: [2, 1] };

const bothAccept = ['A1 accepted B', 'B1 accepted A'];

const rotation: Choice = { script: 'rekey' };
const sessionRotation: Choice = { script: 'rekey', params: { ...DEFAULTS, evidence: 'session' } };
const plainRotation: Choice = { script: 'rekey', params: { ...DEFAULTS, pq: 'off' } };
const bothHeal = ['A1 healed B', 'B1 healed A'];

/** S[0] may go only after each side has the other's SIGNER. */
const signersKnown = (sessions: readonly Session[]): boolean =>
  sessions.every(({ config, stage }) =>
    config.role === 'client'
      ? ['accepted', 'rotated', 'healed', 'heardOld'].includes(stage)
      : ['signed', 'rotated', 'healed'].includes(stage),
  );

/** Everything that VCL 1 must withstand. */
export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  negotiation: situation({
    title: 'negotiation: E rewrites versions, suites, parameters and refusals',
    expects: [...bothAccept, 'B1 answered -'],
    sessions: [client('A1', ['B'], negotiation), server('B1', IDENTITIES, negotiation)],
    reveals: [revealEphemeral('A1'), revealEphemeral('B1')],
    variation: {
      versions: [[1], [3]],
      suites: [[1]],
      params: [
        { ...DEFAULTS, evidence: 'session' },
        { ...DEFAULTS, pq: 'off' },
        { ...DEFAULTS, pq: 'require' },
        { ...DEFAULTS, psk: true },
      ],
      refusals: [REFUSAL.version, REFUSAL.pqRequired],
    },
  }),
  refusal: situation({
    title: 'refusal: no common version, so B refuses, signed',
    expects: ['A1 refused B'],
    sessions: [client('A1', ['B'], { versions: [2] }), server('B1', ['A', 'E'])],
    variation: { versions: [[1]], refusals: [REFUSAL.version, REFUSAL.pqRequired] },
  }),
  misbinding: situation({
    title: 'two clients, one pinned, and two sessions of a server',
    expects: [...bothAccept, 'A2 accepted E', 'A2 accepted B', 'B1 accepted E', 'B2 accepted A'],
    sessions: [
      client('A1', ['B']),
      client('A2', IDENTITIES),
      server('B1', IDENTITIES),
      server('B2', IDENTITIES),
    ],
  }),
  reflection: situation({
    title: 'A and B are client and server at once',
    expects: ['A1 accepted B', 'A2 accepted B', 'B1 accepted A', 'B2 accepted A'],
    sessions: [
      client('A1', IDENTITIES),
      server('A2', IDENTITIES),
      client('B1', IDENTITIES),
      server('B2', IDENTITIES),
    ],
  }),
  longTermKeys: situation({
    title: 'long-term keys of A and B leak, before (KCI) or after',
    expects: [...bothAccept],
    sessions: [client('A1', IDENTITIES), server('B1', IDENTITIES), server('B2', IDENTITIES)],
    reveals: [revealLongTerm('A'), revealLongTerm('B')],
  }),
  ephemerals: situation({
    title: 'handshake scalars leak',
    expects: [...bothAccept, 'A1 accepted E', 'B1 accepted E'],
    sessions: [client('A1', IDENTITIES), client('A2', ['B']), server('B1', IDENTITIES)],
    reveals: [revealEphemeral('A1'), revealEphemeral('B1')],
  }),
  psk: situation({
    title: 'a pre-shared key, which leaks, as scalars do',
    expects: bothAccept,
    sessions: [client('A1', IDENTITIES, withPsk), server('B1', IDENTITIES, withPsk)],
    variation: { params: [DEFAULTS] },
    reveals: [revealPsk(PSK), revealEphemeral('A1')],
  }),
  everythingLeaks: situation({
    title: 'one session with a pinned server, under every leak',
    expects: bothAccept,
    sessions: [client('A1', ['B'], withPsk), server('B1', ['A', 'E'], withPsk)],
    reveals: [
      revealPsk(PSK),
      revealEphemeral('A1'),
      revealEphemeral('B1'),
      revealLongTerm('A'),
      revealLongTerm('B'),
    ],
  }),
  stolenEpoch: situation({
    title: 'S[0] is stolen before the rotation',
    expects: bothHeal,
    sessions: [
      client('A1', ['B'], rotation),
      client('A2', ['B'], rotation),
      server('B1', ['A'], rotation),
      server('B2', ['A'], rotation),
    ],
    reveals: [stealEpochSecret('A1')],
  }),
  leakedRotation: situation({
    title: 'scalars of the rotation leak, S[0] too or not',
    expects: bothHeal,
    sessions: [client('A1', ['B'], plainRotation), server('B1', ['A'], plainRotation)],
    reveals: [stealEpochSecret('A1'), revealRekeyEphemeral('A1'), revealRekeyEphemeral('B1')],
  }),
  stolenEpochSessionEvidence: situation({
    title: 'S[0] is stolen after the SIGNERs were exchanged',
    expects: bothHeal,
    sessions: [client('A1', ['B'], sessionRotation), server('B1', ['A'], sessionRotation)],
    reveals: [stealEpochSecret('A1', signersKnown)],
  }),
  rotationWithBadPeer: situation({
    title: 'rotations with an honest and with a bad peer',
    expects: [...bothHeal, 'B1 rotated E'],
    sessions: [client('A1', ['B'], rotation), server('B1', IDENTITIES, rotation)],
  }),
  pqRequired: situation({
    title: 'A requires post-quantum keys, B prefers them',
    expects: bothHeal,
    sessions: [
      client('A1', ['B'], { script: 'rekey', params: { ...DEFAULTS, pq: 'require' } }),
      server('B1', ['A', 'E'], rotation),
    ],
    variation: { params: [{ ...DEFAULTS, pq: 'off' }] },
  }),
  pqRequiredNoRotation: situation({
    title: 'B requires post-quantum keys and no rotation takes place',
    expects: bothAccept,
    sessions: [
      client('A1', ['B']),
      server('B1', ['A', 'E'], { params: { ...DEFAULTS, pq: 'require' } }),
    ],
    variation: { params: [{ ...DEFAULTS, pq: 'off' }] },
  }),
};

/** Who sees which identity (rule B2). E does not know the public keys that are to stay hidden. */
export const HIDING_SCENARIOS: Readonly<
  Record<'listener' | 'client' | 'pinned' | 'openServer' | 'trustOnFirstUse', Scenario>
> = {
  listener: situation({
    title: 'open listener; E only listens',
    expects: bothAccept,
    sessions: [client('A1', IDENTITIES), server('B1', IDENTITIES)],
    knownKeys: [],
    passive: true,
  }),
  client: situation({
    title: 'open listener; the client takes B only',
    expects: bothAccept,
    sessions: [client('A1', ['B']), server('B1', IDENTITIES)],
    knownKeys: ['B'],
  }),
  pinned: situation({
    title: 'the listener answers only to those who know its key',
    expects: bothAccept,
    sessions: [
      client('A1', ['B'], { outer: pinnedOuter('B') }),
      server('B1', IDENTITIES, { outer: pinnedOuter('B') }),
    ],
    knownKeys: [],
  }),
  openServer: situation({
    title: 'open listener; E probes it',
    expects: [],
    sessions: [server('B1', IDENTITIES)],
    knownKeys: ['A'],
  }),
  trustOnFirstUse: situation({
    title: 'a client that takes anybody',
    expects: [],
    sessions: [client('A1', IDENTITIES)],
    knownKeys: ['B'],
  }),
};

/** An invitation keeps E out altogether: it can but replay. */
export const INVITATION: Scenario = situation({
  title: 'E does not hold the invitation',
  expects: bothAccept,
  sessions: [
    client('A1', IDENTITIES, { outer: name('invitation') }),
    server('B1', IDENTITIES, { outer: name('invitation') }),
  ],
});

/** S[0] stolen so early that E can replace the SIGNERs: beyond what session evidence withstands. */
export const EARLY_THEFT: Scenario = situation({
  title: 'S[0] is stolen before the SIGNERs arrive',
  expects: [],
  sessions: [client('A1', ['B'], sessionRotation), server('B1', ['A'], sessionRotation)],
  reveals: [stealEpochSecret('A1')],
});

function situation(setup: Situation): Scenario {
  return {
    title: setup.title,
    expects: setup.expects,
    problem: (protocol) => ({
      sessions: setup.sessions,
      reveals: setup.reveals ?? [],
      world: { protocol, domains: domainsFor(setup.sessions, setup.variation ?? {}, protocol) },
      initial: initialKnowledge(protocol, setup.knownKeys ?? ['A', 'B']),
      passive: setup.passive ?? false,
      maxStates: MAX_STATES,
    }),
  };
}
