import { describe, expect, it } from 'vitest';
import { addressOf, expectedToFail, useConnections } from '../support/connections.js';
import { withResolvers } from '../support/with-resolvers.js';

const { bind } = useConnections();

/** More than the steps between an answer of the policy and the session. */
const STEPS = 24;

describe('a policy that answers in the very moment in which accepting is given up', () => {
  it.each(Array.from({ length: STEPS }, (_, step) => step))(
    'leaves no session that nobody awaits, %d steps apart',
    async (step) => {
      const asked = withResolvers<void>();
      const decision = withResolvers<boolean>();
      const authorize = (): Promise<boolean> => {
        asked.resolve();
        return decision.promise;
      };
      const server = await bind({ clients: { authorize } });
      const client = await bind();
      const controller = new AbortController();
      const accepting = server.acceptHandshake({ signal: controller.signal }).then(
        () => true,
        () => false,
      );
      const connecting = expectedToFail(client.connect(addressOf(server)));
      await asked.promise;
      decision.resolve(true);
      for (let i = 0; i < step; i++) await undefined;
      controller.abort();
      if (!(await accepting)) await server.acceptHandshake();
      await connecting;
      expect(server.peerIdentity).toEqual(client.getPublicKey());
    },
  );
});
