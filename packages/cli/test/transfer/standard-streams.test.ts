import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { sinkOfStream } from '../../src/transfer/session/standard-streams.js';

describe('a stream that contents are written to', () => {
  it('is waited for, write by write', async () => {
    const written: string[] = [];
    const stream = new Writable({
      highWaterMark: 1,
      write: (chunk, _, done) => {
        setImmediate(() => {
          written.push(String(chunk));
          done();
        });
      },
    });
    const sink = sinkOfStream(stream);
    await sink(Buffer.from('first'));
    expect(written).toEqual(['first']);
    await sink(Buffer.from('second'));
    expect(written).toEqual(['first', 'second']);
  });

  it('that is gone fails each write, and nobody waits for ever', async () => {
    const stream = new Writable({ write: (_chunk, _, done) => done(new Error('EPIPE')) });
    stream.on('error', () => {});
    const sink = sinkOfStream(stream);
    await expect(sink(Buffer.from('x'))).rejects.toThrow('EPIPE');
    await expect(sink(Buffer.from('y'))).rejects.toThrow();
  });
});
