import { Pair } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';
import { startRekey } from '../../src/handshake/rekey.js';
import { ControlType, controlMessage } from '../../src/wire/control-messages.js';
import { endOf, establishedPair, numbered, numbersOf, range } from './support.js';

describe('a rotation of keys', () => {
  it('loses nothing under traffic both ways and under loss, whoever asks for it', () => {
    const pair = new Pair({ seed: 41, link: { loss: 0.1, reorder: 0.2 } });
    expect(pair.establish()).toBe(true);
    for (const i of range(12)) {
      const side = i % 2 === 0 ? pair.client : pair.server;
      side.connection!.rotateKeys(pair.now);
      for (const from of ['client', 'server'] as const) {
        for (const j of range(5)) pair.send(from, numbered(5 * i + j), { reliability: 'reliable' });
      }
      pair.run(20_000, () =>
        [pair.client, pair.server].every((s) => s.connection!.epoch === i + 1),
      );
    }
    pair.run(5_000);
    expect(pair.client.connection!.epoch).toBe(12);
    expect(numbersOf(pair.client)).toEqual(range(60));
    expect(numbersOf(pair.server)).toEqual(range(60));
  });

  it('comes by itself after the packets, the bytes or the time that were set', () => {
    const pair = establishedPair({ seed: 43, config: { rekeyIntervalMs: 1_000 } });
    for (const i of range(50)) {
      pair.send('client', numbered(i), { reliability: 'reliable' });
      pair.run(100);
    }
    expect(pair.client.connection!.epoch).toBeGreaterThanOrEqual(3);
    expect(numbersOf(pair.server)).toEqual(range(50));
  });

  it('is never started by what an application sends', () => {
    const pair = establishedPair({ seed: 44 });
    const { body } = startRekey(pair.crypto, 1);
    const lookalikes = [new Uint8Array(32), body, controlMessage(ControlType.REKEY_INIT, body)];
    for (const payload of lookalikes) pair.send('client', payload, { reliability: 'reliable' });
    pair.run(2_000);
    expect(pair.server.messages.map(({ payload }) => payload)).toEqual(lookalikes);
    expect(pair.server.connection!.epoch).toBe(0);
    expect(endOf(pair.server)).toBeUndefined();
  });
});
