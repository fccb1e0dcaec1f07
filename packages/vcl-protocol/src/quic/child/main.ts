/** The program of the child process: QUIC on one side, a pipe to the parent on the other. */
import { Socket } from 'node:net';
import { loadNative } from '../native.js';
import { MessageReader } from '../pipe/message-reader.js';
import { MessageWriter } from '../pipe/message-writer.js';
import { Child } from './child.js';

const PIPE = 3;
/** What the peers are told leaves within that time, ms. */
const LAST_WORDS_MS = 50;

const pipe = new Socket({ fd: PIPE, readable: true, writable: true });
const child = new Child({ native: loadNative(), writer: new MessageWriter(pipe) });
const reader = new MessageReader((kind, id, payload) => child.onMessage(kind, id, payload));
let isEnding = false;

pipe.on('data', (chunk) => {
  if (!isEnding && !reader.push(chunk)) end();
});
// A parent that is gone, killed or not, closes its side.
pipe.on('end', end);
pipe.on('close', end);
pipe.on('error', end);
// What the terminal sends to the group is for the parent, which ends this process when it is done.
process.on('SIGINT', () => undefined);

function end(): void {
  if (isEnding) return;
  isEnding = true;
  child.end();
  setTimeout(() => process.exit(0), LAST_WORDS_MS);
}
