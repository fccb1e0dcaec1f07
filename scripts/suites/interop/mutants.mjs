// Bytes that are nearly right: golden vectors with something changed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../lib/files.mjs';
import { COMPARED_CONTROL_TYPES, decodeAs } from './decoders.mjs';
import { python } from './python.mjs';

const MESSAGE_HEAD_CHARS = 6;
const MOST_CHANGES = 4;
/** Values at which integers change their length or lanes, flags and lists end. */
const INTERESTING = [0, 1, 2, 3, 4, 5, 0x1a, 0x3f, 0x40, 0x41, 0x7f, 0x80, 0xbf, 0xc0, 0xff];

/**
 * Has both implementations decode mutants.
 *
 * @param {{ count: number, random: object }} options
 * @returns what is told of the check
 */
export function compareDecoders({ count, random }) {
  const seeds = seedsOf();
  const mutants = Array.from({ length: count }, () => {
    const [kind, bytes] = seeds[random.int(seeds.length)];
    return [kind, mutate(bytes, random)];
  });
  const input = mutants.map(([kind, bytes]) => `${kind} ${bytes.toString('hex')}\n`).join('');
  const { status, stdout, stderr } = python(['vcl_decode.py'], input);
  if (status !== 0) return { problems: stderr.trim().split('\n').slice(-5) };
  const answers = stdout.split('\n');
  const ours = mutants.map(([kind, bytes]) => decodeAs(kind, bytes));
  const problems = mutants
    .map(([kind, bytes], at) => `${kind} ${bytes.toString('hex')}: ${ours[at]} and ${answers[at]}`)
    .filter((_, at) => ours[at] !== answers[at]);
  const refused = ours.filter((answer) => answer === 'refused').length;
  return { note: `${count} inputs, ${refused} refused`, problems };
}

function seedsOf() {
  const read = (name) =>
    JSON.parse(readFileSync(join(ROOT, 'packages/core/test/vectors', name), 'utf8'));
  const { frames, controlMessages } = read('wire.json');
  const hellos = read('handshake.json').handshakes.flatMap(({ messages }) => [
    ['hello', messages.ch],
    ['server-hello', messages.sh],
    ['identity', messages.client.id],
  ]);
  return [
    ...frames.map(({ hex }) => ['frame', hex]),
    ...controlMessages
      .filter(({ type }) => COMPARED_CONTROL_TYPES.includes(type))
      .map(({ type, body }) => ['control', `0${type}${body}`]),
    ...hellos.map(([kind, message]) => [kind, message.slice(MESSAGE_HEAD_CHARS)]),
  ].map(([kind, hex]) => [kind, Buffer.from(hex, 'hex')]);
}

function mutate(bytes, random) {
  let mutant = [...bytes];
  for (let changes = random.int(MOST_CHANGES); changes >= 0; changes--) {
    const at = random.int(mutant.length);
    const value = random.chance(0.5)
      ? INTERESTING[random.int(INTERESTING.length)]
      : random.int(256);
    const kind = random.int(6);
    if (kind === 0) mutant[at] ^= 1 << random.int(8);
    else if (kind === 1) mutant.splice(at, 0, value);
    else if (kind === 2 && mutant.length > 1) mutant.splice(at, 1);
    else if (kind === 3 && random.chance(0.3)) mutant = mutant.slice(0, at + 1);
    else mutant[at] = value;
  }
  return Buffer.from(mutant);
}
