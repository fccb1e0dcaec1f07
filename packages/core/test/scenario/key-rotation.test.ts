import { decodeLogEntry, decodeStatement, LogParser } from '@vcl-protocol/core';
import type { Pair } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';
import {
  closeBoth,
  connectedPair,
  eventsOf,
  numbered,
  numbersRead,
  type SideName,
  upTo,
  verifyLog,
} from './support.js';

function epochs(pair: Pair): [number, number] {
  return [pair.client.connection!.epoch, pair.server.connection!.epoch];
}

/** The epochs that the statements in a log name, by direction. */
function statedEpochs(pair: Pair, side: SideName): [number[], number[]] {
  const stated: [number[], number[]] = [[], []];
  const parser = new LogParser();
  parser.push(pair[side].log());
  for (let raw = parser.next(); raw !== undefined; raw = parser.next()) {
    const entry = decodeLogEntry(raw.type, raw.bytes.subarray(5));
    if (entry?.type !== 'statement') continue;
    const statement = decodeStatement(entry.statement)!;
    stated[statement.direction].push(statement.epoch);
  }
  return stated;
}

describe('a key rotation', () => {
  it('that both sides want at once, under traffic and loss, gives one new epoch and loses nothing', () => {
    const pair = connectedPair({
      seed: 1,
      link: { delayMs: 20, loss: 0.1, reorder: 0.1 },
      endpoint: { record: { payloads: 'kept' } },
    });
    for (let n = 0; n < 60; n++) {
      pair.send('client', numbered(n, 900), { reliability: 'reliable' });
      pair.send('server', numbered(n, 900), { reliability: 'reliable' });
      if (n === 20) {
        pair.client.connection!.rotateKeys(pair.now);
        pair.server.connection!.rotateKeys(pair.now);
      }
      pair.run(10);
    }
    pair.run(
      10_000,
      () => pair.client.messages.length === 60 && pair.server.messages.length === 60,
    );
    pair.run(2_000);
    expect(epochs(pair)).toEqual([1, 1]);
    expect(numbersRead(pair.server)).toEqual(upTo(60));
    expect(numbersRead(pair.client)).toEqual(upTo(60));
    expect(eventsOf(pair.client, 'keyRotated')).toEqual([{ type: 'keyRotated', epoch: 1 }]);
    expect(eventsOf(pair.server, 'keyRotated')).toEqual([{ type: 'keyRotated', epoch: 1 }]);
    expect(pair.client.connection!.sharedSecret()).toEqual(pair.server.connection!.sharedSecret());
    closeBoth(pair);
    for (const side of ['client', 'server'] as const) {
      expect(verifyLog(pair, side).exitCode).toBe(0);
    }
  });

  it('can be repeated by either side, again and again', () => {
    const pair = connectedPair({ seed: 2 });
    for (let epoch = 1; epoch <= 10; epoch++) {
      pair[epoch % 2 === 0 ? 'client' : 'server'].connection!.rotateKeys(pair.now);
      pair.run(500);
      expect(epochs(pair)).toEqual([epoch, epoch]);
    }
    pair.send('client', numbered(0, 10), { reliability: 'reliable' });
    pair.run(200);
    expect(numbersRead(pair.server)).toEqual([0]);
  });

  it('is confirmed by a signature of each side though nobody says anything', () => {
    const pair = connectedPair({ seed: 3, endpoint: { record: { payloads: 'kept' } } });
    pair.run(1_000);
    pair.client.connection!.rotateKeys(pair.now);
    pair.run(1_000);
    for (const side of ['client', 'server'] as const) {
      const [fromClient, fromServer] = statedEpochs(pair, side);
      expect(fromClient).toContain(1);
      expect(fromServer).toContain(1);
    }
  });

  it('happens by itself when a key has sealed enough packets, before data has to stop', () => {
    const pair = connectedPair({ seed: 4, config: { rekeyPackets: 40 } });
    for (let n = 0; n < 150; n++)
      pair.send('client', numbered(n, 1_000), { reliability: 'reliable' });
    pair.run(5_000, () => pair.server.messages.length === 150);
    expect(numbersRead(pair.server)).toEqual(upTo(150));
    expect(pair.client.connection!.epoch).toBeGreaterThanOrEqual(2);
  });

  it('happens by itself when a key has sealed enough bytes or is old enough', () => {
    const bytes = connectedPair({ seed: 5, serverConfig: { rekeyBytes: 20_000 } });
    for (let n = 0; n < 60; n++)
      bytes.send('server', numbered(n, 1_000), { reliability: 'reliable' });
    bytes.run(5_000, () => bytes.client.messages.length === 60);
    bytes.run(500);
    expect(numbersRead(bytes.client)).toEqual(upTo(60));
    expect(bytes.server.connection!.epoch).toBeGreaterThanOrEqual(1);
    const age = connectedPair({ seed: 6, config: { rekeyIntervalMs: 1_000 } });
    age.run(10_500);
    expect(age.client.connection!.epoch).toBeGreaterThanOrEqual(8);
    expect(age.client.connection!.epoch).toBeLessThanOrEqual(11);
  });

  it('stalls while the path is down and ends once it is back', () => {
    const pair = connectedPair({ seed: 7 });
    const until = pair.now + 5_000;
    pair.simulation.network.setConditions(undefined, undefined, { blackHole: [[pair.now, until]] });
    pair.server.connection!.rotateKeys(pair.now);
    pair.client.connection!.rotateKeys(pair.now);
    pair.run(4_000);
    expect(epochs(pair)).toEqual([0, 0]);
    pair.run(10_000);
    expect(epochs(pair)).toEqual([1, 1]);
  });
});
