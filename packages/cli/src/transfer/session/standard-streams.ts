import type { Readable, Writable } from 'node:stream';
import type { ByteSink } from '../roles/stream-intake.js';

/** A stream as a sink, such as standard output. Each write is waited for, and fails as it does. */
export function sinkOfStream(stream: Pick<Writable, 'write'>): ByteSink {
  return (bytes) =>
    new Promise((resolve, reject) => {
      stream.write(bytes, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
}

/** Standard output as a sink. */
export function standardOutput(): ByteSink {
  return sinkOfStream(process.stdout);
}

/** Standard input, piece by piece. */
export function standardInput(): AsyncIterable<Uint8Array> {
  return process.stdin;
}

/** Stops reading: an input that stays open would keep a process alive whose transfer has ended. */
export function closeInput(stream: Pick<Readable, 'destroy'> = process.stdin): void {
  stream.destroy();
}
