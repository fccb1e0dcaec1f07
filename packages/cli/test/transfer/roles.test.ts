import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SourceItem } from '../../src/transfer/files/source-tree.js';
import { type ByteSink, StreamIntake } from '../../src/transfer/roles/stream-intake.js';
import type { SourceStream } from '../../src/transfer/roles/supplier.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { hostile } from './support/made-up.js';
import { TransferScene } from './support/transfer-scene.js';

const MIB = 2 ** 20;

describe('a folder', () => {
  it('arrives with its modes and times, empty files and folders', async () => {
    const scene = new TransferScene();
    mkdirSync(join(scene.from, 'd', 'empty'), { recursive: true });
    writeFileSync(join(scene.from, 'd', 'script'), 'run');
    chmodSync(join(scene.from, 'd', 'script'), 0o751);
    writeFileSync(join(scene.from, 'nothing'), '');
    utimesSync(join(scene.from, 'd', 'script'), 1_600_000_000, 1_600_000_000);
    utimesSync(join(scene.from, 'd'), 1_500_000_000, 1_500_000_000);
    const { sent, taken } = await scene.run();
    expect(scene.received()).toEqual({
      top: 'directory',
      'top/d': 'directory',
      'top/d/empty': 'directory',
      'top/d/script': 'run',
      'top/nothing': '',
    });
    const script = statSync(join(scene.to, 'top', 'd', 'script'));
    expect([script.mode & 0o777, script.mtimeMs]).toEqual([0o751, 1_600_000_000_000]);
    expect(statSync(join(scene.to, 'top', 'd')).mtimeMs).toBe(1_500_000_000_000);
    expect(sent).toMatchObject({ files: 2, bytes: 3, bytesSent: 3, failed: 0 });
    expect(taken).toMatchObject({ files: 2, bytes: 3, bytesReceived: 3, failed: 0 });
  });

  it('is not sent again', async () => {
    const scene = new TransferScene();
    writeFileSync(join(scene.from, 'large'), randomBytes(2 * MIB + 1));
    writeFileSync(join(scene.from, 'small'), 'small');
    await scene.run();
    const { sent, taken } = await scene.run();
    expect(sent).toMatchObject({ files: 0, identical: 2, bytesSent: 0 });
    expect(taken).toMatchObject({ files: 0, identical: 2, bytesReceived: 0 });
  });

  it('of many small files arrives in few offers', async () => {
    const scene = new TransferScene();
    for (let i = 0; i < 700; i++) writeFileSync(join(scene.from, `f${i}`), `${i}`);
    let offers = 0;
    const { taken } = await scene.run({
      onChannels: (supplier) => {
        supplier.onSend = ({ type }) => {
          if (type === 'offer') offers++;
        };
      },
    });
    expect(taken.files).toBe(700);
    expect(offers).toBeLessThan(15);
  });

  it('goes on where a cut link has left it', async () => {
    const scene = new TransferScene();
    const contents = randomBytes(4 * MIB);
    writeFileSync(join(scene.from, 'f'), contents);
    let pieces = 0;
    const cut = scene.run({
      onChannels: (supplier) => {
        supplier.onSend = ({ type }) => {
          if (type === 'data' && pieces++ === 20) supplier.cut();
        };
      },
    });
    await expect(cut).rejects.toThrow('the link was cut');
    expect(readdirSync(scene.to)).not.toContain('f');
    const { sent } = await scene.run();
    expect(sent.bytesKept).toBe(2 * MIB);
    expect(sent.bytesSent).toBe(2 * MIB);
    expect(readFileSync(join(scene.to, 'top', 'f')).equals(contents)).toBe(true);
    const again = new TransferScene();
    expect(again.received()).toEqual({});
  });

  it('is sent from the beginning without resumption', async () => {
    const scene = new TransferScene();
    writeFileSync(join(scene.from, 'f'), randomBytes(2 * MIB));
    let pieces = 0;
    const cut = scene.run({
      onChannels: (supplier) => {
        supplier.onSend = ({ type }) => {
          if (type === 'data' && pieces++ === 10) supplier.cut();
        };
      },
    });
    await expect(cut).rejects.toThrow('the link was cut');
    const { sent } = await scene.run({ resume: false });
    expect(sent).toMatchObject({ bytesKept: 0, bytesSent: 2 * MIB });
  });

  it('has holes where there were zeros', async () => {
    const scene = new TransferScene();
    const contents = Buffer.alloc(3 * MIB);
    contents.write('end', contents.length - 3);
    writeFileSync(join(scene.from, 'f'), contents);
    const { sent } = await scene.run();
    expect(sent.bytesSent).toBe(131_072);
    expect(readFileSync(join(scene.to, 'top', 'f')).equals(contents)).toBe(true);
    expect(statSync(join(scene.to, 'top', 'f')).blocks * 512).toBeLessThan(MIB);
  });
});

describe('what is there already', () => {
  function differing(): TransferScene {
    const scene = new TransferScene();
    mkdirSync(join(scene.to, 'top'));
    for (const [name, text] of [
      ['longer', 'old, longer'],
      ['equal', 'old'],
    ] as const) {
      writeFileSync(join(scene.from, name), 'new');
      writeFileSync(join(scene.to, 'top', name), text);
    }
    return scene;
  }

  it('is left alone when it differs', async () => {
    const scene = differing();
    const { sent, taken } = await scene.run();
    expect(sent.problems.map(({ path }) => path).sort()).toEqual(['top/equal', 'top/longer']);
    expect(taken.problems[0]?.reason).toContain('--overwrite');
    expect(scene.received()['top/equal']).toBe('old');
  });

  it('is replaced when that is allowed', async () => {
    const scene = differing();
    const { taken } = await scene.run({ overwrite: true });
    expect(taken).toMatchObject({ files: 2, failed: 0 });
    expect(scene.received()).toMatchObject({ 'top/equal': 'new', 'top/longer': 'new' });
  });
});

describe('a link', () => {
  it('is made when both sides want that, and stays inside', async () => {
    const scene = new TransferScene();
    symlinkSync('f', join(scene.from, 'inside'));
    symlinkSync('../../etc', join(scene.from, 'outside'));
    writeFileSync(join(scene.from, 'f'), 'text');
    const refusing = await scene.run();
    expect(refusing.taken.problems).toHaveLength(2);
    const { taken } = await scene.run({ links: true });
    expect(taken.problems).toEqual([
      { path: 'top/outside', reason: 'the link points out of the directory, to ../../etc' },
    ]);
    expect(readlinkSync(join(scene.to, 'top', 'inside'))).toBe('f');
  });

  it('that was there is not gone through', async () => {
    const scene = new TransferScene();
    const outside = temporaryDirectory();
    symlinkSync(outside, join(scene.to, 'top'));
    writeFileSync(join(scene.from, 'f'), 'text');
    const { taken } = await scene.run();
    expect(taken.failed).toBe(2);
    expect(readdirSync(outside)).toEqual([]);
  });
});

describe('trouble with a file', () => {
  it('is told, and the others go on', async () => {
    const scene = new TransferScene();
    writeFileSync(join(scene.from, 'a'), 'a');
    writeFileSync(join(scene.from, 'b'), 'b');
    async function* items(): AsyncGenerator<SourceItem> {
      yield { type: 'problem', path: 'bad', reason: 'it is bad' };
      yield* hostile('good');
      const entry = {
        kind: 'file',
        mode: 0o644,
        mtimeMs: 0,
        bytes: 9,
        path: 'gone',
        target: '',
      } as const;
      yield { type: 'entry', absolute: join(scene.from, 'gone'), entry };
    }
    const { sent, taken } = await scene.run({ items: items() });
    const problems = [
      { path: 'bad', reason: 'it is bad' },
      { path: 'gone', reason: 'there is no such file' },
    ];
    expect(sent.problems).toEqual(problems);
    expect(taken.problems).toEqual(problems);
    expect(scene.received()).toEqual({ good: 'text' });
  });

  it('ends the session when the disk is full, and keeps what is there', async () => {
    const scene = new TransferScene();
    writeFileSync(join(scene.from, 'f'), randomBytes(3 * MIB));
    const intake = scene.intake();
    const { write } = intake;
    let pieces = 0;
    intake.write = (entry, data) => {
      if (pieces++ < 10) return write.call(intake, entry, data);
      return Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
    };
    await expect(scene.run({ intake })).rejects.toThrow('the disk is full where the files go');
    expect((await scene.run()).sent.bytesKept).toBe(MIB);
  });

  it('that cannot be written leaves the others alone', async () => {
    const scene = new TransferScene();
    writeFileSync(join(scene.from, 'a'), randomBytes(3 * MIB));
    writeFileSync(join(scene.from, 'b'), 'b');
    const intake = scene.intake();
    intake.write = () => Promise.reject(Object.assign(new Error('bad'), { code: 'EIO' }));
    const { sent } = await scene.run({ intake });
    expect(sent.problems).toEqual([{ path: 'top/a', reason: 'the disk has failed' }]);
    expect(sent.bytesSent).toBeLessThan(3 * MIB);
    expect(scene.received()).toMatchObject({ 'top/b': 'b' });
  });
});

describe('a stream', () => {
  async function* streamOf(...chunks: Uint8Array[]): AsyncGenerator<SourceStream> {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield* chunks;
    }
    yield { type: 'stream', path: 'name', chunks: pieces() };
  }

  function collector(): { sink: ByteSink; bytes: () => Buffer } {
    const parts: Buffer[] = [];
    const sink: ByteSink = async (bytes) => void parts.push(Buffer.from(bytes));
    return { sink, bytes: () => Buffer.concat(parts) };
  }

  it('becomes a file', async () => {
    const scene = new TransferScene();
    const contents = randomBytes(300_000);
    const items = streamOf(contents.subarray(0, 200_000), contents.subarray(200_000));
    const { sent } = await scene.run({ items: items as AsyncIterable<never> });
    expect(readFileSync(join(scene.to, 'name')).equals(contents)).toBe(true);
    expect(sent).toMatchObject({ files: 1, bytes: 300_000 });
  });

  it('goes to standard output, zeros included', async () => {
    const scene = new TransferScene();
    const { sink, bytes } = collector();
    const contents = Buffer.concat([randomBytes(10), Buffer.alloc(200_000)]);
    const items = streamOf(contents) as AsyncIterable<never>;
    await scene.run({ items, intake: new StreamIntake(sink) });
    expect(bytes().equals(contents)).toBe(true);
  });

  it('is one file, and no folder', async () => {
    const scene = new TransferScene();
    const { sink, bytes } = collector();
    const { taken } = await scene.run({ items: hostile('a', 'b'), intake: new StreamIntake(sink) });
    expect(bytes().toString()).toBe('text');
    expect(taken.problems).toEqual([{ path: 'b', reason: 'standard output takes one file' }]);
  });
});
