import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OuterKeys } from '../../src/handshake/outer-keys.js';
import { toHex } from '../wire/hex.js';
import {
  CLIENT,
  client,
  deliver,
  failureOf,
  handshake,
  OPEN,
  PSK,
  params,
  peerOf,
  provider,
  responder,
  SERVER,
  sent,
} from './support.js';

describe('a handshake without loss', () => {
  const { clientResult, serverResult } = handshake();

  it('gives both sides the same session', () => {
    for (const name of ['th', 'sid', 'exporter', 'serverKey', 'clientKey', 'attempt'] as const) {
      expect(toHex(clientResult[name])).toBe(toHex(serverResult[name]));
    }
    expect(clientResult.version).toBe(1);
    expect(serverResult.version).toBe(1);
    expect(clientResult.hpKeys.map(toHex)).toEqual(serverResult.hpKeys.map(toHex));
    for (const direction of [0, 1] as const) {
      const [ours, theirs] = [clientResult, serverResult].map((result) =>
        toHex(result.epoch0.directionSecret(direction)),
      );
      expect(ours).toBe(theirs);
    }
  });

  it('tells each side who the other is and how to address it', () => {
    expect([clientResult.role, serverResult.role]).toEqual(['client', 'server']);
    expect(toHex(clientResult.serverKey)).toBe(toHex(SERVER.publicKey));
    expect(toHex(serverResult.clientKey)).toBe(toHex(CLIENT.publicKey));
    expect(clientResult.peerCid).toEqual(serverResult.localCid);
    expect(serverResult.peerCid).toEqual(clientResult.localCid);
  });

  it('separates all secrets from each other', () => {
    const secrets = [
      clientResult.sid,
      clientResult.th,
      clientResult.exporter,
      ...clientResult.hpKeys,
      clientResult.epoch0.directionSecret(0),
      clientResult.epoch0.directionSecret(1),
      clientResult.epoch0.sharedSecret(),
    ].map(toHex);
    expect(new Set(secrets).size).toBe(secrets.length);
  });

  it('measures the round trip on both sides', () => {
    expect(clientResult.rttSampleMs).toBe(40);
    expect(serverResult.rttSampleMs).toBe(80);
  });

  it('measures nothing when a flight was sent twice', () => {
    const initiator = client();
    const hello = sent(initiator, 0).flight;
    sent(initiator, 250);
    const server = responder(hello);
    server.flight();
    deliver(initiator, server.flight(), 260);
    initiator.acceptServer(261);
    const finish = sent(initiator, 261).flight;
    expect(initiator.state).toMatchObject({ type: 'finishing' });
    expect(initiator.state).not.toHaveProperty('result.rttSampleMs');
    expect(peerOf(server, finish).result).not.toHaveProperty('rttSampleMs');
  });
});

describe('the parameters', () => {
  it('reach the other side as they were set', () => {
    const ours = params({ idleTimeoutMs: 0, maxMessageBytes: 1, delivery: 'authenticated' });
    const theirs = params({ maxCheckpointRate: 10, carriers: [1, 3], pq: 'prefer' });
    const { clientResult, serverResult } = handshake({ params: ours }, { params: theirs });
    expect(serverResult.peerParams).toEqual(ours);
    expect(clientResult.peerParams).toEqual(theirs);
  });

  it('are seen by the client before it decides', () => {
    const initiator = client();
    deliver(
      initiator,
      responder(sent(initiator).flight, { params: params({ maxCids: 3 }) }).flight(),
    );
    expect(initiator.state).toMatchObject({
      type: 'deciding',
      serverKey: SERVER.publicKey,
      version: 1,
      serverParams: { maxCids: 3 },
    });
  });

  it('tell that a pre-shared key is used, whatever the caller set', () => {
    const wrong = params({ psk: 'external' });
    expect(handshake({ params: wrong }, {}).serverResult.peerParams.psk).toBe('none');
    const { clientResult } = handshake({ psk: PSK }, { psk: PSK });
    expect(clientResult.peerParams.psk).toBe('external');
  });
});

describe('any seed', () => {
  it('ends in agreement, greased or not, with any outer secret and with a pre-shared key', () => {
    const crypto = provider();
    const outers = [
      OPEN,
      OuterKeys.forServerKey(crypto, SERVER.publicKey),
      OuterKeys.fromSecret(crypto, new Uint8Array(32).fill(7)),
    ];
    const seeds = fc.tuple(fc.nat(), fc.nat(), fc.constantFrom(...outers), fc.boolean());
    const property = fc.property(seeds, ([clientSeed, serverSeed, outer, withPsk]) => {
      const shared = { outer, ...(withPsk ? { psk: PSK } : {}) };
      const { clientResult, serverResult } = handshake(
        { crypto: provider(clientSeed), ...shared },
        { crypto: provider(serverSeed), ...shared },
      );
      expect(toHex(clientResult.sid)).toBe(toHex(serverResult.sid));
    });
    fc.assert(property, { numRuns: 60 });
  });

  it('gives a session of its own', () => {
    const sids = [1, 2, 3, 4].map((seed) => handshake({ crypto: provider(seed) }).clientResult.sid);
    expect(new Set(sids.map(toHex)).size).toBe(4);
  });
});

describe('after the finish', () => {
  it('gives the same peer for a repeated finish and drops another one', () => {
    const { server, finishFlight, serverResult } = handshake();
    expect(peerOf(server, finishFlight, 9000).result).toBe(serverResult);
    const other = finishFlight.slice();
    other[9]! ^= 1;
    expect(server.handleFinish(other, 9000)).toEqual({ drop: 'unexpected' });
    expect(peerOf(server, finishFlight, 20_000).result).toBe(serverResult);
  });

  it('sends the finish until HANDSHAKE_DONE and then nothing more', () => {
    const { client: initiator } = handshake();
    expect(initiator.pollTransmit(41 + 250)).toBeDefined();
    initiator.handshakeDone();
    expect(initiator.state).toEqual({ type: 'done' });
    expect(initiator.pollTransmit(10_000)).toBe(undefined);
    expect(initiator.pollTimeout()).toBe(Number.POSITIVE_INFINITY);
    initiator.abort();
    expect(initiator.state).toEqual({ type: 'done' });
  });

  it('keeps the keys of the result when the handshake is wiped', () => {
    const { client: initiator, server, clientResult, serverResult } = handshake();
    initiator.abort();
    server.wipe();
    const [ours, theirs] = [clientResult, serverResult].map((result) =>
      toHex(result.epoch0.directionSecret(0)),
    );
    expect(ours).toBe(theirs);
    expect(ours).not.toBe('00'.repeat(32));
  });

  it('brings key log lines only when they were asked for', () => {
    const { clientResult, serverResult } = handshake({}, { keyLog: true });
    expect(clientResult).not.toHaveProperty('keyLogLines');
    expect(serverResult.keyLogLines).toHaveLength(8);
  });
});

describe('the decision of the client', () => {
  it('is waited for: nothing is sent until the server was accepted', () => {
    const initiator = client();
    deliver(initiator, responder(sent(initiator).flight).flight());
    expect(initiator.pollTransmit(5000)).toBe(undefined);
    initiator.acceptServer(5000);
    expect(sent(initiator, 5000).kind).toBe(3);
  });

  it('may be no, with the code the caller names', () => {
    const initiator = client();
    deliver(initiator, responder(sent(initiator).flight).flight());
    initiator.refuseServer('the key is not the remembered one', 'IdentityChanged');
    expect(failureOf(initiator)).toEqual({
      code: 'IdentityChanged',
      message: 'the key is not the remembered one',
    });
    initiator.acceptServer(2);
    expect(initiator.state.type).toBe('failed');
    expect(initiator.pollTransmit(300)).toBe(undefined);
  });

  it('changes nothing before a server is known or after it was taken', () => {
    const initiator = client();
    initiator.acceptServer(0);
    initiator.refuseServer('too early');
    expect(initiator.state).toEqual({ type: 'hello' });
    const { client: finished } = handshake();
    finished.refuseServer('too late');
    finished.acceptServer(99);
    expect(finished.state.type).toBe('finishing');
  });
});
