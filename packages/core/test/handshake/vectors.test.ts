import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { concat, u16be } from '../../src/crypto/bytes.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { EnvelopeKind, openEnvelope, sealEnvelope } from '../../src/handshake/envelope.js';
import { type EpochSecrets, packetKey, packetSalt } from '../../src/handshake/epoch-secrets.js';
import type { HandshakeResult } from '../../src/handshake/handshake-result.js';
import { OuterKeys } from '../../src/handshake/outer-keys.js';
import type { TransportParams } from '../../src/handshake/params.js';
import { decodeParams } from '../../src/handshake/params-codec.js';
import { finishRekey, respondRekey, startRekey } from '../../src/handshake/rekey.js';
import { Reader } from '../../src/wire/reader.js';
import { fromHex, toHex } from '../wire/hex.js';
import { client, deliver, peerOf, provider, responder, resultOf, sent } from './support.js';

const { handshakes } = JSON.parse(
  readFileSync(new URL('../vectors/handshake.json', import.meta.url), 'utf8'),
) as { handshakes: readonly Vector[] };

/** The random byte that draws no grease. */
const NO_GREASE = '01';

describe.each(handshakes)('the vectors of the handshake "$name"', (vector) => {
  const { input, messages, epoch0, rekey } = vector;
  const outer = outerOf(vector);
  const run = runHandshake(vector, outer);

  it('give the outer keys', () => {
    expect(toHex(outer.secret)).toBe(vector.outer.extracted);
    expect(toHex(outer.okey)).toBe(vector.outer.okey);
    expect(outer.kind).toBe(vector.outer.kind);
  });

  it('give all three flights byte for byte', () => {
    expect(toHex(run.hello)).toBe(messages.ch);
    expect(toHex(run.serverFlight)).toBe(messages.sh + messages.server.sealed);
    expect(toHex(run.finish)).toBe(messages.client.sealed);
  });

  it.each(['client', 'server'] as const)('give the session keys of the %s', (role) => {
    const result = run[role];
    expect(toHex(result.th)).toBe(vector.th);
    expect(toHex(result.sid)).toBe(vector.sid);
    expect(toHex(result.exporter)).toBe(vector.exporter);
    expect(result.hpKeys.map(toHex)).toEqual(vector.hp);
    expect(describeEpoch(result.epoch0)).toEqual(withoutState(epoch0));
  });

  it('give the secrets that a key log shows', () => {
    const lines = run.client.keyLogLines ?? [];
    const logged = lines.map((line) => line.split(' ').at(-1));
    const { early, hsClient, hsServer } = vector.secrets;
    expect(logged).toEqual([
      ...[vector.outer.extracted, early, hsClient, hsServer],
      ...vector.hp,
      ...epoch0.secrets,
    ]);
  });

  it('give the keys of epoch 1', () => {
    const init = startRekey(scripted(input.clientRekey), 1);
    const answer = respondRekey(scripted(input.serverRekey), 1, init.body);
    expect(toHex(init.body)).toBe(rekey.init);
    expect(toHex(answer?.body ?? init.secret)).toBe(rekey.resp);
    expect(toHex(answer?.dh ?? init.secret)).toBe(rekey.dh);
    const dh = finishRekey(provider(), init, fromHex(rekey.resp));
    expect(toHex(dh ?? init.secret)).toBe(rekey.dh);
    const epoch1 = run.server.epoch0.next(
      provider(),
      fromHex(rekey.init),
      fromHex(rekey.resp),
      fromHex(rekey.dh),
    );
    expect(describeEpoch(epoch1)).toEqual(withoutState(rekey.epoch1));
  });

  it('give the envelope, both ways', () => {
    const { nonce, total, bytes } = vector.envelope;
    const contents = {
      kind: EnvelopeKind.ClientHello,
      attempt: fromHex(input.clientRandom).subarray(0, 8),
      flight: fromHex(messages.ch),
      minBytes: total,
      maxBytes: total,
    };
    expect(toHex(sealEnvelope(scripted('0000', nonce), outer, contents))).toBe(bytes);
    const opened = openEnvelope(provider(), outer, fromHex(bytes));
    expect(toHex(opened?.flight ?? new Uint8Array())).toBe(messages.ch);
    expect(toHex(opened?.attempt ?? new Uint8Array())).toBe(input.clientRandom.slice(0, 16));
  });
});

interface EpochVector {
  readonly epoch: number;
  readonly eth: string;
  readonly state?: string;
  readonly secrets: readonly string[];
  readonly keys: readonly string[];
  readonly saltsOfPath0: readonly string[];
  readonly saltsOfPath7: readonly string[];
  readonly sharedSecret: string;
}

interface SideMessages {
  readonly sealed: string;
}

interface Vector {
  readonly name: string;
  readonly input: {
    readonly [name in
      | 'clientSeed'
      | 'serverSeed'
      | 'clientEphemeral'
      | 'serverEphemeral'
      | 'clientRandom'
      | 'serverRandom'
      | 'clientRekey'
      | 'serverRekey'
      | 'clientCid'
      | 'serverCid'
      | 'clientParams'
      | 'serverParams'
      | 'psk']: string;
  } & { readonly timeMs: number; readonly versions: readonly number[] };
  readonly outer: { readonly [name in 'kind' | 'secret' | 'extracted' | 'okey']: string };
  readonly messages: {
    readonly ch: string;
    readonly sh: string;
    readonly server: SideMessages;
    readonly client: SideMessages;
  };
  readonly secrets: { readonly [name in 'early' | 'hsClient' | 'hsServer']: string };
  readonly th: string;
  readonly sid: string;
  readonly exporter: string;
  readonly hp: readonly string[];
  readonly epoch0: EpochVector;
  readonly rekey: {
    readonly init: string;
    readonly resp: string;
    readonly dh: string;
    readonly epoch1: EpochVector;
  };
  readonly envelope: { readonly nonce: string; readonly total: number; readonly bytes: string };
}

interface Run {
  readonly hello: Uint8Array;
  readonly serverFlight: Uint8Array;
  readonly finish: Uint8Array;
  readonly client: HandshakeResult;
  readonly server: HandshakeResult;
}

function runHandshake({ input }: Vector, outer: OuterKeys): Run {
  const psk = input.psk === '' ? {} : { psk: fromHex(input.psk) };
  // Length and nonce of the envelopes follow, which the flights do not depend on.
  const drawn = [input.clientRandom, input.clientEphemeral, NO_GREASE];
  const envelope = ['0000', '00'.repeat(24)];
  const initiator = client({
    crypto: scripted(...drawn, ...envelope, ...envelope),
    identity: provider().createSigner(fromHex(input.clientSeed)),
    outer,
    params: paramsOf(input.clientParams),
    clientCid: fromHex(input.clientCid),
    wallTimeMs: input.timeMs,
    versions: input.versions,
    keyLog: true,
    ...psk,
  });
  const hello = sent(initiator, 0, outer).flight;
  const server = responder(hello, {
    crypto: scripted(input.serverEphemeral, input.serverRandom, NO_GREASE),
    identity: provider().createSigner(fromHex(input.serverSeed)),
    outer,
    params: paramsOf(input.serverParams),
    serverCid: fromHex(input.serverCid),
    ...psk,
  });
  const serverFlight = server.flight();
  expect(deliver(initiator, serverFlight)).toBe(undefined);
  initiator.acceptServer(2);
  const finish = sent(initiator, 2, outer).flight;
  const peer = peerOf(server, finish);
  return { hello, serverFlight, finish, client: resultOf(initiator), server: peer.result };
}

function outerOf({ outer, input }: Vector): OuterKeys {
  const crypto = provider();
  if (outer.kind === 'open') return OuterKeys.open(crypto);
  const server = crypto.createSigner(fromHex(input.serverSeed));
  return OuterKeys.forServerKey(crypto, server.publicKey);
}

function paramsOf(hex: string): TransportParams {
  const bytes = concat(u16be(hex.length / 2), fromHex(hex));
  const params = decodeParams(new Reader().reset(bytes, 0, bytes.length));
  if (params === undefined) throw new Error('the parameters of the vector do not decode');
  return params;
}

function describeEpoch(secrets: EpochSecrets): Omit<EpochVector, 'state'> {
  const crypto = provider();
  const both = [secrets.directionSecret(0), secrets.directionSecret(1)];
  return {
    epoch: secrets.epoch,
    eth: toHex(secrets.eth),
    secrets: both.map(toHex),
    keys: both.map((secret) => toHex(packetKey(crypto, secret))),
    saltsOfPath0: both.map((secret) => toHex(packetSalt(crypto, secret, 0))),
    saltsOfPath7: both.map((secret) => toHex(packetSalt(crypto, secret, 7))),
    sharedSecret: toHex(secrets.sharedSecret()),
  };
}

function withoutState({ state: _state, ...rest }: EpochVector): Omit<EpochVector, 'state'> {
  return rest;
}

/** A provider whose random bytes are these, in this order and these pieces. */
function scripted(...pieces: readonly string[]): CryptoProvider {
  const left = [...pieces];
  return {
    ...provider(),
    randomBytes(out: Uint8Array): void {
      const piece = fromHex(left.shift() ?? '');
      if (piece.length !== out.length) throw new Error(`${out.length} random bytes were asked for`);
      out.set(piece);
    },
  };
}
