import { describe, expect, it } from 'vitest';
import {
  healing,
  oneWay,
  passiveHealing,
  ROTATION_PROPERTIES,
  ratchet,
  signedDelivery,
} from './epoch-properties.js';
import * as handshake from './properties.js';
import { HANDSHAKE_PROPERTIES, identityHidden, type Property } from './properties.js';
import type { Mutation } from './protocol.js';
import { HIDING_SCENARIOS, SCENARIOS, type ScenarioName } from './scenarios.js';
import { explore } from './search.js';

interface BrokenVariant {
  readonly flaws: readonly Mutation[];
  readonly scenario: ScenarioName;
  readonly breaks: Property;
  /** Patterns that lines of the attack match, in this order; others may stand between. */
  readonly story: readonly RegExp[];
}

const HONEST_START = [/^B1 takes CH\{random_A1/, /^A1 takes SH\{random_B1.* flight of B;/];

const NEGOTIATION: readonly BrokenVariant[] = [
  {
    flaws: ['versionsUnbound'],
    scenario: 'negotiation',
    breaks: handshake.noDowngrade,
    story: [/A1 sends CH.* versions 2,1,/, /B1 takes CH.* versions 1,.*by E/, /finish of A/],
  },
  {
    flaws: ['suitesUnbound'],
    scenario: 'negotiation',
    breaks: handshake.noDowngrade,
    story: [/A1 sends CH.* suites 2,1,/, /B1 takes CH.* suites 1,.*by E/, /finish of A/],
  },
  {
    flaws: ['paramsUnbound'],
    scenario: 'pqRequired',
    breaks: handshake.noDowngrade,
    story: [/A1 sends CH.* pq require/, /B1 takes CH.* pq prefer.*\[composed by E\]/],
  },
  {
    flaws: ['paramsUnbound'],
    scenario: 'pqRequiredNoRotation',
    breaks: handshake.postQuantum,
    story: [/B1 .*answers SH.* pq require/, /A1 takes SH.* pq prefer.*by E/, /HANDSHAKE_DONE/],
  },
  {
    flaws: ['pqRequireIgnored'],
    scenario: 'pqRequiredNoRotation',
    breaks: handshake.postQuantum,
    story: [/B1 .*answers SH.* pq require/, /B1 takes the finish of A/],
  },
  {
    flaws: ['refusalUnbound'],
    scenario: 'refusal',
    breaks: handshake.refusalAgreement,
    story: [/B1 .*answers SH.* refuse 12/, /A1 takes SH.* refuse 13.*: refused \[composed by E\]/],
  },
];

const IDENTITY: readonly BrokenVariant[] = [
  {
    flaws: ['finOmitted', 'flightNotSealed'],
    scenario: 'misbinding',
    breaks: handshake.attribution,
    story: [/A2 takes SH\{random_E.* g\^x_A1.* flight of E/],
  },
  {
    // SIGMA without its MAC: A believes in B, B believes in E, and both have the same keys.
    flaws: ['finOmitted', 'flightNotSealed', 'dataKeysUnbound'],
    scenario: 'misbinding',
    breaks: handshake.keyAgreement,
    story: [...HONEST_START, /B1 takes the finish of E.*\[composed by E\]/],
  },
  {
    // A signs in to E; E hands A's signature on to B.
    flaws: ['authWithoutIds'],
    scenario: 'ephemerals',
    breaks: handshake.agreement,
    story: [
      /E learns handshake scalar of A1/,
      /B1 takes CH\{random_A1/,
      /A1 takes SH\{random_B1.* flight of E/,
      /B1 takes the finish of A.*\[composed by E\]/,
    ],
  },
  {
    flaws: ['dataKeysUnbound'],
    scenario: 'ephemerals',
    breaks: handshake.keyAgreement,
    story: [/E learns handshake scalar/, ...HONEST_START, /B1 takes the finish of E.*by E/],
  },
  {
    // Two sessions of E, with A and with B, have one key: the triple-handshake situation.
    flaws: ['lowOrderAccepted', 'dataKeysUnbound'],
    scenario: 'misbinding',
    breaks: handshake.keyAgreement,
    story: [/A2 takes SH.*low-order point.* flight of E/, /B1 takes CH.*low-order point/],
  },
  {
    flaws: ['ownIdentityAccepted'],
    scenario: 'reflection',
    breaks: handshake.noReflection,
    story: [/A2 takes CH\{random_A1/, /A1 takes SH\{random_A2.* flight of A/],
  },
  {
    flaws: ['serverEphemeralReused'],
    scenario: 'misbinding',
    breaks: handshake.agreement,
    story: [/B1 takes the finish of A/, /B2 takes CH\{random_A1/, /B2 takes the finish of A/],
  },
  {
    // Key compromise impersonation: with B's key E is A for B.
    flaws: ['clientAuthByStaticDh'],
    scenario: 'longTermKeys',
    breaks: handshake.agreement,
    story: [/E learns long-term key of B/, /g\^x_E/, /B1 takes the finish of A.*composed by E/],
  },
];

const SECRECY: readonly BrokenVariant[] = [
  {
    flaws: ['sharesUnbound'],
    scenario: 'misbinding',
    breaks: handshake.secrecy,
    story: [/B1 takes CH\{random_A1.* g\^x_E/, /A1 takes SH\{random_B1.* g\^x_E.* flight of B/],
  },
  {
    flaws: ['staticServerShare'],
    scenario: 'longTermKeys',
    breaks: handshake.secrecy,
    story: [/B1 .*answers SH.* g\^sk_B/, /A1 takes SH.* flight of B/],
  },
  {
    flaws: ['pskNotMixed'],
    scenario: 'psk',
    breaks: handshake.secrecy,
    story: [/E learns handshake scalar of A1/, ...HONEST_START],
  },
  {
    flaws: ['lowOrderAccepted'],
    scenario: 'misbinding',
    breaks: handshake.contribution,
    story: [/A2 takes SH.*low-order point.*\[composed by E\]/],
  },
  {
    flaws: ['serverDataEarly'],
    scenario: 'misbinding',
    breaks: handshake.payloadSecrecy,
    story: [/B1 takes CH.* g\^x_E.*\[composed by E\]/],
  },
  {
    flaws: ['directionsShareKeys'],
    scenario: 'misbinding',
    breaks: handshake.recordAuthenticity,
    story: [...HONEST_START, /B1 takes the finish of A/],
  },
  {
    flaws: ['directionsShareKeys'],
    scenario: 'misbinding',
    breaks: handshake.freshNonces,
    story: [/B1 takes the finish of A/, /A1 takes HANDSHAKE_DONE/],
  },
];

const ROTATION: readonly BrokenVariant[] = [
  {
    flaws: ['rekeyDropsOldSecret'],
    scenario: 'leakedRotation',
    breaks: ratchet,
    story: [/E learns rotation scalar of A1/, /E learns rotation scalar of B1/, /REKEY_INIT y_A1/],
  },
  {
    flaws: ['rekeyDropsFreshSecret'],
    scenario: 'stolenEpoch',
    breaks: passiveHealing,
    story: [/E learns S\[0\] of A1/, /REKEY_INIT y_A1/, /REKEY_RESP y_B1/],
  },
  {
    flaws: ['rekeyKeepsSecret'],
    scenario: 'stolenEpoch',
    breaks: oneWay,
    story: [/REKEY_INIT y_A1/],
  },
  {
    // The man in the middle of a rotation that the next statement would have shown.
    flaws: ['statementWithoutEth'],
    scenario: 'stolenEpoch',
    breaks: healing,
    story: [
      /E learns S\[0\] of A1/,
      /A1 takes REKEY_RESP y_E/,
      /B1 takes REKEY_INIT y_E/,
      /B1 verifies a statement of epoch 1 over message_A1.*\[composed by E\]/,
    ],
  },
  {
    flaws: ['statementWithoutLink'],
    scenario: 'leakedRotation',
    breaks: signedDelivery,
    story: [/E learns S\[0\] of A1/, /B1 verifies a statement of epoch 1 over message_E/],
  },
];

const VARIANTS = [...NEGOTIATION, ...IDENTITY, ...SECRECY, ...ROTATION];

describe('the checker finds the attack on each broken variant', () => {
  it.each(
    VARIANTS.map((variant) => ({
      ...variant,
      title: variant.flaws.join(' + '),
      name: variant.breaks.name,
    })),
  )('$title breaks: $name', ({ flaws, scenario, breaks, story }) => {
    const { attack } = explore(SCENARIOS[scenario].problem(new Set(flaws)), [breaks]);
    expect(attack?.property).toBe(breaks.name);
    expect(tellsStory(attack?.trace ?? [], story), attack?.trace.join('\n')).toBe(true);
  });

  it('shows of every property that it can break', () => {
    const broken = new Set(VARIANTS.map((variant) => variant.breaks));
    const untested = [...HANDSHAKE_PROPERTIES, ...ROTATION_PROPERTIES].filter(
      (property) => !broken.has(property),
    );
    expect(untested.map((property) => property.name)).toEqual([]);
  });

  it.each(['A', 'B'] as const)('flightNotSealed shows the key of %s to a listener', (owner) => {
    const problem = HIDING_SCENARIOS.listener.problem(new Set<Mutation>(['flightNotSealed']));
    expect(explore(problem, [identityHidden(owner)]).attack?.property).toBe(
      `identity of ${owner} is hidden`,
    );
  });
});

describe('defence in depth', () => {
  // Both FIN and the AEAD of SEALED prove the X25519 secret: misbinding needs both to be gone.
  it.each(['finOmitted', 'flightNotSealed'] as const)('%s alone binds identities still', (flaw) => {
    for (const name of ['misbinding', 'ephemerals'] as const) {
      const problem = SCENARIOS[name].problem(new Set<Mutation>([flaw]));
      const outcome = explore(problem, HANDSHAKE_PROPERTIES);
      expect(outcome).toMatchObject({ attack: undefined, complete: true });
    }
  });
});

function tellsStory(trace: readonly string[], story: readonly RegExp[]): boolean {
  let told = 0;
  for (const line of trace) if (story[told]?.test(line)) told += 1;
  return told === story.length;
}
