import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostile } from './support/made-up.js';
import { TransferScene } from './support/transfer-scene.js';

describe('a hostile peer', () => {
  it('gets no file out of the directory', async () => {
    const scene = new TransferScene();
    const bad = ['../x', '/tmp/x', 'a/../../x', '.vcl-partial/x', 'a\0b', ''];
    const { taken } = await scene.run({ items: hostile(...bad, 'good') });
    expect(taken.problems.map(({ path }) => path)).toEqual(bad);
    expect(scene.received()).toEqual({ good: 'text' });
  });

  it('cannot offer more than is allowed', async () => {
    const scene = new TransferScene();
    const names = Array.from({ length: 20 }, (_, i) => `f${i}`);
    const run = (limits: object) => scene.run({ items: hostile(...names), limits });
    await expect(run({ maxEntries: 19 })).rejects.toThrow('more than 19 entries');
    await expect(run({ maxBytes: 79 })).rejects.toThrow('more than 79 bytes');
    await run({ maxEntries: 20, maxBytes: 80 });
  });

  it.each([
    ['contents that were not asked for', { id: 0 }, false],
    ['more of a file than it has', { offset: 4 }, true],
    ['contents of what was not offered', { id: 7 }, true],
    ['contents with a gap that costs nothing to send', { offset: 3 }, true],
    ['the end of a file too early', { sha256: new Uint8Array(32) }, true],
  ])('that sends %s is refused', async (_, change, isAsked) => {
    const scene = new TransferScene();
    const attack = scene.run({
      items: hostile('f'),
      onChannels: (supplier) => {
        const { send } = supplier;
        supplier.send = (message) => {
          const data = {
            type: 'data' as const,
            id: 0,
            offset: 0,
            zeroBytes: 0,
            sha256: undefined,
            bytes: Buffer.from('x'),
            ...change,
          };
          const isNow = message.type === (isAsked ? 'data' : 'offer');
          return send.call(supplier, isNow ? data : message);
        };
      },
    });
    await expect(attack).rejects.toThrow('the peer sent');
  });

  it('cannot have a directory remembered again and again, nor be seen by others meanwhile', async () => {
    const scene = new TransferScene();
    const intake = scene.intake();
    const directory = {
      id: 0,
      kind: 'directory',
      mode: 0o500,
      mtimeMs: 1_500_000_000_000,
      bytes: 0,
      path: 'd',
      target: '',
    } as const;
    const modeOf = () => statSync(join(scene.to, 'd')).mode & 0o777;
    await intake.consider({ ...directory, mode: 0o777 });
    for (let id = 1; id < 1000; id++) await intake.consider({ ...directory, id });
    await intake.finish();
    expect(modeOf()).toBe(0o500);
    await intake.consider({ ...directory, path: 'private', mode: 0o700 });
    expect(statSync(join(scene.to, 'private')).mode & 0o777).toBe(0o700);
    await intake.release();
  });

  it.each([
    ['an answer to no offer', { type: 'result', id: 9, status: 'stored', reason: '' }],
    [
      'a claim that does not fit',
      { type: 'want', id: 0, chunkBytes: 5, more: false, hashes: new Uint8Array(32) },
    ],
    ['its end too early', { type: 'settled' }],
    [
      'an empty claim',
      { type: 'want', id: 0, chunkBytes: 2 ** 20, more: true, hashes: new Uint8Array(0) },
    ],
    ['a message of the other role', { type: 'offered', files: 0, bytes: 0 }],
  ] as const)('that takes with %s is refused', async (_, message) => {
    const scene = new TransferScene();
    const attack = scene.run({
      items: hostile('f'),
      onChannels: (_supplier, taker) => {
        const { send } = taker;
        taker.send = () => send.call(taker, message);
      },
    });
    await expect(attack).rejects.toThrow(/the peer sent|the link was cut/);
  });
});
