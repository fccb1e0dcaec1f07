import { Readable, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { closeInput, sinkOfStream } from '../../src/transfer/session/standard-streams.js';

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

describe('an input that contents are read from', () => {
  it('is not waited for any more once it is closed', async () => {
    const stream = new Readable({ read: () => {} });
    const reading = stream.toArray();
    closeInput(stream);
    await expect(reading).rejects.toThrow();
  });
});
