import { describe, expect, it } from 'vitest';
import {
  closeBoth,
  eventsOf,
  numbered,
  numbersRead,
  upTo,
  verifyLog,
} from '../scenario/support.js';
import { overCarrier, timeoutsDuring } from './support.js';

const RECORDED = { record: { payloads: 'kept' } } as const;

describe('bulk over a carrier', () => {
  it('goes both ways in long records, and nothing is sent again', () => {
    const { pair, pipe } = overCarrier({ seed: 1, endpoint: RECORDED }, { bytesPerMs: 1_000 });
    for (let n = 0; n < 40; n++) {
      pair.send('client', numbered(n, 50_000), { reliability: 'reliable' });
      pair.send('server', numbered(n, 50_000), { reliability: 'reliable' });
    }
    pair.run(10_000);
    for (const side of ['client', 'server'] as const) {
      expect(numbersRead(pair[side])).toEqual(upTo(40));
      expect(pair[side].connection!.counters.packetsRetransmitted).toBe(0);
      expect(pair[side].connection!.counters.packetsLost).toBe(0);
    }
    for (const end of [pipe.toServer, pipe.toClient]) {
      expect(end.longestRecord).toBeGreaterThan(16_000);
      expect(end.longestRecord).toBeLessThanOrEqual(16_384);
      expect(end.sentRecords).toBeLessThan(400);
    }
    closeBoth(pair);
    expect(verifyLog(pair, 'client').exitCode).toBe(0);
    expect(verifyLog(pair, 'server').exitCode).toBe(0);
  });

  it('is acknowledged at least each 64 KiB and each 100 ms', () => {
    const { pair } = overCarrier({ seed: 2 }, { bytesPerMs: 200, highWaterBytes: 32_768 });
    let unacknowledged = 0;
    for (let n = 0; n < 20; n++)
      pair.send('client', numbered(n, 50_000), { reliability: 'reliable' });
    const { counters } = pair.client.connection!;
    pair.run(10_000, () => {
      const { payloadBytesReceived } = pair.server.connection!.counters;
      unacknowledged = Math.max(unacknowledged, payloadBytesReceived - counters.payloadBytesAcked);
      return counters.payloadBytesAcked === 1_000_000;
    });
    // Four records, and what arrives while the acknowledgement is on its way.
    expect(unacknowledged).toBeLessThanOrEqual(65_536 + 16_384);
    expect(counters.payloadBytesAcked).toBe(1_000_000);
    pair.run(2_000);
    pair.send('client', numbered(0, 10), { reliability: 'reliable' });
    pair.run(115, () => pair.client.connection!.bufferedBytes === 0);
    expect(pair.client.connection!.bufferedBytes).toBe(0);
  });

  it('has no probe timeouts, however late the answer is', () => {
    const { pair, pipe } = overCarrier({ seed: 3, config: { delivery: 'authenticated' } });
    pair.run(1_000);
    pair.send('client', numbered(0, 100), { reliability: 'reliable' });
    pipe.hold();
    const records = pipe.toServer.sentRecords;
    const timeouts = timeoutsDuring(pair, 'client', () => pair.run(20_000));
    expect(pipe.toServer.sentRecords - records).toBeLessThanOrEqual(2);
    expect(timeouts).toBeLessThan(30);
    pipe.release();
    pair.run(1_000);
    expect(numbersRead(pair.server)).toEqual([0]);
  });

  it('takes small messages, each whole and in order', () => {
    const { pair, pipe } = overCarrier({ seed: 4 });
    for (let n = 0; n < 3_000; n++) {
      pair.client.connection!.send(numbered(n, n % 70), { reliability: 'reliable' }, pair.now);
    }
    pair.run(3_000);
    const lengths = pair.server.messages.map(({ payload }) => payload.length);
    expect(lengths).toEqual(upTo(3_000).map((n) => n % 70));
    // Many share a record.
    expect(pipe.toServer.sentRecords).toBeLessThan(150);
  });

  it('rotates keys', () => {
    const { pair } = overCarrier({ seed: 5, endpoint: RECORDED }, { bytesPerMs: 500 });
    for (let n = 0; n < 60; n++) {
      pair.send('client', numbered(n, 9_000), { reliability: 'reliable' });
      pair.send('server', numbered(n, 9_000), { reliability: 'reliable' });
      if (n % 20 === 10) pair.client.connection!.rotateKeys(pair.now);
      pair.run(60);
    }
    pair.run(2_000);
    expect(eventsOf(pair.client, 'keyRotated').length).toBeGreaterThanOrEqual(3);
    expect(pair.client.connection!.epoch).toBe(pair.server.connection!.epoch);
    expect(numbersRead(pair.server)).toEqual(upTo(60));
    expect(numbersRead(pair.client)).toEqual(upTo(60));
    closeBoth(pair);
    expect(verifyLog(pair, 'server').exitCode).toBe(0);
  });

  it('closes in order with data under way', () => {
    const { pair } = overCarrier({ seed: 6, endpoint: RECORDED }, { bytesPerMs: 100 });
    for (let n = 0; n < 10; n++)
      pair.send('client', numbered(n, 20_000), { reliability: 'reliable' });
    closeBoth(pair, 'server');
    expect(numbersRead(pair.server)).toEqual(upTo(10));
    expect(verifyLog(pair, 'client').exitCode).toBe(0);
    expect(verifyLog(pair, 'server').exitCode).toBe(0);
  });
});

describe('a slow carrier', () => {
  it('holds no more than its buffer and one record, and wakes whoever waits for room', () => {
    const { pair, pipe } = overCarrier({ seed: 7 }, { bytesPerMs: 50, highWaterBytes: 20_000 });
    for (let n = 0; n < 20; n++)
      pair.send('client', numbered(n, 40_000), { reliability: 'reliable' });
    const timeouts = timeoutsDuring(pair, 'client', () => pair.run(30_000));
    expect(pipe.toServer.peakBufferedBytes).toBeLessThan(20_000 + 16_384);
    expect(numbersRead(pair.server)).toEqual(upTo(20));
    expect(timeouts).toBeLessThan(2_000);
  });

  it('does not make a signature look overdue', () => {
    const { pair } = overCarrier({ seed: 8 }, { bytesPerMs: 5, highWaterBytes: 262_144 });
    for (let n = 0; n < 100; n++) {
      pair.client.connection!.send(numbered(n, 5_000), { reliability: 'reliable' }, pair.now);
    }
    pair.run(150_000);
    expect(pair.server.connection!.isEnded).toBe(false);
    expect(numbersRead(pair.server)).toEqual(upTo(100));
  });

  it('that stands still for long spins nobody, and goes on', () => {
    const { pair, pipe } = overCarrier({ seed: 9, endpoint: { idleTimeoutMs: 120_000 } });
    pipe.hold();
    for (const side of ['client', 'server'] as const) {
      for (let n = 0; n < 30; n++)
        pair.send(side, numbered(n, 30_000), { reliability: 'reliable' });
    }
    pair.client.connection!.rotateKeys(pair.now);
    pair.client.connection!.ping(pair.now);
    const timeouts = timeoutsDuring(pair, 'client', () => pair.run(50_000));
    expect(timeouts).toBeLessThan(1_000);
    expect(pipe.toServer.bufferedBytes).toBeLessThan(100_000);
    pipe.release();
    pair.run(5_000);
    expect(numbersRead(pair.server)).toEqual(upTo(30));
    expect(numbersRead(pair.client)).toEqual(upTo(30));
    expect(eventsOf(pair.client, 'pong')).toHaveLength(1);
    expect(eventsOf(pair.client, 'keyRotated')).toHaveLength(1);
  });

  it('with a reader who does not read stops the sender by credit', () => {
    const { pair, pipe } = overCarrier({ seed: 10, config: { flowWindowAutoTune: false } });
    pair.server.reading = false;
    for (let n = 0; n < 60; n++)
      pair.send('client', numbered(n, 50_000), { reliability: 'reliable' });
    pair.run(20_000);
    const sent = pipe.toServer.sentBytes;
    expect(sent).toBeLessThan(1_000_000);
    expect(pair.server.connection!.isEnded).toBe(false);
    pair.server.reading = true;
    pair.server.read(pair.now);
    pair.serverHost.turn();
    pair.run(10_000);
    expect(numbersRead(pair.server)).toEqual(upTo(60));
  });
});
