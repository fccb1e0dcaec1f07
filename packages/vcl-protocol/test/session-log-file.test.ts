import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { chooseProvider } from '../src/node/crypto/choose.js';
import { SessionLogFile } from '../src/node/session-log-file.js';
import { useTemporaryDirectory } from './identity/temporary-directory.js';
import { failAppends } from './support/fail-appends.js';
import { withResolvers } from './support/with-resolvers.js';

const path = useTemporaryDirectory();
const crypto = chooseProvider();
const MAGIC = Buffer.from('VCLLOG\0\x01', 'latin1');

/** An entry of `length` bytes after its length field. */
function entry(length: number, fill: number): Buffer {
  const bytes = Buffer.alloc(4 + length, fill);
  bytes.writeUInt32BE(length);
  return bytes;
}

describe('SessionLogFile', () => {
  it('writes the name of the format once, and then what comes, in order', async () => {
    const entries = Array.from({ length: 50 }, (_, i) => entry(i + 1, i));
    const first = await SessionLogFile.open({ file: path('log'), crypto });
    for (const each of entries.slice(0, 25)) first.append(each);
    await first.close();
    const second = await SessionLogFile.open({ file: path('log'), append: true, crypto });
    for (const each of entries.slice(25)) second.append(each);
    await second.close();
    expect(await readFile(path('log'))).toEqual(Buffer.concat([MAGIC, ...entries]));
    expect((await stat(path('log'))).mode & 0o777).toBe(0o600);
  });

  it('leaves a file empty to which nothing was written', async () => {
    const log = await SessionLogFile.open({ file: path('log'), crypto });
    await log.close();
    expect(await readFile(path('log'))).toHaveLength(0);
    await (await SessionLogFile.open({ file: path('log'), crypto })).close();
  });

  it.each([1, 4, 5, 9])('cuts an entry off of which %d bytes were written', async (bytes) => {
    const whole = Buffer.concat([MAGIC, entry(100, 1)]);
    await writeFile(path('log'), Buffer.concat([whole, entry(10, 2)]), { mode: 0o600 });
    await truncate(path('log'), whole.length + bytes);
    const log = await SessionLogFile.open({ file: path('log'), append: true, crypto });
    log.append(entry(3, 3));
    await log.close();
    expect(await readFile(path('log'))).toEqual(Buffer.concat([whole, entry(3, 3)]));
  });

  it('begins anew where not even the name of the format was whole', async () => {
    await writeFile(path('log'), MAGIC.subarray(0, 5), { mode: 0o600 });
    const log = await SessionLogFile.open({ file: path('log'), append: true, crypto });
    log.append(entry(3, 3));
    await log.close();
    expect(await readFile(path('log'))).toEqual(Buffer.concat([MAGIC, entry(3, 3)]));
  });

  it('is behind while more than 8 MiB wait, and tells when it has caught up', async () => {
    const log = await SessionLogFile.open({ file: path('log'), crypto });
    const caughtUp = withResolvers<void>();
    log.attach({ onLogError: vi.fn(), onLogCaughtUp: () => caughtUp.resolve() });
    const big = entry(3 * 2 ** 20, 1);
    for (let i = 0; i < 3; i++) log.append(big);
    expect(log.isBehind).toBe(true);
    await caughtUp.promise;
    expect(log.isBehind).toBe(false);
    await log.close();
    expect((await stat(path('log'))).size).toBe(MAGIC.length + 3 * big.length);
  });

  it('tells once that it cannot be written, and then takes nothing more', async () => {
    const log = await SessionLogFile.open({ file: path('log'), crypto });
    const onLogError = vi.fn();
    log.attach({ onLogError, onLogCaughtUp: vi.fn() });
    const restore = await failAppends('disk full');
    log.append(entry(9 * 2 ** 20, 1));
    await expect(log.sync()).rejects.toMatchObject({ code: 'IoError' });
    restore();
    expect(log.isBehind).toBe(false);
    log.append(entry(1, 1));
    await expect(log.close()).rejects.toMatchObject({ code: 'IoError' });
    expect(onLogError).toHaveBeenCalledOnce();
    expect(await readFile(path('log'))).toHaveLength(0);
  });
});
