// A target for one frame: the first byte of the input is its type, the rest is what follows it. What
// a decoder accepts must survive being encoded and decoded again, in no more bytes.
import { Reader } from '../../../packages/core/dist/wire/reader.js';
import { Writer } from '../../../packages/core/dist/wire/writer.js';
import { check, checkSame } from './checks.mjs';

/** Longer than what an encoder makes of any input. */
const SCRATCH_BYTES = 4_096;

/**
 * @param codec `types`, the lowest and the highest type; `make` an object to decode into; `decode`;
 *   `draw` a random value; `encode` one, with random form where there is a choice; `canEncode` says
 *   which values have a second form; `checkValue` what must hold; `snapshot` what of it to compare
 */
export function frameTarget(codec) {
  const { name, types, maxBytes = 160, make, decode, draw, encode } = codec;
  const { canEncode = () => true, checkValue = () => {}, snapshot = (value) => value } = codec;
  const [low, high = low] = types;
  const [frame, again] = [make(), make()];
  const scratch = new Uint8Array(SCRATCH_BYTES);
  const writer = new Writer();
  const reader = new Reader();
  const second = new Reader();

  const generate = (random) => {
    const type = random.between(low, high);
    const w = writer.reset(scratch, 0, SCRATCH_BYTES);
    encode(w, draw(random), random, type);
    return scratch.slice(0, w.pos);
  };

  const run = (input) => {
    if (input.length === 0) return;
    const type = low + (input[0] % (high - low + 1));
    reader.reset(input, 1, input.length);
    if (!decode(reader, type, frame)) return;
    check(reader.pos <= input.length && !reader.failed, 'accepted after a failed read');
    checkValue(frame);
    if (!canEncode(frame)) return;
    const w = writer.reset(scratch, 0, SCRATCH_BYTES);
    encode(w, frame, undefined, type);
    const length = w.pos;
    // A piece without a length field runs to the end of the record.
    check(length <= reader.pos + 8, 'the encoder needs more bytes than were read');
    second.reset(scratch, 1, length);
    check(decode(second, scratch[0], again), 'what the encoder makes is not accepted');
    check(second.done, 'bytes are left of what the encoder made');
    checkSame(snapshot(frame), snapshot(again), 'encoded and decoded again it differs');
  };

  return { name, maxBytes, generate, run };
}
