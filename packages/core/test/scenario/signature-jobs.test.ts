import type { CryptoProvider, Signer } from '@vcl-protocol/core';
import type { Pair } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';
import {
  closeBoth,
  connectedPair,
  numbered,
  numbersRead,
  type SideName,
  seeded,
  upTo,
  verifyLog,
} from './support.js';

/** Makes and checks the signatures of one side outside of the core, each after `delayMs`. */
function workFor(
  pair: Pair,
  side: SideName,
  { crypto, identity, delayMs }: { crypto: CryptoProvider; identity: Signer; delayMs: number },
): void {
  const work = (now: number): void => {
    const connection = pair[side].connection!;
    const job = connection.pollSignatureJob();
    if (job?.kind === 'sign') connection.handleSignatureDone(identity.sign(job.message), now);
    else if (job?.kind === 'verify') {
      const isValid = crypto.verify(job.publicKey, job.message, job.signature);
      connection.handleSignatureDone(isValid, now);
    }
    if (!connection.isClosed) pair.simulation.at(now + delayMs, work);
  };
  pair.simulation.at(pair.now + delayMs, work);
}

describe.each([1, 17])('signatures that are made outside and take %i ms', (delayMs) => {
  it.each(['signed', 'authenticated'] as const)('cover everything all the same, %s', (delivery) => {
    const crypto = seeded(1);
    const identities = [1, 2].map((byte) => crypto.createSigner(new Uint8Array(32).fill(byte)));
    const [client, server] = identities as [Signer, Signer];
    const pair = connectedPair({
      seed: 1,
      crypto,
      config: { delivery },
      link: { delayMs: 10, loss: 0.05 },
      endpoint: { inlineSignatures: false, record: { payloads: 'kept' } },
      client: { identity: client },
      server: { identity: server },
    });
    workFor(pair, 'client', { crypto, identity: client, delayMs });
    workFor(pair, 'server', { crypto, identity: server, delayMs });
    for (let n = 0; n < 40; n++) {
      pair.send('client', numbered(n, 400), { reliability: 'reliable' });
      pair.send('server', numbered(n, 400), { reliability: 'reliable' });
      pair.send('server', numbered(n, 400), { reliability: 'unreliable' });
      pair.run(5);
    }
    closeBoth(pair);
    expect(numbersRead(pair.server)).toEqual(upTo(40));
    expect(pair.client.messages.every(({ verified }) => verified)).toBe(true);
    for (const side of ['client', 'server'] as const) {
      expect(verifyLog(pair, side).exitCode).toBe(0);
    }
  });
});

describe('a signature job', () => {
  it('that is done after the session has ended changes nothing', () => {
    const crypto = seeded(2);
    const identity = crypto.createSigner(new Uint8Array(32).fill(1));
    const pair = connectedPair({
      seed: 2,
      crypto,
      client: { identity, inlineSignatures: false, record: { payloads: 'kept' } },
    });
    const connection = pair.client.connection!;
    const job = connection.pollSignatureJob();
    expect(job?.kind).toBe('sign');
    connection.abort(0, '', pair.now);
    pair.run(10);
    const log = pair.client.log().length;
    connection.handleSignatureDone(identity.sign(job!.message), pair.now);
    pair.run(1_000);
    expect([pair.client.log().length, connection.pollSignatureJob()]).toEqual([log, undefined]);
  });

  it('whose verdict is bad closes the session', () => {
    const crypto = seeded(3);
    const pair = connectedPair({ seed: 3, crypto, server: { inlineSignatures: false } });
    pair.run(100);
    const connection = pair.server.connection!;
    for (let job = connection.pollSignatureJob(); job; job = connection.pollSignatureJob()) {
      if (job.kind === 'sign') connection.handleSignatureDone(new Uint8Array(64), pair.now);
      else connection.handleSignatureDone(false, pair.now);
    }
    expect(connection.endInfo.code).toBe(7);
    pair.run(500);
    expect(pair.client.connection!.endInfo.code).toBe(7);
  });
});
