import { createNobleProvider, createSeededProvider } from '@vcl-protocol/core';
import { describe, expect, it } from 'vitest';
import { VCLConnection, VCLListener } from '../../src/index.js';
import { KeyPair, LegacyConnection, type LegacyConnectionOptions } from '../../src/legacy/index.js';
import { silentLogger } from '../../src/logger.js';
import { MemoryNetwork } from '../../src/memory-link.js';
import { ANY_PORT, SEED } from './support.js';

const network = new MemoryNetwork();
const good = { wire: 'rust-1.5', sharedIdentity: SEED, network } as const;

function bind(options: object): Promise<LegacyConnection> {
  return LegacyConnection.bind(ANY_PORT, options as LegacyConnectionOptions);
}

describe('the option wire', () => {
  it.each([undefined, 'rust-1.6', 'vcl', 1, null])('cannot be left out or be %j', async (wire) => {
    await expect(bind({ ...good, wire })).rejects.toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringContaining("'rust-1.5', spelled out"),
    });
  });

  it('is refused by the classes of the package itself, which say where it belongs', async () => {
    const options = { wire: 'rust-1.5', clients: 'any' } as const;
    for (const Class of [VCLConnection, VCLListener]) {
      await expect(Class.bind(ANY_PORT, options as { clients: 'any' })).rejects.toMatchObject({
        code: 'InvalidConfig',
        message: expect.stringContaining("'vcl-protocol/legacy'"),
      });
    }
  });
});

describe('bind', () => {
  it('warns once, and says what of', async () => {
    const lines: string[] = [];
    const logger = { ...silentLogger, warn: (_: unknown, line: string) => lines.push(line) };
    const connection = await bind({ ...good, logger: { ...logger, isLevelEnabled: () => true } });
    await connection.close();
    expect(lines).toEqual([expect.stringContaining('docs/legacy-wire.md')]);
  });

  it.each([
    [{ sharedIdentity: undefined }, 'InvalidConfig', 'set_shared_key'],
    [{ peerKey: new Uint8Array(32) }, 'InvalidConfig', 'either sharedIdentity'],
    [{ identity: KeyPair.fromSeed(SEED) }, 'InvalidConfig', 'either sharedIdentity'],
    [{ sharedIdentity: new Uint8Array(31) }, 'InvalidKey', '32 bytes'],
    [{ sharedIdentity: 'secret' }, 'InvalidKey', '32 bytes'],
    [{ fragmentSize: 0 }, 'InvalidConfig', 'fragmentSize'],
    [{ fragmentSize: 65_315 }, 'InvalidConfig', '65314'],
    [{ packetsPerSecond: 0 }, 'InvalidConfig', 'packetsPerSecond'],
    [{ maxMessageBytes: 1.5 }, 'InvalidConfig', 'maxMessageBytes'],
    [{ gapTimeoutMs: -1 }, 'InvalidConfig', 'gapTimeoutMs'],
    [{ connectTimeoutMs: Number.NaN }, 'InvalidConfig', 'connectTimeoutMs'],
    [{ idleTimeoutMs: -1 }, 'InvalidConfig', 'idleTimeoutMs'],
    [{ clients: 'any' }, 'InvalidConfig', 'clients is not an option'],
    [{ peerkey: SEED }, 'InvalidConfig', 'did you mean peerKey?'],
  ])('refuses %j', async (options, code, what) => {
    await expect(bind({ ...good, ...options })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(what),
    });
  });

  it('refuses separate identities that are no keys', async () => {
    const separate = { wire: 'rust-1.5', network, identity: KeyPair.generate() };
    await expect(bind({ ...separate, peerKey: new Uint8Array(32) })).rejects.toMatchObject({
      code: 'InvalidKey',
    });
    const wrong = { ...separate, identity: 'file', peerKey: KeyPair.generate().publicKey };
    await expect(bind(wrong)).rejects.toMatchObject({ code: 'InvalidConfig' });
  });

  it('refuses random bytes that can be predicted', async () => {
    const crypto = createSeededProvider(
      createNobleProvider(() => {}),
      1,
    );
    await expect(bind({ ...good, crypto })).rejects.toMatchObject({ code: 'InvalidConfig' });
  });

  it('takes a key pair or a seed, signs with it, and leaves it to its owner', async () => {
    const pair = KeyPair.fromSeed(SEED);
    const connection = await bind({ ...good, sharedIdentity: pair });
    expect(connection.getPublicKey()).toEqual(pair.publicKey);
    await connection.close();
    expect(pair.privateKey).toEqual(SEED);
  });

  it('does not begin when its signal is aborted, and ends when it becomes so', async () => {
    const reason = new Error('enough');
    await expect(bind({ ...good, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const connection = await bind({ ...good, signal: controller.signal });
    const accepting = connection.acceptHandshake();
    controller.abort();
    await expect(accepting).rejects.toMatchObject({ code: 'ConnectionClosed' });
    expect(connection.isClosed()).toBe(true);
  });
});
