import { expect, test } from 'vitest';
import { LegacyNonces } from '../../src/legacy/nonces.js';
import { LegacyPacketType } from '../../src/legacy/packet.js';
import { LegacyReceiveChain } from '../../src/legacy/receive-chain.js';
import { LegacySendChain } from '../../src/legacy/send-chain.js';
import { crypto, KEY, SEED, text } from './support.js';

const signer = crypto.createSigner(SEED);

function makeSender(): LegacySendChain {
  return new LegacySendChain({ crypto, signer, nonces: new LegacyNonces(crypto) });
}

function makeReceiver(): LegacyReceiveChain {
  const ownNonces = new LegacyNonces(crypto);
  return new LegacyReceiveChain({ crypto, peerKey: signer.publicKey, ownNonces });
}

test('an early packet of another chain is found out at its turn, and the genuine one still counts', () => {
  const [chain, other, receiver] = [makeSender(), makeSender(), makeReceiver()];
  const [first, second] = ['a', 'b'].map((value) =>
    chain.seal(LegacyPacketType.Data, text(value), KEY),
  );
  const [, foreign] = ['a', 'b'].map((value) =>
    other.seal(LegacyPacketType.Data, text(value), KEY),
  );
  expect(receiver.offer(foreign!, KEY)).toBeUndefined();
  expect(receiver.take()).toBeUndefined();
  expect(receiver.hasGap).toBe(true);
  expect(receiver.offer(first!, KEY)).toBeUndefined();
  expect(receiver.take()).toMatchObject({ sequence: 0, plaintext: text('a') });
  expect(receiver.take()).toBe('chain');
  expect(receiver.take()).toBeUndefined();
  expect(receiver.offer(second!, KEY)).toBeUndefined();
  expect(receiver.take()).toMatchObject({ sequence: 1, plaintext: text('b') });
  expect([receiver.expected, receiver.hasGap]).toEqual([2, false]);
});

test('a next packet that does not follow the last is refused before its signature is looked at', () => {
  const [chain, other, receiver] = [makeSender(), makeSender(), makeReceiver()];
  chain.seal(LegacyPacketType.Data, text('lost'), KEY);
  const [genuine, foreign] = [other, other].map((one) =>
    one.seal(LegacyPacketType.Ping, text(''), KEY),
  );
  expect(receiver.offer(genuine!, KEY)).toBeUndefined();
  receiver.take();
  const unsigned = chain.seal(LegacyPacketType.Data, text('next'), KEY).fill(0, -64);
  expect(receiver.offer(unsigned, KEY)).toBe('chain');
  expect(receiver.offer(foreign!.slice().fill(0, -64), KEY)).toBe('signature');
  expect(receiver.offer(foreign!, KEY)).toBeUndefined();
});
