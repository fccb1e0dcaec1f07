// The messages of a file transfer, and the paths in them: a path that is let through must stay inside
// of the directory it is put into, on every platform.
import { posix, win32 } from 'node:path';
import { linkProblem, pathProblem } from '../../packages/cli/dist/transfer/files/path-problem.js';
import { decodeTransferMessage } from '../../packages/cli/dist/transfer/wire/decode.js';
import { encodeTransferMessage } from '../../packages/cli/dist/transfer/wire/encode.js';
import { check, checkSameBytes } from './support/checks.mjs';

const BASES = { linux: '/srv/in', win32: 'C:\\in' };
const STATUSES = ['stored', 'identical', 'refused', 'failed'];

function runMessage(input) {
  const message = decodeTransferMessage(input);
  if (message === undefined) return;
  checkSameBytes(encodeTransferMessage(message), input, 'a message with a second form');
}

function drawText(random) {
  const alphabet = ['a', 'b', '/', '.', '..', 'ä', '\u{1f600}', '\0', '\\', ' ', 'con', ':'];
  return Array.from({ length: random.skewed(4) }, () => random.pick(alphabet)).join('');
}

function drawEntry(random) {
  const kind = random.pick(['file', 'directory', 'link', 'stream']);
  return {
    id: random.u32(),
    kind,
    mode: random.below(0o1000),
    mtimeMs: random.pick([0, -1.5, 1.7e12, 8.64e15]),
    bytes: kind === 'file' ? random.skewed(32) * 2 ** 16 : 0,
    path: drawText(random),
    target: kind === 'link' ? drawText(random) : '',
  };
}

function generateMessage(random) {
  const id = random.u32();
  const some = (count, make) => Array.from({ length: count }, make);
  const sha256 = random.bytes(32);
  const message = random.pick([
    () => ({
      type: 'hello',
      version: random.below(4),
      action: random.pick(['push', 'pull']),
      paths: some(random.skewed(3), () => drawText(random)),
    }),
    () => ({ type: 'welcome', version: random.below(256) }),
    () => ({ type: 'stop', reason: drawText(random) }),
    () => ({ type: 'offer', entries: some(1 + random.skewed(2), () => drawEntry(random)) }),
    () => ({ type: 'offered', files: id, bytes: random.u32() }),
    () => ({
      type: 'want',
      id,
      chunkBytes: 1 + random.skewed(32),
      more: random.oneIn(2),
      hashes: random.bytes(32 * random.skewed(3)),
    }),
    () => ({ type: 'compare', id, sha256 }),
    () => ({ type: 'compared', id, isSame: random.oneIn(2) }),
    () => ({
      type: 'data',
      id,
      offset: random.u32(),
      zeroBytes: 0,
      sha256: random.oneIn(2) ? sha256 : undefined,
      bytes: random.bytes(random.skewed(6)),
    }),
    () => ({ type: 'lost', id, reason: drawText(random) }),
    () => ({ type: 'result', id, status: random.pick(STATUSES), reason: drawText(random) }),
    () => ({ type: 'problem', path: drawText(random), reason: drawText(random) }),
    () => ({ type: 'settled' }),
  ])();
  return Uint8Array.from(encodeTransferMessage(message));
}

/** Path and target of a link, with a zero byte between them when there is one. */
function runPath(input) {
  const text = Buffer.from(input.buffer, input.byteOffset, input.length).toString('utf8');
  const [path = '', target = ''] = text.split('\u0001');
  if (pathProblem(path, 'linux') === undefined) {
    checkInside(posix, BASES.linux, path);
    if (linkProblem(path, target) === undefined) {
      checkInside(posix, BASES.linux, posix.join(posix.dirname(path), target));
    }
  }
  if (pathProblem(path, 'win32') === undefined) checkInside(win32, BASES.win32, path);
}

function checkInside({ resolve, sep }, base, path) {
  const whole = resolve(base, path);
  check(whole === base || whole.startsWith(base + sep), 'a path leads out of its directory');
  check(!whole.includes('\0'), 'a path with a zero byte');
}

const PATH_PARTS = [
  '..',
  '../',
  '/',
  '\\',
  '.',
  'a/b',
  'C:',
  'con',
  'nul.txt',
  '\u0001',
  '.vcl-partial',
]
  .concat(['~', '//', './', ' ', 'lpt1', ':', '\\\\?\\', '%2e%2e', '\uff0e\uff0e'])
  .map((part) => Uint8Array.from(Buffer.from(part)));

export const targets = [
  { name: 'transfer-message', maxBytes: 700, generate: generateMessage, run: runMessage },
  {
    name: 'transfer-path',
    maxBytes: 160,
    isText: true,
    dictionary: PATH_PARTS,
    seeds: () =>
      ['a/b', 'a/b\u0001../c', 'x\u0001y', '../a', '/a', 'a//b'].map((text) =>
        Uint8Array.from(Buffer.from(text)),
      ),
    run: runPath,
  },
];
