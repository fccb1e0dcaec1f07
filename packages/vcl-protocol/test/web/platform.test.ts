import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/logger.js';
import { fillRandom } from '../../src/web/crypto/random.js';
import { sodiumProvider } from '../../src/web/crypto/sodium.js';
import { platform } from '../../src/web/platform.js';
import { verifySessionLog } from '../../src/web/verify-session-log.js';

describe('what a browser is asked for', () => {
  it.each([
    ['identity', () => platform.loadIdentity('me.id')],
    ['clients', () => platform.decideClient('any', { logger: silentLogger })],
    ['keyLogFile', () => platform.openKeyLog('keys.txt', silentLogger)],
    ['record', () => platform.openSessionLog({ file: 'log', crypto: platform.chooseProvider() })],
    ['server', async () => platform.openKnownHosts(undefined)],
  ])('has no files as %s, and says what to pass', async (option, ask) => {
    await expect(ask()).rejects.toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringContaining(option),
    });
  });

  it('has no datagrams and no key log of its own', () => {
    expect(platform.datagramNetwork()).toBeUndefined();
    expect(platform.defaultKeyLogFile()).toBe('');
  });

  it('has noble as its provider, and no other', () => {
    expect(platform.chooseProvider()).toMatchObject({ name: 'noble', insecure: false });
    expect(platform.chooseProvider('noble')).toBe(platform.chooseProvider());
    expect(() => platform.chooseProvider('node')).toThrow(/sodiumProvider/);
  });

  it('runs turns later', async () => {
    const ran: number[] = [];
    const done = new Promise<void>((resolve) => platform.defer(resolve));
    platform.defer(() => ran.push(1));
    expect(ran).toEqual([]);
    await done;
  });
});

describe('random bytes of a browser', () => {
  it('fill arrays that are longer than it gives at once', () => {
    const out = new Uint8Array(200_000);
    fillRandom(out);
    const parts = [0, 65_536, 131_072, 199_000].map((start) => out.subarray(start, start + 1_000));
    for (const part of parts) expect(new Set(part).size).toBeGreaterThan(100);
  });
});

describe('libsodium', () => {
  it('is refused before it is ready', () => {
    expect(() => sodiumProvider({} as Parameters<typeof sodiumProvider>[0])).toThrow(
      expect.objectContaining({ code: 'InvalidConfig' }),
    );
  });
});

describe('a session log in a page', () => {
  it('is judged the same as bytes and as a file', async () => {
    const junk = new Uint8Array(3_000).fill(65);
    const report = await verifySessionLog(junk);
    expect(report.status).not.toBe('VERIFIED');
    expect(await verifySessionLog(new Blob([junk]))).toEqual(report);
  });

  it('tells when the file cannot be read', async () => {
    const gone = { size: 10, slice: () => ({ arrayBuffer: () => Promise.reject(new Error('x')) }) };
    await expect(verifySessionLog(gone)).rejects.toMatchObject({ code: 'IoError' });
  });
});
