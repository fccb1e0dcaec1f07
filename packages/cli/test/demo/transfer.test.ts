import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePublicKey, silentLogger } from 'vcl-protocol';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { openFileSource } from '../../src/demo/file-source.js';
import {
  type DemoReceiver,
  type SendOptions,
  sendFile,
  startReceiver,
} from '../../src/demo/transfer.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { FakeConnection } from './fake-connection.js';

vi.mock('vcl-protocol', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  VCLConnection: (await import('./fake-connection.js')).FakeConnection,
}));

const CONTENTS = Buffer.alloc(150_000, 'verified commit link ');
const SHA256 = createHash('sha256').update(CONTENTS).digest('hex');

describe('the transfer', () => {
  beforeEach(() => void FakeConnection.all.splice(0));

  it('brings the file, and the receipt back', async () => {
    const progress: number[] = [];
    const receiver = await receiverOf((bytes) => progress.push(bytes));
    const sent = await sendFile(await optionsFor(receiver));
    expect(await receiver.received).toEqual({ bytes: CONTENTS.length, sha256: SHA256 });
    expect(sent).toMatchObject({
      messages: 4,
      payloadBytes: CONTENTS.length + 32,
      sha256: SHA256,
      receipt: SHA256,
      packetsSent: 10,
      packetsRetransmitted: 1,
      rttMs: null,
    });
    expect(progress).toEqual([65_536, 131_072, CONTENTS.length]);
    expect(FakeConnection.all.map(({ closed }) => closed > 0)).toEqual([true, true]);
  });

  it('records payloads, lets anybody in and pins the key of the receiver', async () => {
    const receiver = await receiverOf();
    await sendFile(await optionsFor(receiver));
    const [server, client] = FakeConnection.all;
    expect(server?.options).toMatchObject({
      clients: 'any',
      record: { file: 'x.vcllog', payloads: true },
    });
    expect(client?.server).toBe(receiver.publicKey);
    const identity = server?.options?.identity;
    if (typeof identity !== 'object') throw new Error('the receiver has no key pair');
    expect(receiver.publicKey).toBe(encodePublicKey(identity.publicKey));
    expect(client?.options?.identity).not.toBe(identity);
  });

  it('fails for the receiver when the sender leaves early', async () => {
    const receiver = await receiverOf();
    const failed = expect(receiver.received).rejects.toMatchObject({ code: 'ConnectionClosed' });
    const other = await FakeConnection.bind('', {});
    await other.connect(`127.0.0.1:${receiver.address.port}`, { server: receiver.publicKey });
    await other.send(Uint8Array.of(1), { kind: 1, reliability: 'reliable' });
    await other.close();
    await failed;
  });

  it('fails for the sender when the answer is no receipt', async () => {
    const impostor = await FakeConnection.bind('', {});
    const answering = impostor
      .acceptHandshake()
      .then(() => impostor.send(Uint8Array.of(1), { kind: 9, reliability: 'reliable' }));
    const receiver = { address: impostor.localAddress(), publicKey: 'k' };
    await expect(sendFile(await optionsFor(receiver))).rejects.toMatchObject({
      code: 'InvalidPacket',
      message: expect.stringContaining('kind 9'),
    });
    await answering;
    expect(FakeConnection.all[1]?.closed).toBeGreaterThan(0);
  });

  it('is ended by the signal', async () => {
    const silent = await FakeConnection.bind('', {});
    const abort = new AbortController();
    const receiver = { address: silent.localAddress(), publicKey: 'k' };
    const sending = sendFile({ ...(await optionsFor(receiver)), signal: abort.signal });
    const failed = expect(sending).rejects.toThrow();
    abort.abort();
    await failed;
    expect(FakeConnection.all[1]?.closed).toBeGreaterThan(0);
  });

  it('calls nobody when the signal was aborted before it began', async () => {
    const silent = await FakeConnection.bind('', {});
    const receiver = { address: silent.localAddress(), publicKey: 'k' };
    const signal = AbortSignal.abort(new Error('interrupted'));
    const sending = sendFile({ ...(await optionsFor(receiver)), signal });
    await expect(sending).rejects.toThrow('interrupted');
    const sender = FakeConnection.all[1];
    expect(sender?.server).toBeUndefined();
    expect(sender?.closed).toBeGreaterThan(0);
  });

  it('is ended by stop on the side of the receiver', async () => {
    const receiver = await receiverOf();
    const failed = expect(receiver.received).rejects.toThrow('closed');
    receiver.stop();
    receiver.stop();
    await failed;
  });
});

function receiverOf(onProgress: (bytes: number) => void = () => {}): Promise<DemoReceiver> {
  return startReceiver({ logFile: 'x.vcllog', logger: silentLogger, onProgress });
}

async function optionsFor(
  receiver: Pick<DemoReceiver, 'address' | 'publicKey'>,
): Promise<SendOptions> {
  const path = join(temporaryDirectory(), 'source');
  writeFileSync(path, CONTENTS);
  return {
    source: await openFileSource(path),
    to: receiver.address,
    serverKey: receiver.publicKey,
    logger: silentLogger,
    signal: new AbortController().signal,
  };
}
