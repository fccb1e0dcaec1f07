import { describe, expect, it } from 'vitest';
import { anyStatementHeals, healing, ROTATION_PROPERTIES } from './epoch-properties.js';
import { HANDSHAKE_PROPERTIES, identityHidden, type Property } from './properties.js';
import { VCL1 } from './protocol.js';
import {
  EARLY_THEFT,
  HIDING_SCENARIOS,
  INVITATION,
  SCENARIOS,
  type Scenario,
} from './scenarios.js';
import { explore, type Outcome } from './search.js';

const PROPERTIES = [...HANDSHAKE_PROPERTIES, ...ROTATION_PROPERTIES];

/** Searches the whole scenario and checks that the runs it is about took place. */
function expectSafe(scenario: Scenario, properties = PROPERTIES): Outcome {
  const outcome = explore(scenario.problem(VCL1), properties);
  expect(outcome.attack).toBeUndefined();
  expect(outcome.complete).toBe(true);
  expect(scenario.expects.filter((place) => !outcome.reached.has(place))).toEqual([]);
  return outcome;
}

describe('handshake and rotation of VCL 1, within the bounds of the model', () => {
  it.each(Object.values(SCENARIOS))('withstands $title', (scenario) => {
    expectSafe(scenario);
  });

  it('gives nothing to one who does not hold the invitation', () => {
    const { reached } = expectSafe(INVITATION);
    expect([...reached].filter((place) => place.endsWith(' E'))).toEqual([]);
  });
});

describe('who learns which identity', () => {
  it.each(['A', 'B'] as const)('a listener learns the key of neither side: %s', (owner) => {
    expectSafe(HIDING_SCENARIOS.listener, [identityHidden(owner)]);
  });

  it('a client that takes one server only shows its key to nobody else', () => {
    expectSafe(HIDING_SCENARIOS.client, [identityHidden('A')]);
  });

  it.each(['A', 'B'] as const)('a prober without the pinned key learns nothing: %s', (owner) => {
    expectSafe(HIDING_SCENARIOS.pinned, [identityHidden(owner)]);
  });
});

describe('what VCL 1 does not claim, shown by the attack', () => {
  it('a prober learns the key of an open listener', () => {
    const { attack } = explore(HIDING_SCENARIOS.openServer.problem(VCL1), [identityHidden('B')]);
    expect(attack?.trace).toHaveLength(1);
    expect(attack?.trace[0]).toMatch(/^B1 takes CH\{random_E.*\[composed by E\]$/);
  });

  it('a client that takes anybody shows its key to anybody', () => {
    const scenario = HIDING_SCENARIOS.trustOnFirstUse;
    const { attack } = explore(scenario.problem(VCL1), [identityHidden('A')]);
    expect(attack?.trace.at(-1)).toMatch(/^A1 takes SH\{random_E.* sends its finish/);
  });

  it('session evidence does not heal when S[0] is stolen before the SIGNERs arrive', () => {
    const { attack } = explore(EARLY_THEFT.problem(VCL1), [healing]);
    expect(attack?.trace).toEqual([
      expect.stringMatching(/^A1 sends CH/),
      expect.stringMatching(/^B1 takes CH/),
      expect.stringMatching(/^A1 takes SH.* flight of B; sends its finish$/),
      'E learns S[0] of A1',
      'A1 takes HANDSHAKE_DONE from B and SIGNER signer_E [composed by E]',
      'A1 takes REKEY_RESP y_E; sends message and statement in epoch 1 [composed by E]',
      'A1 verifies a statement of epoch 1 [composed by E]',
    ]);
  });

  it('a statement of the old epoch says nothing about the new one', () => {
    const { attack } = explore(SCENARIOS.stolenEpoch.problem(VCL1), [anyStatementHeals]);
    expect(attack?.trace).toContain('E learns S[0] of A1');
    expect(attack?.trace.at(-1)).toBe(
      'A1 verifies a statement of epoch 0 in a record of epoch 1 [composed by E]',
    );
  });

  it('HANDSHAKE_DONE can be forged when a handshake scalar has leaked', () => {
    const doneIsGenuine: Property = {
      name: 'HANDSHAKE_DONE is genuine',
      check: ({ sessions }) => {
        const done = sessions.some(
          (s) => s.config.id === 'A1' && s.stage === 'accepted' && s.peer === 'B',
        );
        return done && !sessions.some((s) => s.sid !== undefined && s.config.role === 'server')
          ? 'A1 is done with B, which has accepted nobody'
          : undefined;
      },
    };
    const { attack } = explore(SCENARIOS.ephemerals.problem(VCL1), [doneIsGenuine]);
    expect(attack?.trace).toContain('E learns handshake scalar of A1');
    expect(attack?.trace.at(-1)).toBe('A1 takes HANDSHAKE_DONE from B [composed by E]');
  });
});

describe('the search itself', () => {
  it('says when it gave up at its bound', () => {
    const problem = { ...SCENARIOS.misbinding.problem(VCL1), maxStates: 100 };
    const outcome = explore(problem, []);
    expect(outcome).toMatchObject({ states: 100, complete: false, attack: undefined });
  });

  it('finds the same number of states each time', () => {
    const count = () => explore(SCENARIOS.psk.problem(VCL1), []).states;
    expect(count()).toBe(count());
  });

  it('reports the shortest way to a state', () => {
    const accepted: Property = {
      name: 'nobody accepts',
      check: ({ sessions }) =>
        sessions.some(({ stage }) => stage === 'accepted') ? 'somebody accepts' : undefined,
    };
    const { attack } = explore(SCENARIOS.pqRequired.problem(VCL1), [accepted]);
    expect(attack).toMatchObject({ property: 'nobody accepts', reason: 'somebody accepts' });
    // E's own connection is the shortest: its hello and its finish after the line of A1.
    expect(attack?.trace).toHaveLength(3);
  });
});
