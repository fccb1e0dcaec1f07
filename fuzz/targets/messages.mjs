// Fragments and numbers that are put together again, each beside a model that is too simple to be
// wrong.

import { Fragment } from '../../packages/core/dist/message/fragment.js';
import { IncomingMessage } from '../../packages/core/dist/message/incoming-message.js';
import { Reassembler } from '../../packages/core/dist/message/reassembler.js';
import { AckRanges } from '../../packages/core/dist/recovery/ack-ranges.js';
import { RangeSet } from '../../packages/core/dist/recovery/range-set.js';
import { ReplayWindow } from '../../packages/core/dist/recovery/replay-window.js';
import { check, checkSameBytes } from './support/checks.mjs';

function runFragment(input) {
  const fragment = Fragment.deserialize(input);
  if (fragment === undefined) return;
  const { fragmentIndex, totalFragments } = fragment;
  check(fragmentIndex < totalFragments && totalFragments <= 65_535, 'a wrong fragment');
  checkSameBytes(fragment.serialize(), input, 'a fragment with a second form');
}

function generateFragment(random) {
  const total = random.pick([1, 2, 3, 7, 65_535]);
  const index = random.below(total);
  const data = random.bytes(random.skewed(5));
  return new Fragment(random.skewed(32), index, total, data).serialize();
}

const MAX_BYTES = 600;
const MAX_PENDING = 3;

/**
 * Fragments of four messages, each three bytes of input: which message and index, how many, how
 * long. Their bytes follow from their place, so that a message that comes out can be judged.
 */
function runReassembler(input) {
  let now = 0;
  const options = { now: () => now, maxPending: MAX_PENDING, maxBytes: MAX_BYTES, lifetimeMs: 50 };
  const reassembler = new Reassembler(options);
  for (let at = 0; at + 3 <= input.length; at += 3) {
    const id = input[at] >> 6;
    const total = 1 + (input[at + 1] & 7);
    const index = (input[at] & 7) % total;
    const data = fill(id, index, input[at + 2] & 31);
    if (input[at + 2] >= 224) data.fill(input[at]);
    now += input[at + 1] >> 5;
    const message = reassembler.add(new Fragment(id, index, total, data));
    check(reassembler.pendingCount <= MAX_PENDING, 'too many messages are pending');
    if (message !== undefined) check(message.length <= Math.max(MAX_BYTES, 31), 'too long');
  }
  reassembler.cleanup();
  check(reassembler.pendingCount === 0, 'something is left after the clean-up');
}

function fill(id, index, length) {
  const data = new Uint8Array(length);
  for (let i = 0; i < length; i++) data[i] = 16 * id + index;
  return data;
}

const SPACE = 64;

/** Pieces of one message of up to 64 bytes beside an array of what has come. */
function runIncoming(input) {
  const message = new IncomingMessage(1, 0, 8);
  const model = new Int16Array(SPACE).fill(-1);
  let total = -1;
  for (let at = 0; at + 3 <= input.length; at += 3) {
    const [head, offsetByte, value] = input.subarray(at, at + 3);
    if (head >= 200) {
      const described = value % SPACE;
      const end = lastKnown(model) + 1;
      const isRight = total >= 0 ? total === described : end <= described;
      check(
        message.describe(described, 0) === isRight,
        'a wrong length is taken, or a right one not',
      );
      if (isRight) total = described;
      continue;
    }
    const offset = offsetByte % SPACE;
    const data = new Uint8Array(Math.min(head % 9, SPACE - offset)).fill(value & 1);
    const verdict = message.add(offset, data);
    if (isConflict(model, total, offset, data)) {
      check(verdict === 'conflict', `a conflict is ${verdict}`);
      return;
    }
    check(verdict !== 'conflict', 'no conflict and yet one');
    for (let i = 0; i < data.length; i++) model[offset + i] = data[i];
    if (verdict === 'scattered') return;
    const known = model.reduce((sum, byte) => sum + (byte >= 0 ? 1 : 0), 0);
    check(message.receivedBytes === known, 'another number of bytes');
    check((verdict === 'complete') === (total >= 0 && known === total), 'complete or not');
    if (verdict !== 'complete') continue;
    checkSameBytes(message.payload(), Uint8Array.from(model.subarray(0, total)), 'another message');
    return;
  }
}

function lastKnown(model) {
  for (let i = model.length - 1; i >= 0; i--) if (model[i] >= 0) return i;
  return -1;
}

function isConflict(model, total, offset, data) {
  if (total >= 0 && offset + data.length > total) return true;
  return data.some((byte, i) => model[offset + i] >= 0 && model[offset + i] !== byte);
}

/** Packet numbers as they come, beside a set of them; 64 ranges are never passed here. */
function runAckRanges(input) {
  const ranges = new AckRanges();
  const model = new Set();
  for (let at = 0; at + 2 <= input.length && at < 120; at += 2) {
    const pn = input[at + 1] & 127;
    if (input[at] < 240) {
      check(ranges.add(pn) === !model.has(pn), 'new or not');
      model.add(pn);
    } else {
      ranges.dropBelow(pn);
      for (const number of model) if (number < pn) model.delete(number);
    }
    check(ranges.contains(pn) === model.has(pn), 'contains it or not');
    checkRanges(ranges, model);
  }
}

function checkRanges(ranges, model) {
  let counted = 0;
  let above = Number.POSITIVE_INFINITY;
  for (let i = 0; i < ranges.count; i++) {
    const [start, end] = [ranges.start(i), ranges.end(i)];
    check(start <= end && end + 1 < above, 'ranges touch or are out of order');
    above = start;
    counted += end - start + 1;
    check(model.has(start) && model.has(end), 'a range with a wrong end');
  }
  check(counted === model.size, 'ranges hold more or less than came');
}

const RANGE_SPACE = 48;

/** Additions and removals beside an array of flags. */
function runRangeSet(input) {
  const set = new RangeSet();
  const model = new Uint8Array(RANGE_SPACE);
  for (let at = 0; at + 3 <= input.length && at < 96; at += 3) {
    const start = input[at + 1] % RANGE_SPACE;
    const end = Math.min(RANGE_SPACE, start + (input[at + 2] & 15));
    const adds = (input[at] & 1) === 0;
    const changed = model
      .subarray(start, end)
      .reduce((n, x) => n + (x === (adds ? 0 : 1) ? 1 : 0), 0);
    const told = adds ? set.add(start, end) : set.remove(start, end);
    check(told === changed, 'another number of changes');
    model.fill(adds ? 1 : 0, start, Math.max(start, end));
    const covered = model.reduce((sum, flag) => sum + flag, 0);
    check(set.covered === covered, 'another size');
    check(set.contains(start) === (model[start] === 1), 'contains it or not');
    const missing = model.indexOf(0, start);
    check(set.nextMissing(start) === (missing < 0 ? RANGE_SPACE : missing), 'another gap');
  }
}

const WINDOW = 32;

/** Numbers that may be used once, beside a set and the highest. */
function runReplay(input) {
  const window = new ReplayWindow(WINDOW);
  const used = new Set();
  let highest = -1;
  for (let at = 0; at + 2 <= input.length && at < 160; at += 2) {
    const jump = input[at] >= 250 ? 1_000 : 0;
    const n = Math.max(0, highest + jump + (input[at + 1] % 80) - 60);
    const isFree = !used.has(n) && n > highest - WINDOW;
    check(window.check(n) === isFree, 'a number is used twice, or refused');
    if (!isFree) continue;
    window.commit(n);
    used.add(n);
    highest = Math.max(highest, n);
  }
}

const steps = (count) => (random) => random.bytes(count);

export const targets = [
  { name: 'fragment', maxBytes: 64, generate: generateFragment, run: runFragment },
  { name: 'reassembler', maxBytes: 120, generate: steps(60), run: runReassembler },
  { name: 'incoming-message', maxBytes: 96, generate: steps(48), run: runIncoming },
  { name: 'ack-ranges', maxBytes: 120, generate: steps(60), run: runAckRanges },
  { name: 'range-set', maxBytes: 96, generate: steps(48), run: runRangeSet },
  { name: 'replay-window', maxBytes: 160, generate: steps(80), run: runReplay },
];
