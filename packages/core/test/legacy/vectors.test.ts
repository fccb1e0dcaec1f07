import { describe, expect, test } from 'vitest';
import { decodeLegacyFragment, encodeLegacyFragment } from '../../src/legacy/fragment.js';
import {
  decodeLegacyHandshake,
  encodeLegacyHandshake,
} from '../../src/legacy/handshake-message.js';
import { LegacyKeyExchange } from '../../src/legacy/key-exchange.js';
import type { LegacyNonceSource } from '../../src/legacy/nonces.js';
import {
  decodeLegacyPacket,
  encodeLegacyPacket,
  type LegacyPacket,
  LegacyPacketType,
  legacyPacketHash,
} from '../../src/legacy/packet.js';
import { LegacyReceiveChain } from '../../src/legacy/receive-chain.js';
import { LegacySendChain } from '../../src/legacy/send-chain.js';
import { fromHex, toHex } from '../wire/hex.js';
import { CrateTwin } from './crate-twin.js';
import { crypto, drainEvents, makeSession, vectors, withSecrets } from './support.js';

const { handshake, packets, structure, fragment } = vectors;
const key = fromHex(handshake.sessionKey);
const signer = crypto.createSigner(fromHex(vectors.seed));
const nonces: LegacyNonceSource = { at: (sequence) => fromHex(packets[sequence]!.nonce) };
const otherNonces: LegacyNonceSource = { at: () => new Uint8Array(24) };

describe('the handshake of the vectors', () => {
  test('gives these keys, in both roles', () => {
    const [client, server] = [handshake.clientSecret, handshake.serverSecret].map(
      (secret) => new LegacyKeyExchange(withSecrets(fromHex(secret))),
    );
    expect(toHex(client!.publicKey)).toBe(handshake.clientPublicKey);
    expect(toHex(server!.publicKey)).toBe(handshake.serverPublicKey);
    expect(toHex(client!.finish(server!.publicKey)!)).toBe(handshake.sessionKey);
    expect(toHex(server!.finish(client!.publicKey)!)).toBe(handshake.sessionKey);
  });

  test('has these hellos, written and read', () => {
    const hellos = [
      [{ kind: 'client-hello', publicKey: fromHex(handshake.clientPublicKey) }, 'clientHello'],
      [{ kind: 'server-hello', publicKey: fromHex(handshake.serverPublicKey) }, 'serverHello'],
      [{ kind: 'ack' }, 'ack'],
    ] as const;
    for (const [message, name] of hellos) {
      expect(toHex(encodeLegacyHandshake(message))).toBe(handshake[name]);
      expect(decodeLegacyHandshake(fromHex(handshake[name]))).toEqual(message);
    }
  });
});

describe('the packets of the vectors', () => {
  test('are sealed to these bytes, one linked to the other', () => {
    const chain = new LegacySendChain({ crypto, signer, nonces });
    for (const { type, plaintext, bytes } of packets) {
      expect(toHex(chain.seal(LegacyPacketType[type], fromHex(plaintext), key))).toBe(bytes);
    }
    expect(toHex(signer.publicKey)).toBe(vectors.publicKey);
  });

  test('are opened to these plaintexts and hashes', () => {
    const peerKey = fromHex(vectors.publicKey);
    const chain = new LegacyReceiveChain({ crypto, peerKey, ownNonces: otherNonces });
    for (const { type, sequence, plaintext, bytes, hash } of packets) {
      expect(chain.offer(fromHex(bytes), key)).toBeUndefined();
      const { prevHash: _, ...opened } = chain.take() as unknown as Record<string, unknown>;
      expect(opened).toEqual({
        packetType: LegacyPacketType[type],
        sequence,
        hash: fromHex(hash),
        plaintext: fromHex(plaintext),
      });
    }
  });

  test.each(packets)('$type is read to its fields, and written to the same bytes', (vector) => {
    const packet = decodeLegacyPacket(fromHex(vector.bytes))!;
    expect(packet).toMatchObject({
      version: 2,
      packetType: LegacyPacketType[vector.type],
      sequence: BigInt(vector.sequence),
      prevHash: fromHex(vector.prevHash),
      nonce: fromHex(vector.nonce),
    });
    expect(toHex(legacyPacketHash(crypto, packet))).toBe(vector.hash);
    expect(toHex(encodeLegacyPacket(packet))).toBe(vector.bytes);
  });

  test('come out of a session as message, pong to send, and rotation', () => {
    const session = makeSession({ key, signer, peerKey: signer.publicKey });
    for (const { bytes } of packets) session.handle(fromHex(bytes), 1);
    const hash = fromHex(packets[0]!.hash);
    expect(drainEvents(session)).toEqual([
      { type: 'message', sequence: 0, hash, payload: fromHex('68656c6c6f'), isReassembled: false },
      { type: 'ping' },
      { type: 'key-rotated', isOwn: false },
    ]);
  });

  test('are what a session sends for the same calls', () => {
    const rotation = withSecrets(fromHex(vectors.rotationSecret));
    const session = makeSession({ crypto: rotation, key, signer, nonces, fragmentSize: 5 });
    session.send(fromHex('68656c6c6f'));
    session.ping();
    const sent = [0, 1].map(() => toHex(session.pollTransmit(0)!));
    expect(sent).toEqual(packets.slice(0, 2).map(({ bytes }) => bytes));
    const rotating = makeSession({ crypto: rotation, key, signer, nonces });
    rotating.rotateKeys();
    const packet = decodeLegacyPacket(rotating.pollTransmit(0)!)!;
    const opened = crypto.xchachaOpen(key, packet.nonce, new Uint8Array(0), packet.payload);
    expect(toHex(opened!)).toBe(packets[3]!.plaintext);
  });

  test('are what the twin sends, and what it accepts', () => {
    const left = packets.map(({ nonce }) => Buffer.from(nonce, 'hex'));
    const secrets = [handshake.clientSecret, vectors.rotationSecret].map((h) =>
      Buffer.from(h, 'hex'),
    );
    const chance = { secret: () => secrets.shift()!, nonce: () => left.shift()! };
    const client = new CrateTwin(fromHex(vectors.seed), chance);
    expect(client.clientHello().toString('hex')).toBe(handshake.clientHello);
    client.onServerHello(fromHex(handshake.serverHello));
    expect(client.send(Buffer.from('hello'))[0]!.toString('hex')).toBe(packets[0]!.bytes);
    expect(client.ping().toString('hex')).toBe(packets[1]!.bytes);

    const answers = { secret: () => Buffer.alloc(32, 0x22), nonce: () => Buffer.alloc(24, 1) };
    const server = new CrateTwin(fromHex(vectors.seed), answers);
    const hello = server.onClientHello(fromHex(handshake.clientHello));
    expect(hello.toString('hex')).toBe(handshake.serverHello);
    const kinds = packets.map(({ bytes }) => server.recv(fromHex(bytes)).kind);
    expect(kinds).toEqual(['data', 'ping', 'part', 'rotated']);
  });
});

test('the structure of the vectors holds a sequence beyond 2^53, both ways', () => {
  const parts = {
    version: 2,
    packetType: LegacyPacketType.Fragment,
    sequence: BigInt(`0x${structure.sequence}`),
    prevHash: fromHex(structure.prevHash),
    nonce: fromHex(structure.nonce),
    payload: fromHex(structure.payload),
  };
  const hash = legacyPacketHash(crypto, parts);
  expect(toHex(hash)).toBe(structure.hash);
  const packet: LegacyPacket = { ...parts, signature: signer.sign(hash) };
  expect(toHex(encodeLegacyPacket(packet))).toBe(structure.bytes);
  expect(decodeLegacyPacket(fromHex(structure.bytes))).toEqual(packet);
});

test('the fragment of the vectors is written and read', () => {
  const { index, total } = fragment;
  const value = { id: BigInt(fragment.id), index, total, data: fromHex(fragment.data) };
  expect(toHex(encodeLegacyFragment(value))).toBe(fragment.bytes);
  expect(decodeLegacyFragment(fromHex(fragment.bytes))).toEqual(value);
});
